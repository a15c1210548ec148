import type { ForetoldAdvice } from '#postgres/foretell-advice';
import type { Finding } from './decide-preflight.ts';

const namedLimit = 10;

/**
 * What the pending files would leave undone, before they run (MIG-15): tables without row level security or a policy count as
 * `database.row-security` says, keys without an index are told. Pure.
 */
export function decideForetold(
  foretold: readonly ForetoldAdvice[],
  { refuse, except }: { refuse: boolean; except: readonly string[] } = { refuse: false, except: [] },
): Finding[] {
  const of = (rule: ForetoldAdvice['rule']) =>
    foretold.filter(
      (one) => one.rule === rule && !(rule !== 'foreign-key-without-index' && except.includes(one.object)),
    );
  const off = of('table-without-row-security');
  const closed = of('table-without-policy');
  const keys = of('foreign-key-without-index');
  const parts = [
    ...(off.length === 0 ? [] : [`visitors may use ${list(off)} without it`]),
    ...(closed.length === 0 ? [] : [`${list(closed)} has it without a policy, so visitors see no row`]),
  ];
  return [
    ...(parts.length === 0
      ? []
      : [
          {
            code: 'row_security_missing',
            severity: refuse ? 'refuse' : 'warning',
            message: `row level security of new tables: ${parts.join('; ')}`,
            fix: 'ALTER TABLE … ENABLE ROW LEVEL SECURITY and CREATE POLICY in the same file; or, where it is meant, database.row-security.except of ops.yml',
          } as const,
        ]),
    ...(keys.length === 0
      ? []
      : [
          {
            code: 'foreign_key_without_index',
            severity: 'warning',
            message: `no index begins with the columns of ${list(keys)}: a DELETE or UPDATE of the other table reads this one whole`,
            fix: 'CREATE INDEX … ON … (the columns of the key) in the same file',
          } as const,
        ]),
  ];
}

function list(advice: readonly ForetoldAdvice[]): string {
  const names = advice.slice(0, namedLimit).map(({ object, file, line }) => `${object} (${file} line ${line})`);
  const rest = advice.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
