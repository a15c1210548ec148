import type { MigrationFile } from './read-migrations.ts';
import type { RunStatement } from './run-statement.ts';
import { textOf } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';
import type { StatementFinding } from './statement-finding.ts';
import { tableCommands } from './statement-kinds.ts';
import { temporaryName } from './temporary-tables.ts';

/** Statements that make something which new code needs: they may not wait beside one that has to. */
const expanding =
  /^(CreateStmt|CreateTableAsStmt|ViewStmt|CreateFunctionStmt|CreateEnumStmt|AlterEnumStmt|CompositeTypeStmt|CreateDomainStmt|CreateSchemaStmt|CreateSeqStmt|CreateExtensionStmt)$/;

/**
 * Finds a file that both expands and contracts, and says how to split it: refused where it would have to run before a
 * promotion, reported where a person decides. Pure.
 */
export function filePhase(
  file: MigrationFile,
  runs: readonly RunStatement[],
  contracts: ReadonlySet<ParsedStatement>,
  phase: 'all' | 'expand' | 'contract',
): { mixed?: { statement: ParsedStatement; finding: StatementFinding } } {
  const removing = runs.filter(({ statement }) => contracts.has(statement));
  const [first] = removing;
  const adding = runs.filter(
    ({ statement }) => expands(statement) && (statement.kind === 'AlterTableStmt' || !contracts.has(statement)),
  );
  if (first === undefined || adding.length === 0) return {};
  const text = (list: readonly ParsedStatement[]) =>
    list.map((one) => `${file.sql.slice(one.start, one.end).trim()};`).join('\n');
  const moved = new Set(removing.map(({ top }) => top));
  const kept = [...new Set(runs.map(({ top }) => top))].filter((one) => !moved.has(one));
  // Of a statement that does both itself only its author knows the halves.
  const both = adding.some(({ top }) => moved.has(top));
  const correction = both
    ? `split it: what removes something goes out of the statement below into a later file of its own, e.g. ${later(file)}\n${text([first.top])}`
    : `split it: keep\n${text(kept)}\nin ${file.file}, and move\n${text([...moved])}\nto a later file of its own, e.g. ${later(file)}`;
  const message =
    'the file both adds what new code needs and removes what running code needs, so it can neither run before the promotion nor wait';
  return {
    mixed: {
      statement: first.statement,
      finding: {
        offset: first.statement.start,
        rule: 'mixed-phases',
        severity: phase === 'expand' ? 'refuse' : 'warn',
        message,
        correction,
      },
    },
  };
}

function expands(statement: ParsedStatement): boolean {
  if (temporaryName(statement) !== undefined) return false;
  if (statement.kind !== 'AlterTableStmt') return expanding.test(statement.kind);
  return tableCommands(statement.node).some((command) => textOf(command, 'subtype') === 'AT_AddColumn');
}

function later(file: MigrationFile): string {
  const next = String(BigInt(file.version) + 1n).padStart(file.version.length, '0');
  return `${next}_${file.name}_contract.sql`;
}

/** Which of the pending files run in this phase and which are held, in order: no file runs before an earlier one. */
export interface HeldBack {
  toApply: MigrationFile[];
  held: MigrationFile[];
  /** Files that expand but would have to wait behind a held one. */
  blocked: { file: MigrationFile; behind: MigrationFile }[];
}

/** Pure. `contracts` names the files with statements that running code cannot bear. */
export function holdBack(
  pending: readonly MigrationFile[],
  contracts: ReadonlySet<string>,
  phase: 'all' | 'expand' | 'contract',
): HeldBack {
  if (phase === 'all') return { toApply: [...pending], held: [], blocked: [] };
  const isContract = (file: MigrationFile) => contracts.has(file.file);
  const first = pending.findIndex((file) => (phase === 'expand' ? isContract(file) : !isContract(file)));
  const cut = first === -1 ? pending.length : first;
  const behind = pending[cut];
  const held = pending.slice(cut);
  const blocked =
    phase === 'contract' || behind === undefined
      ? []
      : held.filter((file) => !isContract(file)).map((file) => ({ file, behind }));
  return { toApply: pending.slice(0, cut), held, blocked };
}
