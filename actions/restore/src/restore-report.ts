import { z } from 'zod';
import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { type IncidentFacts, openIncident } from '#incident/incident';
import { elapsed } from '#release/elapsed';
import { releaseKey } from '#release/release-handle';
import type { Given } from './inputs.ts';

/** What the report takes from the output `result` of a restore. */
const told = z.object({
  decision: z.string(),
  reasonCode: z.string(),
  summary: z.string(),
  target: z.string().optional(),
  checklist: z.array(z.object({ item: z.string(), at: z.string(), outcome: z.string() })).default([]),
  time: z
    .object({
      startedAt: z.string(),
      endedAt: z.string(),
      seconds: z.number(),
      targetSeconds: z.number(),
      late: z.boolean(),
    })
    .optional(),
});

/**
 * The incident of a restore of a live database, with its checklist and its times, from a job with `issues: write` and without any
 * secret (S12). Beyond its target it is escalated (RES-08). It also tells of a restore whose job died without a word.
 */
export async function restoreReport(runner: Runner, given: Given): Promise<Result> {
  const { environment, githubToken } = given;
  const { context } = runner;
  const missing = [
    ...(environment === undefined ? [{ name: 'environment', message: 'is needed by mode: restore-report' }] : []),
    ...(githubToken === undefined || context.repository === ''
      ? [{ name: 'github-token', message: 'is needed to open the incident', allowed: 'a token with issues: write' }]
      : []),
  ];
  if (environment === undefined || githubToken === undefined || missing.length > 0) throw new InputError(missing);
  const { restoreResult, smokeDecision, smokeSummary, incident } = given;
  const { runId, runUrl, sha } = context;
  const key = `${releaseKey({ ...context, environment })}:restore`;
  const smoke = { decision: smokeDecision, summary: smokeSummary };
  const facts = describeRestore({ environment, key, result: restoreResult, smoke, belongsTo: incident, runUrl, sha });
  if (facts === undefined) {
    const summary = `No incident: run ${runId} replaced nothing.`;
    return { decision: 'not-needed', reasonCode: 'not_needed', summary, failed: false };
  }
  const filed = await openIncident(createGitHub(gitHubConnection(runner, githubToken)), facts, {
    everybodyReads: isPublic(context.event),
  });
  return {
    decision: filed.created ? 'filed' : 'updated',
    reasonCode: facts.escalation === undefined ? facts.reasonCode : 'escalated',
    summary: `Incident #${filed.number}: ${facts.what}`,
    failed: false,
    details: { issue: { number: filed.number, url: filed.url }, escalation: facts.escalation ?? null },
  };
}

/** Single tables that were looked at, and not merged; or the inputs had mistakes, which are read before anything else. */
const untouched = new Set(['tables_compared', 'tables_restored_beside', 'bad_input']);

const noWord = 'they ended before they could say how';

/** Undefined where nothing was replaced: a rehearsal, or a refusal before anything was touched. Pure. */
export function describeRestore(given: {
  environment: string;
  key: string;
  /** Undefined or empty where the job died. */
  result: string | undefined;
  smoke: { decision: string | undefined; summary: string | undefined };
  belongsTo: string | undefined;
  runUrl: string;
  sha: string;
}): IncidentFacts | undefined {
  const { environment, key, smoke, belongsTo, runUrl, sha } = given;
  const said = readTold(given.result);
  if (
    said !== undefined &&
    (said.target === 'scratch' || said.decision === 'refused' || untouched.has(said.reasonCode))
  )
    return undefined;
  const lost =
    'The restore ended before it could say how: its log does, and the database itself says which state it has';
  const isSick = smoke.decision === 'fail' || smoke.decision === 'could-not-run';
  const time = said?.time;
  const items = (said?.checklist ?? []).map(({ item, at, outcome }) => ({
    name: item,
    state: /^no\b/.test(outcome) ? ('failed' as const) : ('done' as const),
    note: outcome,
    at: Date.parse(at),
  }));
  const tested =
    smoke.decision === undefined
      ? []
      : [
          {
            name: 'Smoke tests',
            state: isSick ? ('failed' as const) : ('done' as const),
            note: smoke.summary || noWord,
          },
        ];
  const report = { name: 'Incident linked', state: 'done' as const, note: belongsTo ?? 'this one' };
  return {
    key,
    environment,
    version: 'The database',
    commit: sha,
    decision: said === undefined || isSick ? 'failed' : said.decision,
    reasonCode: said === undefined ? 'job_lost' : isSick ? 'smoke_failed' : said.reasonCode,
    what:
      said === undefined
        ? lost
        : isSick
          ? `${said.summary}. The smoke tests: ${smoke.summary || noWord}`
          : said.summary,
    ...(time?.late === true
      ? {
          escalation: `the restore took ${elapsed(time.seconds * 1000)}, and it may take ${elapsed(time.targetSeconds * 1000)}: from ${time.startedAt} to ${time.endedAt}`,
        }
      : {}),
    timeline: items.map(({ at, name, note }) => ({ at, text: `${name}: ${note}` })),
    measured:
      time === undefined
        ? []
        : [
            { name: 'start', value: time.startedAt },
            { name: 'end', value: time.endedAt },
            { name: 'took', value: `${elapsed(time.seconds * 1000)} of ${elapsed(time.targetSeconds * 1000)}` },
          ],
    serving: 'not-asked',
    commands: [],
    notes: belongsTo === undefined ? [] : [`Belongs to ${belongsTo}`],
    checklistName: 'Restore checklist',
    checklist: [...items, ...tested, report],
    runUrl,
  };
}

function readTold(text: string | undefined): z.infer<typeof told> | undefined {
  try {
    return told.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
