import type { OpenTable } from '#postgres/row-security';
import type { Finding } from './decide-preflight.ts';

const namedLimit = 10;

/** The line of the checklist about row level security (CHK-12): what is open and not meant to be, and what is meant to. Pure. */
export function decideRowSecurity(
  open: readonly OpenTable[],
  { refuse, except }: { refuse: boolean; except: readonly string[] } = { refuse: false, except: [] },
): Finding[] {
  const meant = open.filter(({ table }) => except.includes(table));
  const unmeant = open.filter(({ table }) => !except.includes(table));
  const noted: Finding[] =
    meant.length === 0
      ? []
      : [
          {
            code: 'row_security_exceptions',
            severity: 'notice',
            message: `row level security: open on purpose: ${list(meant)}`,
          },
        ];
  if (unmeant.length === 0) return noted;
  const off = unmeant.filter(({ security }) => security === 'off');
  const closed = unmeant.filter(({ security }) => security === 'no-policy');
  const parts = [
    ...(off.length === 0 ? [] : [`visitors use ${list(off)} without row level security`]),
    ...(closed.length === 0 ? [] : [`${list(closed)} has it without a policy, so visitors see no row`]),
  ];
  const finding: Finding = {
    code: 'row_security_open',
    severity: refuse ? 'refuse' : 'warning',
    message: `row level security: ${parts.join('; ')}`,
    fix: 'ALTER TABLE … ENABLE ROW LEVEL SECURITY and CREATE POLICY in a migration; or, where it is meant, database.row-security.except of ops.yml',
  };
  return [finding, ...noted];
}

function list(tables: readonly OpenTable[]): string {
  const names = tables.slice(0, namedLimit).map(({ table }) => table);
  const rest = tables.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
