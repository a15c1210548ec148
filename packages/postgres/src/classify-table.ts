import { classifyConstraint } from './classify-constraint.ts';
import { correctAddColumn } from './correct-add-column.ts';
import { isNull, type MadeObject, madeObjects } from './made-objects.ts';
import {
  child,
  children,
  offsetOfNode,
  type ParseNode,
  qualified,
  type RelationName,
  relationKey,
  relationName,
  stringList,
  textOf,
  wrapped,
} from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding, warning } from './statement-finding.ts';
import { tableCommands } from './statement-kinds.ts';
import { commandImpact } from './table-impact.ts';
import type { TableImpact } from './table-lock.ts';

/** One clause of an ALTER TABLE. */
interface Clause {
  context: StatementContext;
  table: RelationName;
  command: ParseNode;
  impact: TableImpact;
}

/** What an ALTER TABLE does to code that runs and to rows that exist. Pure. */
export function alterTable(context: StatementContext): StatementFinding[] {
  const { node } = context.statement;
  const table = relationName(child(node, 'relation'));
  if (table === undefined || node.objtype !== 'OBJECT_TABLE' || !context.existing('relation', relationKey(table)))
    return [];
  // ADD COLUMN … followed by ALTER COLUMN … SET DEFAULT in one statement does not help: rows are filled by ADD COLUMN.
  return tableCommands(node).flatMap((command) =>
    clause({ context, table, command, impact: { table, ...commandImpact(command, context.facts(table)) } }),
  );
}

function clause(given: Clause): StatementFinding[] {
  const { context, table, command, impact } = given;
  const { start } = context.statement;
  const name = qualified(table);
  const column = textOf(command, 'name') ?? '';
  const definition = child(child(command, 'def'), 'ColumnDef');
  switch (textOf(command, 'subtype')) {
    case 'AT_AddColumn':
      return definition === undefined ? [] : [...addColumn(given, definition), ...columnWork(given, definition)];
    case 'AT_DropColumn':
      return dropColumn(given, column);
    case 'AT_AlterColumnType':
      return columnType(given, column, definition);
    case 'AT_SetNotNull': {
      if (impact.work === 'none' || context.provenNotNull(table, column)) return [];
      const message = `SET NOT NULL on ${column} of ${name} reads the whole table under an exclusive lock and fails when one row is NULL`;
      const correction = `ALTER TABLE ${name} ADD CONSTRAINT ${table.name}_${column}_not_null CHECK (${column} IS NOT NULL) NOT VALID; in a later file VALIDATE CONSTRAINT, then SET NOT NULL`;
      return [{ ...warning(start, 'set-not-null', message, correction, impact), olderCode: 'breaks' }];
    }
    case 'AT_ColumnDefault':
      return isNull(child(command, 'def')) ? dropDefault(given, column, 'DROP DEFAULT') : [];
    case 'AT_DropIdentity':
      return dropDefault(given, column, 'DROP IDENTITY');
    case 'AT_DropInherit': {
      const parent = qualified(relationName(child(child(command, 'def'), 'RangeVar')) ?? { name: '' });
      return [
        contract(context, start, 'no-inherit', `NO INHERIT takes the rows of ${name} out of queries on ${parent}`),
      ];
    }
    case 'AT_DropNotNull': {
      const message = `${column} of ${name} may be NULL from now on, and code that runs now has never met that`;
      const correction = 'make sure that the deployed code reads NULL well, or keep the constraint until it does';
      return [warning(start, 'drop-not-null', message, correction)];
    }
    case 'AT_AddConstraint':
      return classifyConstraint(context, table, child(child(command, 'def'), 'Constraint'), impact);
    case 'AT_DisableRowSecurity':
    case 'AT_NoForceRowSecurity': {
      const message = `row level security of ${name} is taken away: whoever may read the table then reads every row`;
      const correction = `leave it on and write the policy that is missing: CREATE POLICY … ON ${name} …`;
      return [warning(start, 'row-security-off', message, correction)];
    }
    case 'AT_AttachPartition':
    case 'AT_DetachPartition':
      return partition(given);
    default: {
      if (impact.work !== 'rewrite') return [];
      const message = `the statement writes ${name} anew, and nobody can read or write it meanwhile`;
      return [warning(start, 'table-rewrite', message, rewriteAdvice, impact)];
    }
  }
}

/** What the same pending files have added nobody uses; what they add again under the same name has lost its values. */
function dropColumn({ context, table, command }: Clause, column: string): StatementFinding[] {
  const { start } = context.statement;
  const key = `${relationKey(table)}.${column}`;
  if (!context.existing('column', key)) return [];
  const name = qualified(table);
  const again = madeObjects(context.statement).some((made) => made.kind === 'column' && made.key === key);
  if (!again && !context.remade((made) => made.kind === 'column' && made.key === key))
    return [
      contract(context, start, 'drop-column', `DROP COLUMN ${column} of ${name}`, {
        removes: [{ name: column, table: table.name }],
      }),
    ];
  return [
    {
      offset: offsetOfNode(context.statement, command),
      rule: 'replace-column',
      olderCode: 'breaks',
      severity: context.phase === 'all' ? 'warn' : 'refuse',
      message: `the file drops column ${column} of ${name} and adds it anew: its values are lost, and running code meets the new one at once`,
      correction: `alter its type in place, or add a column of another name, copy the values, and drop ${column} in a later release; where they may be lost: -- ops:accept replace-column <why>`,
    },
  ];
}

