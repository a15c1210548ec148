import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { elapsed } from '#release/elapsed';
import { attempt } from '#release/finish-release';
import { readServed } from '#release/move-domains';
import { placeOf, readRecentReleases } from '#release/read-environment';
import { judgeRehearsal, type RehearsalJudgement, type RehearsalTimes } from '#release/rehearsal/judge-rehearsal';
import { liftRehearsal } from '#release/rehearsal/lift-rehearsal';
import { recordRehearsal } from '#release/rehearsal/rehearsal-record';
import { releaseKey } from '#release/release-handle';
import { rollbackLimitMs } from '#release/way-back';
import type { VercelProject } from '#vercel/project';
import type { Given } from './inputs.ts';

/** Whether the way back was taken by the watch, led to what served before, and was proven; what it locked is open again. */
export async function judge(
  runner: Runner,
  given: Given,
  { github, project, settings }: { github: GitHub; project: VercelProject; settings: EnvironmentSettings },
): Promise<Result> {
  const { context, clock } = runner;
  const { environment } = settings;
  const warnings: string[] = [];
  const key = releaseKey({ ...context, environment });
  const releases = await readRecentReleases(github, environment);
  const release = releases.find((one) => one.key === key && one.rehearsal === true);
  const served = await attempt(warnings, 'Vercel does not say what is served', readServed(project, placeOf(settings)));
  const servedId = served?.mixed === false ? served.deploymentId : undefined;
  const limitMs = settings.release.rollbackLimitMs ?? rollbackLimitMs;
  const { releaseSummary: said = '', releaseDecision: ended } = given;
  const judged = judgeRehearsal({ release, said, ended, servedId, limitMs });
  const lifting = liftRehearsal({ github, project }, settings);
  const lifted = await attempt(warnings, 'The lock of the rehearsal could not be lifted', lifting);
  const former = release?.rollbackTarget?.deploymentId;
  const times = judged.times === undefined ? undefined : inSeconds(judged.times);
  const recording = recordRehearsal(
    github,
    {
      schemaVersion: 1,
      key,
      at: clock.now() / 1000,
      passed: judged.passed,
      reasonCode: judged.reasonCode,
      ...(former === undefined ? {} : { former }),
      ...(times === undefined ? {} : { times }),
      limitSeconds: limitMs / 1000,
    },
    { environment, ref: context.sha },
  ).then(() => true);
  const recorded = await attempt(warnings, 'The rehearsal is not recorded, so it does not count', recording);
  for (const warning of warnings) runner.logger.warning(warning);
  const summary = [judged.summary, ...(lifted?.message === undefined ? [] : [lifted.message])].join('. ');
  return {
    decision: judged.passed && recorded === true ? 'passed' : 'failed',
    reasonCode: judged.passed && recorded !== true ? 'not_recorded' : judged.reasonCode,
    summary: [summary, ...warnings].join(' '),
    failed: !judged.passed || recorded !== true,
    details: { serving: servedId ?? null, former: former ?? null, times: times ?? null, limitSeconds: limitMs / 1000 },
    jobSummary: describe(environment, judged, { servedId, former, limitMs }),
  };
}

function inSeconds({ detection, swap, verified }: RehearsalTimes): RehearsalTimes {
  return { detection: detection / 1000, swap: swap / 1000, verified: verified / 1000 };
}

function describe(
  environment: string,
  { passed, summary, times }: RehearsalJudgement,
  { servedId, former, limitMs }: { servedId: string | undefined; former: string | undefined; limitMs: number },
): string {
  const rows = [
    ['served before', codeSpan(former ?? 'unknown'), ''],
    ['serves now', codeSpan(servedId ?? 'unknown'), ''],
    ...(times === undefined
      ? []
      : [
          ['from the promotion to the decision of the watch', elapsed(times.detection), ''],
          ['from the decision to the domains', elapsed(times.swap), ''],
          ['from the decision to the proof', elapsed(times.verified), elapsed(limitMs)],
        ]),
  ];
  return [
    `## Rehearsal of the way back on ${escapeMarkdown(environment)}: ${passed ? 'passed' : 'failed'}`,
    '',
    escapeMarkdown(summary),
    '',
    table(['what', 'measured', 'target'], rows),
  ].join('\n');
}
