import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { FileSummary } from '#postgres/classify-files';
import type { MigrationFinding } from '#postgres/classify-migrations';
import { describeBytes, describeCount } from '#postgres/judge-size';
import type { LockHolder } from '#postgres/migration-lock';
import type { SchemaAdvice } from '#postgres/schema-advice';
import type { MadeBackup } from './migrate.ts';

/** The page for the job summary; every foreign word is escaped. Pure. */
export function renderPage(given: {
  summary: string;
  applied: readonly string[];
  pending: readonly string[];
  findings: readonly MigrationFinding[];
  /** Of a plan. */
  plan: readonly FileSummary[];
  backup: MadeBackup | undefined;
  /** What is new in the schema. */
  advice: readonly SchemaAdvice[];
  weakenings: readonly string[];
  /** Who held the lock that a file waited for in vain. */
  blockers: readonly LockHolder[];
}): string {
  const { summary, applied, pending, findings, plan, backup, weakenings, advice, blockers } = given;
  const planned = new Map(plan.map((one) => [one.file, one]));
  const files = [
    ...applied.map((file) => [codeSpan(file), 'applied', '']),
    ...pending.map((file) => [codeSpan(file), 'pending', describeFile(planned.get(file))]),
  ];
  const remarks = findings.map((finding) => [
    `${codeSpan(finding.file)}:${finding.line}`,
    finding.accepted === undefined ? words[finding.severity] : `accepted: ${escapeMarkdown(finding.accepted)}`,
    escapeMarkdown(finding.message),
    codeSpan(finding.statement),
    codeSpan(finding.correction),
  ]);
  return [
    '### Migrations',
    escapeMarkdown(summary),
    ...(files.length === 0 ? [] : [table(['File', 'State', 'Contents'], files)]),
    ...(blockers.length === 0
      ? []
      : [table(['In the way', 'In a transaction for', 'Its last statement'], blockers.map(blockerRow))]),
    ...locksTable(plan),
    ...(remarks.length === 0 ? [] : [table(['Place', 'Severity', 'Why', 'Statement', 'Instead'], remarks)]),
    ...(advice.length === 0 ? [] : [table(['New in the schema', 'Object', 'Why'], advice.map(describeAdvice))]),
    ...(backup === undefined ? [] : [backupLines(backup)]),
    ...weakenings.map((weakening) => `Weaker than standard: ${escapeMarkdown(weakening)}`),
    '',
  ].join('\n\n');
}

/** What the files of a plan lock, with the size that decides how long. */
function locksTable(plan: readonly FileSummary[]): string[] {
  const rows = plan.flatMap(({ file, locks }) =>
    locks.map(({ line, table: name, lock, work, blocks, rows: count, bytes }) => [
      `${codeSpan(file)}:${line}`,
      codeSpan(name),
      `${count === undefined ? '' : `about ${describeCount(count)} rows, `}${describeBytes(bytes)}`,
      `${lock}${work === 'none' ? '' : `, ${work}`}`,
      blocks,
    ]),
  );
  return rows.length === 0 ? [] : [table(['Place', 'Table', 'Size', 'Lock', 'Keeps waiting'], rows)];
}

function blockerRow({ pid, application, user, seconds, statement }: LockHolder): string[] {
  const name = application === '' ? '' : ` ${codeSpan(application)}`;
  return [
    `session ${pid}${name}${user === '' ? '' : ` as ${codeSpan(user)}`}`,
    `${Math.round(seconds)} s`,
    statement === undefined ? 'not shown to our role' : codeSpan(statement),
  ];
}

function describeAdvice({ rule, object, message }: SchemaAdvice): string[] {
  return [codeSpan(rule), codeSpan(object), escapeMarkdown(message)];
}

const words = { refuse: 'refused', hold: 'held', warn: 'warning' };

/** `3 statements: schema, data`; for a plan's log lines too. */
export function describeFile(file: FileSummary | undefined): string {
  if (file === undefined) return '';
  const words = `${file.statements} statement${file.statements === 1 ? '' : 's'}: ${file.classes.join(', ') || 'nothing'}`;
  return file.inTransaction ? words : `${words}; not in a transaction`;
}

function backupLines({ manifest }: MadeBackup): string {
  const { object, verification, seconds } = manifest;
  return [
    `Backup ${codeSpan(object.file)}: **${verification.verdict}**, ${escapeMarkdown(verification.message)} (${seconds.total.toFixed(1)} s).`,
    `Restore it with ${codeSpan(manifest.restoreCommand)}`,
  ].join('\n\n');
}
