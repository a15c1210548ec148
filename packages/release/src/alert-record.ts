import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import type { AlertState } from '#observe/alerts/decide-alert-news';
import type { Openings } from '#observe/alerts/openings';
import type { Uptime } from '#observe/alerts/uptime';
import { descriptionLimit } from './release-record.ts';

/** Task of every GitHub Deployment that says how the alerts of an environment stand. */
const alertTask = 'ops-actions:alerts';

const state = z.object({
  key: z.string(),
  state: z.enum(['ok', 'firing', 'no-data']),
  rule: z.string().optional(),
  since: z.number(),
  toldAt: z.number().optional(),
});

const payload = z.object({
  schemaVersion: z.literal(1),
  alerts: z.array(state),
  /** Our own checks by day, see Uptime. */
  checks: z.object({
    days: z.array(z.object({ day: z.number(), ran: z.number(), failed: z.number() })),
    failedInRow: z.number(),
  }),
  /** Circuit breakers, see Openings. */
  openings: z.object({ open: z.array(z.string()), total: z.number().optional(), at: z.array(z.number()) }).optional(),
});

/** What one run leaves to the next: how each alert stands, and what our own checks saw. */
export interface AlertRecord {
  /** The Deployment that holds it; 0 where nothing was kept yet. */
  id: number;
  alerts: AlertState[];
  uptime: Uptime;
  openings: Openings;
}

/** Of a listing, newest first: what is ours among the newest few decides. */
const listed = 10;

/** What the last run left. @throws GitHubError: without it nobody knows what people were told. */
export async function readAlertRecord(github: GitHub, environment: string): Promise<AlertRecord> {
  const deployments = await github.listDeployments({ environment, task: alertTask, perPage: listed });
  const ours = deployments.filter(({ task }) => task === alertTask).toSorted((a, b) => b.id - a.id);
  for (const { id, payload: given } of ours) {
    const read = payload.safeParse(typeof given === 'string' ? parseJson(given) : given);
    if (!read.success) continue;
    const { alerts, checks, openings = { open: [], at: [] } } = read.data;
    const { total, ...rest } = openings;
    const seen = { ...rest, ...(total !== undefined && { total }) };
    const kept = { id, alerts: alerts.map(withoutAbsent), uptime: checks, openings: seen };
    const last = (await github.listStatuses(id))
      .map(({ description }) => readChecks(description ?? ''))
      .findLast(Boolean);
    if (last === undefined) return kept;
    const { failedInRow, ...today } = last;
    const days = [...checks.days.filter(({ day }) => day !== today.day), today].sort((a, b) => a.day - b.day);
    return { ...kept, uptime: { days, failedInRow } };
  }
  return { id: 0, alerts: [], uptime: { days: [], failedInRow: 0 }, openings: { open: [], at: [] } };
}

/**
 * Keeps what a run found. A Deployment's payload never changes (S5): a new one is opened where a state changed or a day began, and
 * within a day the counts of our own checks are appended as statuses. Nothing changed: nothing is written. @throws GitHubError.
 */
export async function keepAlertRecord(
  github: GitHub,
  before: AlertRecord,
  now: Omit<AlertRecord, 'id'>,
  given: { environment: string; production: boolean; ref: string },
): Promise<void> {
  const [today, known] = [now.uptime.days.at(-1), before.uptime.days.at(-1)];
  const changed = !isDeepStrictEqual(now.alerts, before.alerts) || !isDeepStrictEqual(now.openings, before.openings);
  if (changed || (today !== undefined && (before.id === 0 || today.day !== known?.day))) {
    const firing = now.alerts.filter((alert) => alert.state === 'firing').length;
    const { id } = await github.createDeployment({
      ...given,
      task: alertTask,
      payload: { schemaVersion: 1, alerts: now.alerts, checks: now.uptime, openings: now.openings } satisfies z.infer<
        typeof payload
      >,
      description: cleanText(`alerts: ${firing} of ${now.alerts.length} firing`, descriptionLimit),
      // Other tools' auto_inactive touches only non-transient Deployments.
      transient: true,
    });
    await github.createStatus(id, { state: 'inactive', description: 'state of the alerts', autoInactive: false });
    return;
  }
  if (today === undefined || isDeepStrictEqual(now.uptime, before.uptime)) return;
  const description = `checks ${today.day} ${today.ran} ${today.failed} ${now.uptime.failedInRow}`;
  await github.createStatus(before.id, { state: 'inactive', description, autoInactive: false });
}

function readChecks(
  description: string,
): { day: number; ran: number; failed: number; failedInRow: number } | undefined {
  const numbers = /^checks (\d+) (\d+) (\d+) (\d+)$/.exec(description)?.slice(1).map(Number);
  if (numbers === undefined) return undefined;
  const [day = 0, ran = 0, failed = 0, failedInRow = 0] = numbers;
  return { day, ran, failed, failedInRow };
}

/** An absent time stays absent: `undefined` would be a change. */
function withoutAbsent(given: z.infer<typeof state>): AlertState {
  const { rule, toldAt, ...rest } = given;
  return { ...rest, ...(rule !== undefined && { rule }), ...(toldAt !== undefined && { toldAt }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
