import type { MadeObject } from './made-objects.ts';
import type { AcceptableRule } from './migration-rules.ts';
import {
  child,
  children,
  identifier,
  keyOfPath,
  type ParseNode,
  qualified,
  relationKey,
  stringList,
  textOf,
} from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding, warning } from './statement-finding.ts';
import { droppedNames } from './statement-impact.ts';
import { typeName } from './type-name.ts';

const dropped: Readonly<Record<string, { words: string; rule: AcceptableRule; kind: MadeObject['kind'] }>> = {
  OBJECT_TABLE: { words: 'DROP TABLE', rule: 'drop-table', kind: 'relation' },
  OBJECT_FOREIGN_TABLE: { words: 'DROP FOREIGN TABLE', rule: 'drop-table', kind: 'relation' },
  OBJECT_VIEW: { words: 'DROP VIEW', rule: 'drop-view', kind: 'relation' },
  OBJECT_MATVIEW: { words: 'DROP MATERIALIZED VIEW', rule: 'drop-materialized-view', kind: 'relation' },
  OBJECT_SEQUENCE: { words: 'DROP SEQUENCE', rule: 'drop-sequence', kind: 'relation' },
  OBJECT_FUNCTION: { words: 'DROP FUNCTION', rule: 'drop-function', kind: 'function' },
  OBJECT_PROCEDURE: { words: 'DROP PROCEDURE', rule: 'drop-function', kind: 'function' },
  OBJECT_ROUTINE: { words: 'DROP ROUTINE', rule: 'drop-function', kind: 'function' },
  OBJECT_TYPE: { words: 'DROP TYPE', rule: 'drop-type', kind: 'type' },
  OBJECT_DOMAIN: { words: 'DROP DOMAIN', rule: 'drop-type', kind: 'type' },
  OBJECT_SCHEMA: { words: 'DROP SCHEMA', rule: 'drop-schema', kind: 'schema' },
  OBJECT_EXTENSION: { words: 'DROP EXTENSION', rule: 'drop-extension', kind: 'extension' },
};

/** A DROP: what running code may need is held, what the same file makes again is replaced, rows are never lost by the way. Pure. */
export function classifyDrop(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const type = textOf(node, 'removeType') ?? '';
  if (type === 'OBJECT_INDEX') return dropIndex(context);
  if (type === 'OBJECT_POLICY') return dropPolicy(context);
  const known = dropped[type];
  if (known === undefined) return [];
  const { words, rule, kind } = known;
  const existing = namedObjects(node, kind).filter(({ key }) => context.existing(kind, key));
  const replaced = existing.filter((object) => context.remade((made) => replaces(object, made, kind)));
  const emptied =
    type === 'OBJECT_TABLE'
      ? replaced
      : replaced.filter((one) => context.remade((made) => made.holdsRows === true && made.key === one.key));
  if (emptied.length > 0)
    return [
      replaceTable(
        context,
        emptied.map(({ label }) => label),
      ),
    ];
  // Within one transaction nobody sees it gone; CASCADE takes along what the file does not make again.
  const gone =
    textOf(node, 'behavior') === 'DROP_CASCADE' ? existing : existing.filter((one) => !replaced.includes(one));
  if (gone.length === 0) return [];
  // The name of an extension is none that code writes.
  const removes = kind === 'extension' ? [] : gone.map(({ name }) => ({ name }));
  return [contract(context, start, rule, `${words} ${gone.map(({ label }) => label).join(', ')}`, { removes })];
}

interface NamedObject {
  key: string;
  label: string;
  /** Without schema. */
  name: string;
  /** Of a function, where the statement says which. */
  types?: string[];
}

function namedObjects(node: ParseNode, kind: MadeObject['kind']): NamedObject[] {
  if (kind === 'relation')
    return droppedNames(node).map((one) => ({ key: relationKey(one), label: qualified(one), name: one.name }));
  return children(node, 'objects').map((object): NamedObject => {
    const routine = child(object, 'ObjectWithArgs');
    if (routine !== undefined) {
      const path = stringList(children(routine, 'objname'));
      const types = children(routine, 'objargs').map((one) => typeName(child(one, 'TypeName')));
      return { ...pathNames(path), ...(routine.args_unspecified === true ? {} : { types }) };
    }
    const path = stringList(children(child(object, 'TypeName'), 'names'));
    if (path.length > 0) return pathNames(path);
    const name = stringList([object])[0] ?? '';
    return { key: name, label: identifier(name), name };
  });
}

function pathNames(path: readonly string[]): NamedObject {
  return { key: keyOfPath(path), label: path.map(identifier).join('.'), name: path.at(-1) ?? '' };
}

/** A function is the same for its callers where it takes what the old one took. Pure. */
function replaces(old: NamedObject, made: MadeObject, kind: MadeObject['kind']): boolean {
  if (made.kind !== kind || made.key !== old.key) return false;
  const { types } = old;
  const { parameters } = made;
  if (types === undefined || parameters === undefined) return true;
  return (
    parameters.length >= types.length &&
    parameters.every(({ type, optional }, index) => (index < types.length ? type === types[index] : optional))
  );
}

function replaceTable(context: StatementContext, names: readonly string[]): StatementFinding {
  const list = names.join(', ');
  return {
    offset: context.statement.start,
    rule: 'replace-table',
    olderCode: 'breaks',
    severity: context.phase === 'all' ? 'warn' : 'refuse',
    message: `the file drops ${list} and makes the name anew: its rows are lost, and running code meets the new one at once`,
    correction: `alter it in place, or make the new one under a new name, copy the rows, and drop ${list} in a later release; where the rows may be lost: -- ops:accept replace-table <why>`,
  };
}

/** Rows that running code reads or writes by a policy are out of its reach without it, unless others come in its place. */
function dropPolicy(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const [table] = droppedNames(node, 1);
  const path = stringList(children(child(children(node, 'objects')[0], 'List'), 'items'));
  const policy = path.at(-1) ?? '';
  if (table === undefined || !context.existing('relation', relationKey(table))) return [];
  const key = `${relationKey(table)}.${policy}`;
  if (!context.existing('policy', key)) return [];
  const what = `DROP POLICY ${identifier(policy)} on ${qualified(table)}`;
  const commands = new Set<string>();
  const replaced = context.remade((made) => {
    // A restrictive one allows nothing by itself.
    if (made.kind !== 'policy' || made.restrictive === true) return false;
    if (made.key.startsWith(`${relationKey(table)}.`)) commands.add((made.command ?? 'all').toUpperCase());
    return made.key === key;
  });
  if (replaced) return [];
  if (commands.size === 0) return [contract(context, start, 'drop-policy', what)];
  const message = `${what}: policies of other names come in its place (for ${[...commands].join(', ')}), and whether running code may do by them what it did by this one is not in the file`;
  return [warning(start, 'drop-policy', message, 'look at commands and roles of both')];
}

function dropIndex(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  if (node.concurrent === true) return [];
  const known = droppedNames(node).filter(
    (name) => context.facts(name) !== undefined || context.existing('relation', relationKey(name)),
  );
  if (known.length === 0) return [];
  const message = `DROP INDEX without CONCURRENTLY waits for every query on the table, and every later query waits behind it`;
  const correction = `DROP INDEX CONCURRENTLY ${known.map(qualified).join('; DROP INDEX CONCURRENTLY ')}; (alone in a migration file of its own, trap 11)`;
  return [warning(start, 'drop-index-not-concurrent', message, correction)];
}
