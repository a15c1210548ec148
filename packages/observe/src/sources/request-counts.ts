import { createHash } from 'node:crypto';
import { requestKey } from '#vercel/group-log-rows';
import type { RuntimeLogRow } from '#vercel/runtime-logs';
import type { Bucket } from '../bucket.ts';
import type { OwnRequests } from '../own-requests.ts';

const SLOT_MS = 50;

/** What is kept of a row that tells how a request ended; `at` in milliseconds. */
export interface EndedRequest {
  /** The same for all rows of one request, and nothing that could be read back. */
  key: string;
  at: number;
  status: number;
  /** Absent where it is not known, or certainly none of ours. */
  path?: string | undefined;
}

interface Seen {
  at: number;
  status?: number;
  own: boolean;
}

/** What stands for a request, or for its path, where neither may be kept as it is. Pure. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/** True of a row that is part of a request; see the rule of group-log-rows.ts. Pure. */
export function isOfRequest(row: RuntimeLogRow): boolean {
  return row.source !== 'delimiter' && (row.requestId !== undefined || row.status !== undefined);
}

/** Rows grouped to requests, the old ones kept as counts only. */
export class RequestCounts {
  private readonly own: OwnRequests;
  private readonly deploymentId: string;
  private readonly recent = new Map<string, Seen>();
  private readonly slots = new Map<number, { requests: number; errors: number }>();
  private foldedUntil = 0;

  constructor(own: OwnRequests, deploymentId: string) {
    this.own = own;
    this.deploymentId = deploymentId;
  }

  add(row: RuntimeLogRow): void {
    if (isOfRequest(row)) this.note(digestOf(requestKey(row)), row.timestamp, row.path, row.status);
  }

  /** A request that somebody else has read; of one that is known already nothing is counted twice. */
  addEnded({ key, at, path, status }: EndedRequest): void {
    this.note(key, at, path, status);
  }

  fold(before: number): void {
    for (const [key, seen] of this.recent) {
      if (seen.at >= before) continue;
      this.recent.delete(key);
      if (!isCounted(seen)) continue;
      const slot = Math.floor(seen.at / SLOT_MS);
      const count = this.slots.get(slot) ?? { requests: 0, errors: 0 };
      count.requests += 1;
      if (isError(seen)) count.errors += 1;
      this.slots.set(slot, count);
    }
    this.foldedUntil = Math.max(this.foldedUntil, before);
  }

  between(start: number, end: number): Bucket {
    const bucket = { start: start / 1000, end: end / 1000, requests: 0, errors: 0 };
    for (const [slot, count] of this.slots) {
      const at = slot * SLOT_MS;
      if (at < start || at >= end) continue;
      bucket.requests += count.requests;
      bucket.errors += count.errors;
    }
    for (const seen of this.recent.values()) {
      if (!isCounted(seen) || seen.at < start || seen.at >= end) continue;
      bucket.requests += 1;
      if (isError(seen)) bucket.errors += 1;
    }
    return bucket;
  }

  private note(key: string, at: number, path: string | undefined, status: number | undefined): void {
    if (at < this.foldedUntil) return;
    const seen = this.recent.get(key) ?? { at, own: this.own.take(path, at, this.deploymentId) };
    if (status !== undefined) Object.assign(seen, { at, status });
    this.recent.set(key, seen);
  }
}

/** A request counts when it is known how it ended and it is not one of our own probes. */
function isCounted(seen: Seen): boolean {
  return seen.status !== undefined && !seen.own;
}

function isError(seen: Seen): boolean {
  return (seen.status ?? 0) >= 500;
}
