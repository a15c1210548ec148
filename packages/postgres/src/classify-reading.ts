import { child, children, textOf } from './sql-names.ts';
import type { StatementContext, StatementFinding } from './statement-finding.ts';

/** What is wrong with rows behind a COPY, and what to do. */
export const rowsBehindCopy = {
  message: 'the rows of COPY … FROM stdin stand in the file behind it, where only psql looks for them',
  correction: 'write them as INSERT INTO … VALUES …',
};

/** Statements of which the server would make something else than the tool does that the file was written for. Pure. */
export function classifyReading(context: StatementContext): StatementFinding[] {
  const { kind, start } = context.statement;
  if (kind === 'CopyStmt' && needsRows(context)) {
    return [{ offset: start, rule: 'copy-from-stdin', severity: 'refuse', ...rowsBehindCopy }];
  }
  if (kind === 'VariableSetStmt' && makesBackslashesSpecial(context)) {
    const message =
      'the server reads the whole file before this takes effect, so backslashes in its strings would be stored as they stand';
    const correction = "leave it out, and write strings with escapes as E'…'";
    return [{ offset: start, rule: 'string-syntax', severity: 'refuse', message, correction }];
  }
  return [];
}

function needsRows({ statement: { node } }: StatementContext): boolean {
  return node.is_from === true && node.filename === undefined;
}

function makesBackslashesSpecial({ statement: { node } }: StatementContext): boolean {
  if (textOf(node, 'name') !== 'standard_conforming_strings' || textOf(node, 'kind') !== 'VAR_SET_VALUE') return false;
  const [value] = children(node, 'args').map((argument) => child(argument, 'A_Const'));
  const isOn = /^(?:on|t|tr|tru|true|y|ye|yes|1)$/i.test(textOf(child(value, 'sval'), 'sval') ?? '');
  return !isOn && child(value, 'ival')?.ival !== 1;
}
