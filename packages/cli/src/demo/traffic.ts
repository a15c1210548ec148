import { setTimeout as delay } from 'node:timers/promises';
import type { TrafficSecond, TrafficSummary } from './demo-result.ts';

export interface TrafficOptions {
  /** Address of production, without trailing slash. */
  url: string;
  /** Requests per second. */
  rate: number;
  /** How long a user waits for an answer before it counts as failed, in milliseconds. */
  timeoutMs: number;
}

export interface Traffic {
  summary(): TrafficSummary;
  /** Failed requests that were answered between two Unix times in seconds. */
  failedBetween(from: number, until: number): number;
  /** Requests and failures of the last `seconds` seconds. */
  recent(seconds: number): { requests: number; failed: number };
  stop(): Promise<TrafficSummary>;
}

interface Answered {
  at: number;
  failed: boolean;
}

/**
 * Sends users' requests to production at a steady rate until it is stopped: of four, one page, one list and two writes.
 * A request fails when its status is 500 or above, or when no answer comes in time.
 */
export function startTraffic(options: TrafficOptions): Traffic {
  const answered: Answered[] = [];
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  let sent = 0;

  async function send(): Promise<void> {
    const [path, init] = requestNumber(sent++);
    let failed = true;
    try {
      const answer = await fetch(options.url + path, { ...init, signal: AbortSignal.timeout(options.timeoutMs) });
      await answer.arrayBuffer();
      failed = answer.status >= 500;
    } catch {
      failed = true;
    }
    answered.push({ at: Date.now() / 1000, failed });
  }

  async function run(): Promise<void> {
    const started = performance.now();
    for (let count = 0; !stopped.signal.aborted; count++) {
      const due = started + (count * 1000) / options.rate;
      await delay(Math.max(0, due - performance.now()), undefined, { signal: stopped.signal }).catch(() => {});
      if (stopped.signal.aborted) break;
      const request = send().finally(() => underWay.delete(request));
      underWay.add(request);
    }
    await Promise.all(underWay);
  }

  const running = run();
  return {
    summary: () => summarise(answered),
    failedBetween: (from, until) => answered.filter((one) => one.failed && one.at >= from && one.at <= until).length,
    recent(seconds) {
      const from = Date.now() / 1000 - seconds;
      const late = answered.slice(-1000).filter((one) => one.at >= from);
      return { requests: late.length, failed: late.filter((one) => one.failed).length };
    },
    async stop() {
      stopped.abort();
      await running;
      return summarise(answered);
    },
  };
}

function requestNumber(count: number): [string, RequestInit] {
  if (count % 4 === 0) return ['/', {}];
  if (count % 4 === 1) return ['/api/notes', {}];
  const body = JSON.stringify({ text: `note ${count}` });
  return ['/api/notes', { method: 'POST', headers: { 'content-type': 'application/json' }, body }];
}

function summarise(answered: readonly Answered[]): TrafficSummary {
  const seconds = new Map<number, TrafficSecond>();
  for (const { at, failed } of answered) {
    const second = Math.floor(at);
    const entry = seconds.get(second) ?? { at: second, requests: 0, failed: 0 };
    entry.requests++;
    if (failed) entry.failed++;
    seconds.set(second, entry);
  }
  const failed = answered.filter((one) => one.failed).length;
  return { requests: answered.length, failed, seconds: [...seconds.values()].sort((a, b) => a.at - b.at) };
}