/** INSERTs of running code that leave the column out get NULL, or fail; not where a default comes in its place. */
function dropDefault({ context, table }: Clause, column: string, words: string): StatementFinding[] {
  const key = `${relationKey(table)}.${column}`;
  const again = (made: MadeObject) => made.kind === 'default' && made.key === key;
  if (!context.existing('column', key) || madeObjects(context.statement).some(again) || context.remade(again))
    return [];
  const what = `${words} of ${column} of ${qualified(table)}`;
  return [contract(context, context.statement.start, 'drop-default', what)];
}

/** A partition that comes is checked row by row; one that goes takes its rows out of every query on the table. */
function partition({ context, table, command }: Clause): StatementFinding[] {
  const { start } = context.statement;
  const given = child(child(command, 'def'), 'PartitionCmd');
  const name = relationName(child(given, 'name'));
  if (name === undefined) return [];
  if (textOf(command, 'subtype') === 'AT_DetachPartition') {
    const waits = given?.concurrent === true ? '' : ', and nobody can read or write it meanwhile';
    const message = `the rows of ${qualified(name)} leave ${qualified(table)}, where running code looks for them${waits}`;
    const correction = `ALTER TABLE ${qualified(table)} DETACH PARTITION ${qualified(name)} CONCURRENTLY, when no code needs them`;
    return [warning(start, 'detach-partition', message, correction)];
  }
  if (!context.existing('relation', relationKey(name))) return [];
  const message = `every row of ${qualified(name)} is checked against the bounds while nobody can read or write it`;
  const correction = `first ALTER TABLE ${qualified(name)} ADD CONSTRAINT … CHECK (<the bounds>) NOT VALID, then VALIDATE CONSTRAINT: attaching then reads nothing`;
  return [
    warning(start, 'blocking-scan', message, correction, { table: name, lock: 'ACCESS EXCLUSIVE', work: 'scan' }),
  ];
}

const rewriteAdvice =
  'fine for a small table; for a large one make a new table or column, copy in batches, switch in the next release';

function addColumn({ context, table }: Clause, column: ParseNode): StatementFinding[] {
  const constraints = wrapped(column, 'constraints', 'Constraint');
  const has = (kind: string) => constraints.some((constraint) => constraint.contype === kind);
  const required = has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY');
  const type = stringList(children(child(column, 'typeName'), 'names')).at(-1) ?? '';
  const fills = has('CONSTR_IDENTITY') || has('CONSTR_GENERATED') || /^(small|big)?serial[248]?$/.test(type);
  const value = constraints.find((constraint) => constraint.contype === 'CONSTR_DEFAULT');
  if (!required || fills || !isNull(child(value, 'raw_expr'))) return [];
  const message = `column ${String(column.colname)} of ${qualified(table)} is NOT NULL without a default: rows that exist cannot have it, and INSERTs of the code that runs now would fail`;
  return [
    {
      offset: offsetOfNode(context.statement, column),
      rule: 'not-null-without-default',
      olderCode: 'breaks',
      severity: 'refuse',
      message,
      correction: correctAddColumn(context.sql, context.statement, table, column),
    },
  ];
}

/** Since PostgreSQL 11 a new column costs nothing, unless its value differs from row to row or something must be checked. */
function columnWork({ context, table, impact }: Clause, column: ParseNode): StatementFinding[] {
  const offset = offsetOfNode(context.statement, column);
  const name = String(column.colname);
  if (impact.work === 'rewrite') {
    const message = `column ${name} gets a value of its own in every row, so ${qualified(table)} is written anew and nobody can read or write it meanwhile`;
    const correction = `ADD COLUMN ${name} without the default (a plain one is free), then ALTER COLUMN ${name} SET DEFAULT for new rows, and fill the old ones in batches`;
    return [warning(offset, 'column-rewrite', message, correction, impact)];
  }
  if (impact.work !== 'scan') return [];
  const message = `the constraint of column ${name} is checked against every row of ${qualified(table)} while nobody can read or write it`;
  const correction = `ADD COLUMN ${name} alone; then ADD CONSTRAINT … NOT VALID and, in a later file, VALIDATE CONSTRAINT (for UNIQUE: CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX)`;
  return [warning(offset, 'column-constraint', message, correction, impact)];
}

/** Types that take every value of every shorter or narrower one; whether the old one is narrower only the database knows. */
function columnType(
  { context, table, impact }: Clause,
  column: string,
  definition: ParseNode | undefined,
): StatementFinding[] {
  const name = qualified(table);
  // The live type is known and the stored values stay as they are.
  if (impact.work === 'none') return [];
  const typeName = child(definition, 'typeName');
  const type = stringList(children(typeName, 'names')).at(-1) ?? '';
  const offset = offsetOfNode(context.statement, definition);
  const wide = (type === 'text' || type === 'varchar') && children(typeName, 'typmods').length === 0;
  const using = child(definition, 'raw_default') !== undefined;
  const widens =
    !using && (wide || type === 'int8' || (type === 'numeric' && children(typeName, 'typmods').length === 0));
  if (widens) {
    const message = `ALTER COLUMN ${column} of ${name} to ${type} may rewrite the table under an exclusive lock`;
    return [{ ...warning(offset, 'type-change', message, rewriteAdvice, impact), olderCode: 'breaks' }];
  }
  const what = `ALTER COLUMN ${column} of ${name} to ${type} can reject values that running code writes`;
  return [{ ...contract(context, offset, 'type-narrowing', what), impact }];
}
