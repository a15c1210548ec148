import type { RunReport, StepReport } from '#local-runner/run-composite';
import type { DemoBackup, DemoFinding, DemoRelease, DemoRollback, DemoWatch } from './demo-result.ts';

/** The JSON of a step's `result` output, read defensively: a step that never ran has none. */
type StepResult = Record<string, unknown>;

/** Turns what the runner reported into one release of the result. Pure. */
export function collectRelease(given: {
  version: string;
  expected: string;
  commit: string;
  startedAt: number;
  endedAt: number;
  report: RunReport;
}): DemoRelease {
  const { report } = given;
  const promoted = resultOf(report, 'promote');
  return {
    version: given.version,
    expected: given.expected,
    decision: report.outputs.decision ?? '',
    reasonCode: report.outputs['reason-code'] ?? '',
    summary: report.outputs.summary ?? '',
    failed: report.conclusion !== 'success',
    deploymentId: report.outputs['deployment-id'] || null,
    commit: given.commit,
    startedAt: given.startedAt,
    endedAt: given.endedAt,
    promotedAt: number(promoted.promotedAt),
    watch: watchOf(resultOf(report, 'watch')),
    backup: backupOf(resultOf(report, 'migrate')),
    findings: findingsOf(resultOf(report, 'preflight')),
    steps: report.steps.filter(isTopLevel).map((step) => ({
      name: step.name,
      outcome: step.outcome,
      summary: step.outputs.summary ?? '',
      startedAt: step.startedAt / 1000,
      endedAt: step.endedAt / 1000,
    })),
  };
}

/** The way back of a release that was taken back, or null. Pure. */
export function collectRollback(
  report: RunReport,
  failedBetween: (from: number, until: number) => number,
): DemoRollback | null {
  const rollback = resultOf(report, 'rollback');
  const watch = resultOf(report, 'watch');
  const swappedAt = number(rollback.swappedAt);
  const promotedAt = number(resultOf(report, 'promote').promotedAt);
  if (typeof rollback.from !== 'string' || typeof rollback.to !== 'string') return null;
  return {
    from: rollback.from,
    to: rollback.to,
    breachAt: number(watch.breachAt),
    detectedAt: number(watch.detectedAt),
    swappedAt,
    verifiedAt: number(resultOf(report, 'finalize').verifiedAt),
    requestsFailedMeanwhile: promotedAt === null || swappedAt === null ? 0 : failedBetween(promotedAt, swappedAt),
  };
}

/** A step of deploy/action.yml itself: its path is the composite and the step. */
function isTopLevel(step: StepReport): boolean {
  return step.path.length === 2;
}

function resultOf(report: RunReport, id: string): StepResult {
  const text = report.steps.find((step) => isTopLevel(step) && step.id === id)?.outputs.result ?? '';
  return text === '' ? {} : (JSON.parse(text) as StepResult);
}

function watchOf(result: StepResult): DemoWatch | null {
  if (typeof result.verdict !== 'string') return null;
  return {
    verdict: result.verdict,
    reasonCode: text(result.reasonCode),
    requests: number(result.requests) ?? 0,
    errors: number(result.errors) ?? 0,
    buckets: Array.isArray(result.buckets) ? (result.buckets as DemoWatch['buckets']) : [],
    limit: number(result.limit),
    rules: Array.isArray(result.rules) ? result.rules.map(String) : [],
    source: text(result.source),
    denominator: text(result.denominator) || 'requests',
    effectiveIntervalSeconds: number(result.effectiveIntervalSeconds),
  };
}

function backupOf(result: StepResult): DemoBackup | null {
  const backup = result.backup as StepResult | undefined;
  if (backup === undefined || backup === null) return null;
  return {
    verified: backup.verified === true,
    relations: number(backup.relations) ?? 0,
    rows: number(backup.rows) ?? 0,
    bytes: number(backup.bytes) ?? 0,
  };
}

function findingsOf(result: StepResult): DemoFinding[] {
  if (!Array.isArray(result.findings)) return [];
  const findings = result.findings as StepResult[];
  return findings
    .filter((finding) => typeof finding.file === 'string' && finding.severity === 'refuse')
    .map((finding) => ({
      file: text(finding.file),
      line: number(finding.line) ?? 0,
      rule: text(finding.rule),
      message: text(finding.message),
      statement: text(finding.statement),
      correction: text(finding.correction),
    }));
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
