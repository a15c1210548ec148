import { InputError } from '#action-kit/inputs';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { isProduction } from '#config/trust-limits';
import type { GitHub } from '#github/client';
import { openIncident } from '#incident/incident';
import { commandOn } from '#release/command-line';
import { readReleases } from '#release/ledger';
import { parseReleaseHandle, releaseKey } from '#release/release-handle';
import type { ReleaseRecord } from '#release/release-record';
import { withDatabaseRecord } from './database-record.ts';
import { decideIncident } from './decide-incident.ts';
import { type Given, githubOf } from './services.ts';

/**
 * Opens the incident from a job of its own, which has `issues: write` and no production secrets (S12). It reads the ledger,
 * so it also tells of a release whose job died without a word.
 */
export async function incident(runner: Runner, given: Given): Promise<Result> {
  const { context } = runner;
  const environment = given.environment ?? 'production';
  const place = { environment, production: isProduction(environment, given.throwAway) };
  const github = githubOf(runner, given);
  if (github === undefined) {
    throw new InputError([
      { name: 'github-token', message: 'is needed to open the incident', allowed: 'a token with issues: write' },
    ]);
  }
  // A later run that goes on with a watch tells of the release, not of itself.
  const key =
    given.release === undefined ? releaseKey({ ...context, environment }) : parseReleaseHandle(given.release).key;
  const record = await recordOf(github, environment, key);
  const ofApp = decideIncident(record, {
    decision: given.releaseDecision,
    reason: given.releaseReason,
    summary: given.releaseSummary,
    result: given.releaseResult,
  });
  const told = withDatabaseRecord(ofApp, { result: given.databaseOutcome, record: given.databaseResult });
  if (told === undefined) {
    const summary = 'No incident: production was left as it was or proven.';
    return { decision: 'not-needed', reasonCode: 'not_needed', summary, failed: false };
  }
  const story = {
    key,
    environment,
    version: told.version ?? context.sha.slice(0, 7),
    commit: record?.commit ?? context.sha,
    decision: told.decision,
    reasonCode: told.reasonCode,
    what: told.what,
    escalation: told.escalation,
    timeline: timelineOf(record),
    measured: told.measured ?? [],
    chart: told.chart,
    links: told.links,
    // Masked by the step that read them.
    logs: (given.functionsLogs ?? '').split('\n').filter((line) => line !== ''),
    serving: told.serving,
    commands: [commandOn(place, 'releases'), commandOn(place, 'unlock')],
    notes: [
      ...(told.database ?? []),
      'The run has the whole story: measured values, what was taken back, what is locked.',
    ],
    checklist: told.checklist,
    runUrl: context.runUrl,
  };
  const opened = await openIncident(github, story, { everybodyReads: isPublic(context.event) });
  return {
    decision: opened.created ? 'opened' : 'updated',
    reasonCode: told.reasonCode,
    summary: `Incident #${opened.number}: ${told.what}`,
    failed: false,
    details: { incident: { number: opened.number, url: opened.url } },
  };
}

async function recordOf(github: GitHub, environment: string, key: string): Promise<ReleaseRecord | undefined> {
  for await (const record of readReleases(github, { environment }, (entry) => entry.key === key)) return record;
  return undefined;
}

function timelineOf(record: ReleaseRecord | undefined): { at: number; text: string }[] {
  if (record === undefined) return [];
  const facts = record.facts.filter((fact) => fact.step !== 'slack');
  return [
    { at: record.openedAt, text: 'release opened' },
    ...facts.map(({ at, step, kind, word, text }) => ({ at, text: `${step} ${kind}: ${word} ${text}`.trim() })),
  ];
}
