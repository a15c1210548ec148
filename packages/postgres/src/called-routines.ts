import { children, type ParseNode, stringList } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';

/** A routine that a statement calls. */
export interface Call {
  path: readonly string[];
  /** It is called whenever the statement runs. */
  alone: boolean;
  /** That nobody has read it is worth a word. */
  told: boolean;
}

/** Functions of PostgreSQL itself that only compute or that migrations call by name, and what extensions bring to be called by them. */
const ofServer = new RegExp(
  `^(pg_|quote_|jsonb?_|array_|string_|regexp_|date_(add|bin|part|subtract|trunc)|make_(date|interval|time)|to_(char|date|number|timestamp|json|jsonb|hex|ts|reg)|has_\\w+_privilege|uuid_(generate_v|nil)|sha\\d|ts_(rank|headline)|${(
    'abs age any_value ascii avg bit_length bool_and bool_or btrim cardinality ceil ceiling char_length chr ' +
      'clock_timestamp col_description concat concat_ws convert_from convert_to count crypt cume_dist ' +
      'current_database current_schema current_schemas current_setting currval decode dense_rank digest div encode every ' +
      'exp first_value floor format format_type gen_random_bytes gen_random_uuid gen_salt generate_series ' +
      'generate_subscripts hashtext hmac initcap isfinite lag last_value lastval lead left length ln log ' +
      'lower lpad ltrim max md5 min mod mode nextval now ntile num_nonnulls num_nulls obj_description octet_length ' +
      'percent_rank power random rank repeat replace reverse right round row_number row_to_json rpad rtrim set_config setval ' +
      'setweight sign split_part sqrt starts_with statement_timestamp strpos substr substring sum timeofday transaction_timestamp ' +
      'translate trim trunc unnest upper uuidv4 uuidv7 version width_bucket'
  ).replaceAll(' ', '$|')}$)`,
);
const ofExtensions = new Set(
  'pg_catalog information_schema extensions cron pgmq vault net storage auth realtime graphql partman topology'.split(
    ' ',
  ),
);

/** Of a SELECT without a table; elsewhere a function computes, as a rule, and only one that is known is read. */
export function callsOf({ kind, node }: ParsedStatement): Call[] {
  if (!/^(Select|Insert|Update|Delete|Merge|CreateTableAs|Copy|Prepare)Stmt$/.test(kind)) return [];
  return callsIn(node, kind === 'SelectStmt' && !readsTable(node.fromClause));
}

function readsTable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key === 'RangeVar' || readsTable(inner));
}

/** `whole`: of a SELECT whose functions are called for their own sake. */
export function callsIn(node: unknown, whole: boolean): Call[] {
  const walk = (value: unknown, alone: boolean, ownSake: boolean): Call[] => {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]): Call[] => {
      // These leave out arguments that they do not need.
      const always = alone && !/^(CaseExpr|CoalesceExpr|BoolExpr|SubLink|whereClause|limitCount)$/.test(key);
      const path = key === 'FuncCall' ? stringList(children(inner as ParseNode, 'funcname')) : [];
      const [first = '', name] = path;
      const told = ownSake && (name === undefined ? !ofServer.test(first) : !ofExtensions.has(first));
      const below = ownSake && !(key === 'SelectStmt' && readsTable((inner as ParseNode).fromClause));
      return [...(path.length === 0 ? [] : [{ path, alone, told }]), ...walk(inner, always, below)];
    });
  };
  return walk(node, whole, whole);
}
