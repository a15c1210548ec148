import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import type { MovedApp } from '#vercel/project';
import type { ReleaseHandle } from './release-handle.ts';
import {
  descriptionLimit,
  formatFact,
  type LedgerFact,
  type LedgerPayload,
  ledgerTask,
  type ReadPayload,
  type ReleaseRecord,
  readLedgerPayload,
  toReleaseRecord,
} from './release-record.ts';

export type LedgerState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';

/** The record of one release: a GitHub Deployment to which facts are appended (S5). */
export interface Ledger {
  /** 0 when there is no entry; then nothing is written. */
  id: number;
  /**
   * Appends one fact, cut to 140 characters. Intent before, outcome after.
   * @throws GitHubError: before an intent of the way forward, stop; the way back goes on and records later.
   */
  record(
    step: string,
    kind: LedgerFact['kind'],
    word: string,
    text?: string,
    options?: { state?: LedgerState; environmentUrl?: string },
  ): Promise<void>;
}

export function openLedger(github: GitHub, handle: Pick<ReleaseHandle, 'ledgerId'>): Ledger {
  return {
    id: handle.ledgerId,
    async record(step, kind, word, text, options = {}) {
      if (handle.ledgerId === 0) return;
      await github.createStatus(handle.ledgerId, {
        state: options.state ?? 'in_progress',
        description: formatFact(step, kind, word, text),
        // A status would otherwise close success statuses of other Deployments of a non-production environment.
        autoInactive: false,
        ...(options.environmentUrl === undefined ? {} : { environmentUrl: options.environmentUrl }),
      });
    },
  };
}

/** What became of each further project of a group; the first one is told by the step itself. @throws GitHubError. */
export async function recordApps(
  ledger: Ledger,
  step: 'promote-app' | 'rollback-app',
  moved: readonly MovedApp[] = [],
): Promise<void> {
  for (const { app, deploymentId, outcome, reasonCode } of moved.slice(1))
    await ledger.record(step, 'outcome', outcome, `${deploymentId} ${app} ${reasonCode}`);
}

/** Pages of 100 that are read before an entry counts as not there. */
const pageLimit = 5;
/** Entries whose statuses are read at the same time. */
const chunk = 8;

/** Entries of one environment, newest first, one listing per 100 and one request for the statuses of each. */
export async function* readReleases(
  github: GitHub,
  filter: { environment: string; sha?: string },
  /** Keeps the statuses of uninteresting entries unread. */
  wanted: (entry: ReadPayload & { id: number }) => boolean = () => true,
): AsyncGenerator<ReleaseRecord> {
  for (let page = 1; page <= pageLimit; page++) {
    const deployments = await github.listDeployments({ ...filter, task: ledgerTask, perPage: 100, page });
    const entries = deployments
      .filter((deployment) => {
        const payload = deployment.task === ledgerTask ? readLedgerPayload(deployment.payload) : undefined;
        return payload !== undefined && wanted({ ...payload, id: deployment.id });
      })
      .toSorted((a, b) => b.id - a.id);
    // A few at a time: who stops early has not paid for all.
    for (let from = 0; from < entries.length; from += chunk) {
      const batch = entries.slice(from, from + chunk);
      const statuses = await Promise.all(batch.map((deployment) => github.listStatuses(deployment.id)));
      for (const [index, deployment] of batch.entries()) {
        const record = toReleaseRecord(deployment, statuses[index] ?? []);
        if (record !== undefined) yield record;
      }
    }
    if (deployments.length < 100) return;
  }
}

/**
 * Opens the entry of a release, or adopts the one that an earlier attempt opened: of two the lower id wins and the
 * other is closed (S6).
 */
export async function openRelease(
  github: GitHub,
  given: { environment: string; production: boolean; payload: LedgerPayload },
): Promise<{ record: ReleaseRecord; adopted: boolean }> {
  const found = await findOwn(github, given);
  if (found !== undefined) return { record: found, adopted: true };
  const { payload } = given;
  try {
    await github.createDeployment({
      ref: payload.commit,
      task: ledgerTask,
      environment: given.environment,
      payload,
      description: cleanText(`${payload.version} by ops-actions`, descriptionLimit),
      production: given.production,
    });
  } catch (error) {
    // The answer may have been lost after the effect: what is there now decides.
    const lost = await findOwn(github, given).catch(() => undefined);
    if (lost === undefined) throw error;
  }
  const record = await findOwn(github, given);
  if (record === undefined) {
    throw new Error(
      `the GitHub Deployment that records this release was created but is not listed for environment ${given.environment}; run the job again`,
    );
  }
  return { record, adopted: false };
}

/** The entry of a release key, if there is one. */
export async function findOwn(
  github: GitHub,
  given: { environment: string; payload: { key: string; commit: string } },
): Promise<ReleaseRecord | undefined> {
  const own: ReleaseRecord[] = [];
  const { key, commit } = given.payload;
  const entries = readReleases(github, { environment: given.environment, sha: commit }, (entry) => entry.key === key);
  for await (const record of entries) own.push(record);
  const [first, ...others] = own.toSorted((a, b) => a.id - b.id);
  for (const other of others.filter((entry) => entry.decision === undefined)) {
    await openLedger(github, { ledgerId: other.id }).record(
      'release',
      'outcome',
      'superseded',
      `duplicate of ${first?.id}`,
      {
        state: 'inactive',
      },
    );
  }
  return first;
}
