import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { EnvironmentSettings } from '#config/settings';
import type { PreflightReport } from '#release/preflight';

/** The plan for the job summary: what would happen, what stands against it, and what a rollback would do (CHK-10). */
export function renderPlan(
  report: PreflightReport,
  given: { settings: EnvironmentSettings; version: string; resume: boolean },
): string {
  const { settings, version } = given;
  const lines = [
    `## Release ${escapeMarkdown(version)} to ${escapeMarkdown(settings.environment)}: ${report.decision}`,
    '',
  ];
  lines.push(escapeMarkdown(report.summary), '');
  if (report.findings.length > 0) {
    const rows = report.findings.map((finding) => [
      finding.severity,
      codeSpan(finding.code),
      escapeMarkdown(finding.message),
      finding.fix === undefined ? '' : codeSpan(finding.fix, 1000),
    ]);
    lines.push(table(['', 'what', 'why', 'fix'], rows), '');
  }
  lines.push('### Plan', '', ...steps(report, settings).map((step) => `- ${step}`), '');
  lines.push('### A rollback would', '', ...wayBack(report, settings).map((step) => `- ${step}`), '');
  return lines.join('\n');
}

function steps(report: PreflightReport, settings: EnvironmentSettings): string[] {
  const { database } = report;
  const migrations =
    database.database === 'not-configured'
      ? 'database: not configured'
      : database.pending.length === 0
        ? 'database: nothing pending, no backup'
        : `database: backup, then ${database.pending.length} migration(s): ${database.pending.map((name) => codeSpan(name)).join(', ')}`;
  return [
    migrations,
    report.firstDeployment
      ? 'deploy: this project’s very first deployment is live at once; checks run on it, there is no way back yet'
      : `deploy (${settings.vercel.build ?? 'remote'}), staged: no domain moves`,
    'health gate and smoke tests on the staged address',
    `promote to ${escapeMarkdown(report.url === '' ? settings.environment : report.url)}`,
    'health gate and smoke tests on the public address',
    `watch, mode ${settings.watch.mode ?? 'auto'}`,
  ];
}

/** Also kept with the release: the ledger entry carries the target. */
export function wayBack(report: PreflightReport, settings: EnvironmentSettings): string[] {
  const { target, skipped } = report.target;
  if (target === undefined) return ['not be possible: no earlier good deployment is known'];
  const name = target.version === undefined ? '' : `${escapeMarkdown(target.version)}, `;
  const adopted = target.adopted ? ' (adopted: from Vercel’s own history, never proven by ops-actions)' : '';
  return [
    `move the domains back to ${name}${codeSpan(target.deploymentId)}${adopted}, which runs with the environment variables it was built with`,
    ...skipped.map(
      (candidate) => `pass over ${codeSpan(candidate.deployment.id)}: ${escapeMarkdown(candidate.reason)}`,
    ),
    'lock the environment until somebody lifts the lock',
    report.database.pending.length === 0 || settings.database.migrations === undefined
      ? 'leave the database as it is'
      : 'leave the database as it is: the pending migrations only expand',
  ];
}
