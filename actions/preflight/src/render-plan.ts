import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import type { PreflightReport } from '#release/preflight-types';
import type { FunctionsStep } from './decide-functions-step.ts';

/** The plan for the job summary: what would happen, what stands against it, and what a rollback would do (CHK-10). */
export function renderPlan(
  report: PreflightReport,
  given: { settings: EnvironmentSettings; version: string; resume: boolean; functions: FunctionsStep },
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
  lines.push('### Plan', '', ...steps(report, settings, given.functions, markdown).map((step) => `- ${step}`), '');
  lines.push('### A rollback would', '', ...wayBack(report, markdown).map((step) => `- ${step}`), '');
  return lines.join('\n');
}

/** The same plan as plain lines, for the log of a dry run. */
export function planLines(report: PreflightReport, settings: EnvironmentSettings, functions: FunctionsStep): string[] {
  return [
    'Plan:',
    ...steps(report, settings, functions, plain).map((step) => `  ${step}`),
    'A rollback would:',
    ...wayBack(report, plain).map((step) => `  ${step}`),
  ];
}

/** How foreign text and names are written. */
interface Style {
  text(value: string): string;
  name(value: string): string;
}
const markdown: Style = { text: escapeMarkdown, name: codeSpan };
const plain: Style = { text: (value) => value, name: (value) => value };

function steps(
  report: PreflightReport,
  settings: EnvironmentSettings,
  functions: FunctionsStep,
  { text, name }: Style,
): string[] {
  return [
    ...report.weakenings.map((weakening) => `weaker than standard: ${text(weakening.text)}`),
    `database: ${migrations(report, name)}`,
    report.firstDeployment
      ? 'deploy: this project’s very first deployment is live at once; checks run on it, there is no way back yet'
      : `deploy (${settings.vercel.build ?? 'remote'}), staged: no domain moves`,
    ...(functions.when === 'before' ? [functions.plan] : []),
    ...backendPlan(settings, name),
    'health gate and smoke tests on the staged address',
    `promote to ${text(report.url === '' ? settings.environment : report.url)}`,
    ...(settings.apps ?? []).map((app) => `then promote ${name(app.name)} to ${text(app.url)}; all of them, or none`),
    ...(functions.when === 'after' ? [functions.plan] : []),
    'health gate and smoke tests on the public address',
    `watch, mode ${settings.watch.mode ?? defaults.watch.mode}`,
  ];
}

function backendPlan({ backend }: EnvironmentSettings, name: Style['name']): string[] {
  if (backend?.deploy === undefined) return [];
  return [`backend: ${name(backend.deploy)}; from there the old app runs against the new backend, until the promotion`];
}

function migrations({ database, weakenings }: PreflightReport, name: Style['name']): string {
  if (database.database === 'not-configured') return 'not configured';
  const { command, toApply, held } = database;
  const backup = weakenings.some((weakening) => weakening.name === 'no-backup') ? '' : 'backup, then ';
  if (command !== undefined) return `${backup}${name(command)}, whatever it changes`;
  const waits = held.length === 0 ? '' : `; held for a later release: ${held.map((file) => name(file)).join(', ')}`;
  if (toApply.length === 0) return `${held.length === 0 ? 'nothing pending' : 'nothing to apply'}, no backup${waits}`;
  return `${backup}${toApply.length} migration(s): ${toApply.map((file) => name(file)).join(', ')}${waits}`;
}

function wayBack({ target: choice, database }: PreflightReport, { text, name }: Style): string[] {
  const { target, skipped } = choice;
  if (target === undefined) return ['not be possible: no earlier good deployment is known'];
  const version = target.version === undefined ? '' : `${text(target.version)}, `;
  const adopted = target.adopted ? ' (adopted: from Vercel’s own history, never proven by ops-actions)' : '';
  const doubt = target.unjudged === undefined ? '' : ` (${text(target.unjudged)}; no proven one is known)`;
  return [
    `move the domains back to ${version}${name(target.deploymentId)}${adopted}${doubt}, which runs with the environment variables it was built with`,
    ...Object.entries(target.apps ?? {}).map(([app, id]) => `move ${name(app)} back to ${name(id)} beside them`),
    ...skipped.map((candidate) => `pass over ${name(candidate.deployment.id)}: ${text(candidate.reason)}`),
    'lock the environment until somebody lifts the lock',
    ...databaseBack(database, text),
  ];
}

/** A rollback leaves the database alone unless a person asks for it; whether that would be possible is known before. */
function databaseBack({ command, toApply, findings }: PreflightReport['database'], text: Style['text']): string[] {
  if (command === undefined && toApply.length === 0) return ['leave the database as it is'];
  const leave = 'leave the database as it is: the pending migrations only expand';
  if (command !== undefined) return [leave];
  const forward = findings.find(({ code }) => code === 'forward_fix_only');
  return forward === undefined
    ? [
        leave,
        `with parts: database also take back ${toApply.toReversed().join(', ')}, by the rollback SQL in the files`,
      ]
    : [leave, `with parts: database not touch it either: ${text(forward.message)}`];
}
