import { z } from 'zod';
import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { type IncidentFacts, openIncident } from '#incident/incident';
import type { Damage } from '#postgres/doctor/find-damage';
import type { judgeDamage } from '#postgres/doctor/judge-damage';
import type { Given } from './plan-request.ts';

/** The output `damage`: all that the job with `issues: write` hears of the database, and nothing of a row. */
const told = z.object({
  rows: z.number().int().positive(),
  /** Unix seconds; absent where no query told a time. */
  first: z.number().optional(),
  /** Milliseconds since the epoch: when it was looked for. */
  at: z.number(),
  /** Command that restores the newest verified backup before `first`. */
  restore: z.string().optional(),
  /** Each query that found something; none in a public repository, where only totals are told (S23). */
  queries: z.array(z.object({ name: z.string(), rows: z.number(), first: z.number().optional() })),
  /** Queries that could not be asked: there may be more. */
  notAsked: z.number(),
});

type Told = z.infer<typeof told>;

/** What the report is told of damage; undefined where none was found. Pure. */
export function tellDamage(
  damage: readonly Damage[],
  { scope, restore }: Pick<ReturnType<typeof judgeDamage>, 'scope' | 'restore'>,
  given: { at: number; everybodyReads: boolean },
): string | undefined {
  if (scope.rows === 0) return undefined;
  const found = damage.flatMap((each) => ('rows' in each && each.rows > 0 ? [each] : []));
  const text: Told = {
    ...scope,
    at: given.at,
    ...(restore === undefined ? {} : { restore }),
    queries: given.everybodyReads ? [] : found,
    notAsked: damage.filter((each) => 'failed' in each).length,
  };
  return JSON.stringify(text);
}

/**
 * Opens or updates the incident of damaged data, from a job with `issues: write` and without any secret (S12). What began at the same
 * moment is one incident however often it is looked for; where it was closed and the damage is still there, it is open again.
 */
export async function damageReport(runner: Runner, given: Given): Promise<Result> {
  const { environment, githubToken, damageResult } = given;
  const { context } = runner;
  if (damageResult === undefined) {
    const summary = 'No incident: no damaged rows were found.';
    return { decision: 'not-needed', reasonCode: 'not_needed', summary, failed: false };
  }
  const damage = readTold(damageResult);
  const missing = [
    ...(environment === undefined ? [{ name: 'environment', message: 'is needed by mode: damage-report' }] : []),
    ...(githubToken === undefined || context.repository === ''
      ? [{ name: 'github-token', message: 'is needed to open the incident', allowed: 'a token with issues: write' }]
      : []),
    ...(damage === undefined
      ? [{ name: 'damage-result', message: 'cannot be read', allowed: 'the output damage of database-doctor' }]
      : []),
  ];
  if (environment === undefined || githubToken === undefined || damage === undefined || missing.length > 0)
    throw new InputError(missing);
  const facts = describeDamage(damage, { ...context, environment });
  const filed = await openIncident(createGitHub(gitHubConnection(runner, githubToken)), facts, {
    everybodyReads: isPublic(context.event),
  });
  return {
    decision: filed.created ? 'filed' : 'updated',
    reasonCode: facts.reasonCode,
    summary: `Incident #${filed.number}: ${facts.what}`,
    failed: false,
    details: { issue: { number: filed.number, url: filed.url } },
  };
}

/** Scope, time, and the way back (RES-05). Pure. */
export function describeDamage(
  { rows, first, at, restore, queries, notAsked }: Told,
  about: { environment: string; repositoryId: number | string; runUrl: string; sha: string },
): IncidentFacts {
  const { environment, repositoryId, runUrl, sha } = about;
  const since = first === undefined ? 'nobody told since when' : `the first at ${iso(first)}`;
  const unknown = 'find out when it began; the newest verified backup from before that moment is the one';
  return {
    key: `${repositoryId}:${environment}:damage:${first === undefined ? 'unknown' : iso(first)}`,
    environment,
    version: 'The database',
    commit: sha,
    decision: 'damaged',
    reasonCode: 'data_damaged',
    what: `${rows} damaged ${rows === 1 ? 'row' : 'rows'}, ${since}`,
    timeline: [
      ...(first === undefined ? [] : [{ at: first * 1000, text: 'the first damage' }]),
      { at, text: `database-doctor found ${rows} damaged ${rows === 1 ? 'row' : 'rows'}` },
    ],
    measured: [
      { name: 'damaged rows', value: String(rows) },
      { name: 'first', value: first === undefined ? 'not known' : iso(first) },
      ...queries.map((each) => ({
        name: each.name,
        value: `${each.rows}${each.first === undefined ? '' : ` since ${iso(each.first)}`}`,
      })),
    ],
    serving: 'not-asked',
    commands: restore === undefined ? [] : [restore],
    notes: [
      ...(queries.length > 1 ? ['A row that several queries find is counted by each'] : []),
      ...(notAsked === 0 ? [] : [`${notAsked} of the queries could not be asked: there may be more damage`]),
    ],
    checklistName: 'Damage checklist',
    checklist: [
      { name: 'Writes stopped', state: 'open', note: 'database-doctor with mitigate: read-only-on' },
      { name: 'Cause found', state: 'open', note: 'what wrote it, and whether it still does' },
      {
        name: 'Restored',
        state: 'open',
        note: restore === undefined ? unknown : 'the newest verified backup before the first damage, see Next',
      },
      { name: 'Looked again', state: 'open', note: 'database-doctor with look-for-damage finds nothing' },
    ],
    runUrl,
  };
}

function readTold(text: string): Told | undefined {
  try {
    return told.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function iso(seconds: number): string {
  return new Date(Math.floor(seconds * 1000)).toISOString();
}
