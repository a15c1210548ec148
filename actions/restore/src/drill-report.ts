import { z } from 'zod';
import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { span } from '#backup/judge-drill';
import { createGitHub } from '#github/client';
import { fileDrill } from '#incident/drill';
import type { DrillReport } from '#incident/render-drill';
import { type DrillRecord, lastOpened, readDrills } from '#release/drill-record';
import { releaseKey } from '#release/release-handle';
import type { Given } from './inputs.ts';
import { describeRebuild } from './read-rebuild.ts';

/** What the report takes from the drill's own words; everything that counts is read from the ledger. */
const told = z.object({
  summary: z.string(),
  problems: z.array(z.string()).default([]),
  remarks: z.array(z.string()).default([]),
  open: z.array(z.object({ recipient: z.string(), command: z.array(z.string()) })).default([]),
});

/**
 * Files the report of a drill from a job with `issues: write` and without any secret (S12): one issue for each environment,
 * with every drill that the ledger has. It also tells of a drill whose job died without a word.
 */
export async function drillReport(runner: Runner, given: Given): Promise<Result> {
  const { environment, githubToken } = given;
  const { context } = runner;
  if (environment === undefined || githubToken === undefined || context.repository === '') {
    throw new InputError([
      ...(environment === undefined ? [{ name: 'environment', message: 'is needed by mode: drill-report' }] : []),
      ...(githubToken === undefined || context.repository === ''
        ? [
            {
              name: 'github-token',
              message: 'is needed to file the report of the drill',
              allowed: 'a token with issues: write and deployments: read',
            },
          ]
        : []),
    ]);
  }
  const github = createGitHub(gitHubConnection(runner, githubToken));
  const drills = await readDrills(github, environment);
  const key = releaseKey({ ...context, environment });
  const report = describeDrill({ environment, drills, key, result: given.drillResult, runUrl: context.runUrl });
  const filed = await fileDrill(github, report);
  return {
    decision: filed.created ? 'filed' : 'updated',
    reasonCode: report.passed ? 'drill_passed' : 'needs_a_person',
    summary: `Report of the drill in #${filed.number}: ${report.summary}`,
    failed: false,
    details: { issue: { number: filed.number, url: filed.url }, drills: drills.length },
  };
}

/** The report from the ledger and from what the drill said; undefined or empty where it died. Pure. */
export function describeDrill(given: {
  environment: string;
  /** Newest first. */
  drills: readonly DrillRecord[];
  /** Of this run. */
  key: string;
  result: string | undefined;
  runUrl: string;
}): DrillReport {
  const { environment, drills, key, runUrl } = given;
  const own = drills.find((drill) => drill.key === key);
  const said = readTold(given.result);
  const problems = said?.problems ?? [];
  const summary =
    said?.summary ??
    (own === undefined
      ? 'The drill ended before it could say why, and left no record; its log does'
      : `The drill of this run ${own.passed ? 'passed' : `failed: ${own.reasonCode}`}`);
  const recipients = own?.recipients ?? drills[0]?.recipients ?? [];
  return {
    environment,
    summary,
    passed: own?.passed === true && problems.length === 0,
    problems,
    remarks: said?.remarks ?? [],
    drills: drills.map((drill) => ({
      at: drill.at,
      passed: drill.passed,
      reasonCode: drill.reasonCode,
      backup: drill.backup ?? 'none',
      recoveryTime: `${span(drill.restoreSeconds)} of ${span(drill.targets.restoreSeconds)}`,
      dataAge:
        drill.ageSeconds === undefined ? 'none' : `${span(drill.ageSeconds)} of ${span(drill.targets.ageSeconds)}`,
      frontend: describeFrontend(drill),
      rebuild: describeRebuild(drill.rebuild),
    })),
    keys: recipients.map((recipient) => ({ recipient, openedAt: lastOpened(drills, recipient) })),
    open: said?.open ?? [],
    runUrl,
  };
}

function describeFrontend({ frontendSeconds, targets }: DrillRecord): string {
  if (frontendSeconds === undefined || targets.frontendSeconds === undefined) return 'none recorded';
  return `${span(frontendSeconds)} of ${span(targets.frontendSeconds)}`;
}

function readTold(text: string | undefined): z.infer<typeof told> | undefined {
  try {
    const read = told.safeParse(JSON.parse(text ?? ''));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
