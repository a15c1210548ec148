import { child, children, type ParseNode, stringList } from './sql-names.ts';

const printed: Record<string, string> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  varchar: 'character varying',
  bpchar: 'character',
  varbit: 'bit varying',
  time: 'time without time zone',
  timetz: 'time with time zone',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
};

/** A type as `format_type` prints it, as far as a file tells: `character varying(20)`, `timestamp(3) with time zone`. Pure. */
export function typeName(type: ParseNode | undefined): string {
  const name = stringList(children(type, 'names')).at(-1) ?? '';
  const limits = children(type, 'typmods').flatMap((one) => {
    const value = child(child(one, 'A_Const'), 'ival');
    return value === undefined ? [] : [Number(value.ival ?? 0)];
  });
  const text = printed[name] ?? name;
  const array = children(type, 'arrayBounds').length > 0 ? '[]' : '';
  if (limits.length === 0) return text + array;
  const modifier = `(${limits.join(',')})`;
  const [, head, tail] = /^(time|timestamp)( with.*)$/.exec(text) ?? [];
  return (head === undefined ? text + modifier : head + modifier + tail) + array;
}
