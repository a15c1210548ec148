import { createHttpClient } from '#http/client';
import { incidentMarker } from '#incident/render-incident';
import { readReleases } from '#release/ledger';
import { readOpenLocks } from '#release/lock';
import { readMigrationState } from './databases.ts';
import { until, type World } from './world.ts';

/** What a release key left behind, and what is served. */
export interface Found {
  served: string | undefined;
  /** Deployments that carry the key. */
  own: string[];
  entries: { decision: string | undefined; promotion: string; rolledBack: boolean; deploymentId: string | undefined }[];
  locks: { key: string; target: string | undefined }[];
  autoAssign: boolean;
  messages: string[];
  incidents: number;
}

/** Reads everything that the invariants speak of, once Vercel is quiet. */
export async function find(world: World, runId: number): Promise<Found> {
  const { sandbox, github } = world;
  const { project } = sandbox.vercel;
  const key = world.keyOf(runId);
  await until(() => !['pending', 'in-progress'].includes(project.lastAliasRequest?.jobStatus ?? ''));
  await until(() =>
    sandbox.vercel.deployments().every(({ readyState }) => !['QUEUED', 'BUILDING'].includes(readyState)),
  );
  const entries = await Array.fromAsync(readReleases(github, { environment: 'production' }, (one) => one.key === key));
  const locks = await readOpenLocks(github, 'production');
  const marker = incidentMarker(key);
  const issues = await github.listIssues({ state: 'all' });
  return {
    served: world.served(),
    own: sandbox.vercel
      .deployments()
      .filter(({ meta, readyState }) => meta.opsRelease === key && readyState !== 'CANCELED')
      .map(({ id }) => id),
    entries: entries.map(({ decision, promotion, rolledBack, deploymentId }) => {
      return { decision, promotion, rolledBack, deploymentId };
    }),
    locks: locks.map((lock) => ({ key: lock.key, target: lock.target?.deploymentId })),
    autoAssign: project.autoAssignCustomDomains,
    messages: await readMessages(world),
    incidents: issues.filter(({ body }) => body.includes(marker)).length,
  };
}

/** What is wrong with I1, I2, I4 and I7 as far as they hold at every moment. */
export async function brokenAlways(world: World, found: Found): Promise<string[]> {
  const { served, own, messages, incidents, entries } = found;
  const known = [...world.released.map(({ deploymentId }) => deploymentId), ...own];
  const state = await readMigrationState(world.databaseUrl);
  return [
    ...unless(
      served !== undefined && known.includes(served),
      `I1: ${served} is served, none of before, target and new`,
    ),
    ...state.flatMap(({ file, recorded, tables }) =>
      unless(
        tables === (recorded ? 2 : 0),
        `I2: ${file} is ${recorded ? '' : 'not '}recorded, ${tables} of its tables`,
      ),
    ),
    ...unless(isLockedFirst(world), 'I4: the domains were swapped before the lock was there'),
    ...unless(messages.length <= 1, `I7: ${messages.length} Slack messages: ${messages.join(' / ')}`),
    ...unless(incidents <= 1, `I7: ${incidents} incidents`),
    ...unless(entries.length <= 1, `I7: ${entries.length} entries`),
    ...unless(own.length <= 1, `I7: ${own.length} staged deployments`),
  ];
}

/** The same with I3, I5 and what the ledger says is served (I1): what must hold once the run was carried to an end. */
export async function brokenInTheEnd(world: World, found: Found): Promise<string[]> {
  const releases = await Array.fromAsync(readReleases(world.github, { environment: 'production' }));
  const live = releases.find(({ promotion, rolledBack }) => promotion === 'promoted' && !rolledBack);
  const state = await readMigrationState(world.databaseUrl);
  return [
    ...(await brokenAlways(world, found)),
    ...unless(live?.deploymentId === found.served, `I1: the ledger says ${live?.version}, ${found.served} is served`),
    ...state.flatMap(({ file, recorded }) => unless(recorded, `I2: ${file} is not in the history`)),
    ...releases.flatMap(({ decision, version }) =>
      unless(decision !== undefined, `I3: the entry of ${version} is open`),
    ),
    ...unless(found.autoAssign === (found.locks.length === 0), `I5: auto-assign is ${found.autoAssign}`),
    ...unless(found.messages.length > 0, 'I7: nobody was told'),
  ];
}

export function unless(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem];
}

/** I4: in the order of the requests, a lock stands before every rollback. */
function isLockedFirst(world: World): boolean {
  const requests = world.sandbox.requests();
  const isLock = (body: unknown) => (body as { task?: unknown } | undefined)?.task === 'ops-actions:lock';
  const locked = requests.findIndex(({ service, body }) => service === 'github' && isLock(body));
  const swapped = requests.findIndex(({ service, path }) => service === 'vercel' && path.includes('/rollback/'));
  return swapped < 0 || (locked >= 0 && locked < swapped);
}

/** First texts of what was posted in the channel, without replies. */
async function readMessages(world: World): Promise<string[]> {
  const { apiUrl, token, channelId } = world.sandbox.description.slack;
  const client = createHttpClient({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } });
  const answer = await client.request({
    method: 'POST',
    path: 'conversations.history',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ channel: channelId, limit: '100' }).toString(),
  });
  const { messages = [] } = answer.json<{ messages?: { ts: string; thread_ts?: string; text?: string }[] }>();
  return messages
    .filter(({ ts, thread_ts }) => thread_ts === undefined || thread_ts === ts)
    .map(({ text }) => text ?? '');
}
