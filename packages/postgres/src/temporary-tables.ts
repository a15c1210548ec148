import { type RunStatement, runsWith, type Surroundings } from './run-statement.ts';
import { child, children, type ParseNode, relationName, stringList } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';

/** The schema of tables that only the session sees which made them. */
export const temporarySchema = 'pg_temp';

/**
 * Writes `pg_temp` before names without a schema that mean a temporary table of the same file, so that nobody takes it for
 * the table of that name which everybody sees, nor the other way about. Pure.
 */
export function nameTemporaries(runs: readonly RunStatement[]): RunStatement[] {
  let known: { name: string; within: Surroundings }[] = [];
  return runs.map((run) => {
    const made = temporaryName(run.statement);
    if (made !== undefined) known.push({ name: made, within: run.within });
    if (known.length === 0) return run;
    const names = new Set(known.filter(({ within }) => runsWith(within, run.within)).map(({ name }) => name));
    const { statement } = run;
    const dropped = statement.kind === 'DropStmt';
    const node = (dropped ? inDrop(statement.node, names) : inRelations(statement.node, names)) as ParseNode;
    // Whether or not it was the temporary one: the next DROP of that name may mean another.
    if (dropped) known = known.filter(({ name }) => !lastNames(statement.node).includes(name));
    return { ...run, statement: { ...statement, node } };
  });
}

/** The name of the temporary table, view or sequence that a statement makes or alters; undefined of others. Pure. */
export function temporaryName({ node }: ParsedStatement): string | undefined {
  const relation =
    child(node, 'relation') ?? child(child(node, 'into'), 'rel') ?? child(node, 'view') ?? child(node, 'sequence');
  const name = relationName(relation);
  return relation?.relpersistence === 't' || name?.schema === temporarySchema ? name?.name : undefined;
}

function inRelations(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((one) => inRelations(one, names));
  if (typeof value !== 'object' || value === null) return value;
  const node = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inRelations(inner, names)]));
  const name = relationName(node);
  return name !== undefined && name.schema === undefined && names.has(name.name)
    ? { ...node, schemaname: temporarySchema }
    : node;
}

/** Of a relation the list holds its name; of a policy, trigger or rule the table's and its own. */
function inDrop(node: ParseNode, names: ReadonlySet<string>): ParseNode {
  const after = /^OBJECT_(POLICY|TRIGGER|RULE)$/.test(String(node.removeType)) ? 1 : 0;
  const objects = children(node, 'objects').map((object) => {
    const items = children(child(object, 'List'), 'items');
    const [name = ''] = stringList(items);
    return items.length === 1 + after && names.has(name)
      ? { List: { items: [{ String: { sval: temporarySchema } }, ...items] } }
      : object;
  });
  return { ...node, objects };
}

function lastNames(node: ParseNode): string[] {
  return children(node, 'objects').flatMap((object) => stringList(children(child(object, 'List'), 'items')).slice(-1));
}
