import type { ParsedStatement } from './sql-parser.ts';

/** A parse node as libpg-query gives it: nested records, read defensively. */
export type ParseNode = Record<string, unknown>;

export function child(node: ParseNode | undefined, key: string): ParseNode | undefined {
  const value = node?.[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ParseNode) : undefined;
}

export function children(node: ParseNode | undefined, key: string): ParseNode[] {
  const value = node?.[key];
  return Array.isArray(value) ? (value as ParseNode[]) : [];
}

export function textOf(node: ParseNode | undefined, key: string): string | undefined {
  const value = node?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** UTF-16 offset of a node's `location`, or the start of its statement. */
export function offsetOfNode(statement: ParsedStatement, node: ParseNode | undefined): number {
  const location = node?.location;
  return typeof location === 'number' && location >= 0 ? statement.offsetOf(location) : statement.start;
}

export interface RelationName {
  schema?: string;
  name: string;
}

export function relationName(relation: ParseNode | undefined): RelationName | undefined {
  const name = textOf(relation, 'relname');
  const schema = textOf(relation, 'schemaname');
  return name === undefined ? undefined : schema === undefined ? { name } : { schema, name };
}

/** The names of a list of `String` nodes, e.g. `public.notes` in DROP TABLE. */
export function stringList(nodes: ParseNode[]): string[] {
  return nodes.flatMap((node) => textOf(child(node, 'String'), 'sval') ?? []);
}

/** As PostgreSQL writes it: quoted only where it must be. */
export function identifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function qualified(relation: RelationName): string {
  const schema = relation.schema === undefined ? '' : `${identifier(relation.schema)}.`;
  return schema + identifier(relation.name);
}

/** Unqualified and `public.` names meet here: a migration folder names the same table both ways. */
export function relationKey(relation: RelationName): string {
  return `${relation.schema ?? 'public'}.${relation.name}`;
}

/** `a.f` or `f`, as `relationKey` writes it. Pure. */
export function keyOfPath(path: readonly string[]): string {
  const [name = '', schema] = path.toReversed();
  return relationKey(schema === undefined ? { name } : { schema, name });
}

const reserved = new Set(
  (
    'all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create ' +
    'current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else ' +
    'end except false fetch for foreign from grant group having in initially intersect into lateral leading limit ' +
    'localtime localtimestamp not null offset on only or order placing primary references returning select ' +
    'session_user some symmetric table then to trailing true union unique user using variadic when where window with'
  ).split(' '),
);

/** The inner nodes of a list whose items are wrapped by their type, e.g. every `Constraint` of a column. */
export function wrapped(node: ParseNode | undefined, key: string, type: string): ParseNode[] {
  return children(node, key).flatMap((item) => {
    const inner = child(item, type);
    return inner === undefined ? [] : [inner];
  });
}
