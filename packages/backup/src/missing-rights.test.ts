import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRights, type SeenRelation } from './missing-rights.ts';

function seen(name: string, more: Partial<SeenRelation> = {}): SeenRelation {
  return { name, kind: 'table', schema: name.split('.')[0] ?? '', readable: true, filtered: false, ...more };
}

test('what a role may not see whole is named at once; what only the platform sees is left out', () => {
  const { missing, unreadable } = judgeRights('app', [
    seen('public.plain'),
    seen('public.closed', { readable: false }),
    seen('public.looked_at', { readable: false, kind: 'view' }),
    seen('vault.secrets', { readable: false }),
    ...[1, 2, 3, 4, 5, 6, 7].map((number) => seen(`public.t${number}`, { filtered: true })),
  ]);
  assert.deepEqual(missing, [
    {
      message: 'role app may not read public.closed, so a backup would miss them',
      fix: 'connect as their owner, or GRANT SELECT on them to app',
    },
    {
      message:
        'row level security hides rows of public.t1, public.t2, public.t3, public.t4, public.t5 and 2 more from role app, so a backup would miss them',
      fix: 'connect as their owner, or ALTER ROLE app BYPASSRLS',
    },
  ]);
  assert.deepEqual(unreadable, ['public.closed', 'vault.secrets']);
  assert.deepEqual(judgeRights('app', [seen('vault.secrets', { readable: false })]).missing, []);
});
