import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import { type Challenge, challengeCommand } from '#backup/challenges';
import { type DrillFacts, type DrillTargets, type judgeDrill, span } from '#backup/judge-drill';
import type { BackupManifest } from '#backup/manifest';
import { codeBlock } from '#incident/issue-text';
import { describeRebuild, type Rebuilt, recordedRebuild } from './read-rebuild.ts';

/** Everything that a drill found out. */
export interface DrillOutcome {
  environment: string;
  facts: DrillFacts & { rebuild?: Rebuilt };
  targets: DrillTargets;
  judged: ReturnType<typeof judgeDrill>;
  backup: BackupManifest | undefined;
  /** Challenges that nobody opened this time. */
  missing: readonly Challenge[];
  seconds: { readBack: number; restore: number; compare: number } | undefined;
}

/** Decision, one line and the page of a drill. Pure. */
export function renderDrillRun(outcome: DrillOutcome, unrecorded: string | undefined): Result {
  const { environment, facts, targets, judged, backup } = outcome;
  const problems = [...judged.problems, ...(unrecorded === undefined ? [] : [unrecorded])];
  const passed = problems.length === 0;
  const recoveryTime = `${span(facts.restoreSeconds)} (target ${span(targets.restoreSeconds)})`;
  const dataAge =
    facts.ageSeconds === undefined ? 'no data' : `${span(facts.ageSeconds)} (target ${span(targets.ageSeconds)})`;
  const measured = `time to recover ${recoveryTime}, age of the data ${dataAge}`;
  const { frontend, rebuild } = facts;
  const rebuilt = rebuild === undefined ? undefined : recordedRebuild(rebuild);
  const appBack =
    frontend === undefined
      ? 'none recorded'
      : `${span(frontend.seconds)} (target ${span(targets.frontendSeconds ?? 0)}), ${frontend.what}`;
  const summary = passed
    ? `Recovery drill of ${environment} passed: ${backup?.name ?? ''} restored and equal; ${measured}`
    : `Recovery drill of ${environment} failed: ${problems.join('; ')}; ${measured}`;
  const open = outcome.missing.map((challenge) => ({
    recipient: challenge.recipient,
    command: challengeCommand(challenge, backup?.object.encryption ?? 'age'),
  }));
  const rows = facts.keys.map(({ recipient, openedAt }) => [
    codeSpan(recipient),
    openedAt === undefined ? 'never' : new Date(openedAt * 1000).toISOString().slice(0, 10),
  ]);
  return {
    decision: passed ? 'passed' : 'failed',
    reasonCode: judged.passed && !passed ? 'not_recorded' : judged.reasonCode,
    summary,
    failed: !passed,
    warning: passed && judged.remarks.length > 0,
    details: {
      target: 'scratch',
      environment,
      backup: backup?.name,
      verification: facts.verification,
      restoreSeconds: facts.restoreSeconds,
      ageSeconds: facts.ageSeconds,
      ...(frontend === undefined ? {} : { frontend }),
      ...(rebuilt === undefined ? {} : { rebuild: rebuilt }),
      targets,
      seconds: outcome.seconds,
      keys: facts.keys,
      problems,
      remarks: judged.remarks,
      open,
    },
    jobSummary: [
      `### Recovery drill of ${escapeMarkdown(environment)}`,
      escapeMarkdown(summary),
      table(
        ['Measured', 'Value'],
        [
          ['time to recover', escapeMarkdown(recoveryTime)],
          ['age of the data', escapeMarkdown(dataAge)],
          ['way back of the app', escapeMarkdown(appBack)],
          ['app rebuilt', escapeMarkdown(describeRebuild(rebuilt))],
          ['backup', codeSpan(backup?.name ?? 'none')],
        ],
      ),
      table(['Key', 'Opened its challenge'], rows),
      ...judged.remarks.map((line) => escapeMarkdown(line)),
      ...open.flatMap(({ recipient, command }) => [
        `The holder of ${codeSpan(recipient)} reads the word and gives it as ${codeSpan('answers')} to the next drill by hand:`,
        codeBlock(command),
      ]),
      '',
    ].join('\n\n'),
  };
}
