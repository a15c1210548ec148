import { child, children, type ParseNode, stringList } from './sql-names.ts';

/** Functions that answer the same for every row of one statement: PostgreSQL stores their value once (since 11). */
const stable = new Set(
  (
    'now transaction_timestamp statement_timestamp current_setting current_schema current_database pg_backend_pid ' +
    'uid role jwt email lower upper trim btrim concat coalesce to_char to_date to_timestamp to_json to_jsonb ' +
    'jsonb_build_object jsonb_build_array json_build_object json_build_array make_interval make_date ' +
    'make_timestamp make_timestamptz date_trunc timezone array_fill md5 encode decode convert_to length abs round floor'
  ).split(' '),
);

/**
 * True where a default may differ from row to row, so that adding its column writes the table anew. A function that is
 * not known here counts as such: whether it is volatile stands in a catalog that files do not have. Pure.
 */
export function isVolatile(expression: ParseNode | undefined): boolean {
  return expression !== undefined && calls(expression).some((name) => !stable.has(name));
}

function calls(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(calls);
  if (typeof value !== 'object' || value === null) return [];
  const node = value as ParseNode;
  const call = child(node, 'FuncCall');
  const own = call === undefined ? [] : [stringList(children(call, 'funcname')).at(-1) ?? ''];
  return [...own, ...Object.values(node).flatMap(calls)];
}
