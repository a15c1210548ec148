import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForetoldAdvice } from '#postgres/foretell-advice';
import { decideForetold } from './decide-foretold.ts';

const advice = (rule: ForetoldAdvice['rule'], object: string): ForetoldAdvice => ({
  rule,
  object,
  message: '',
  file: '2_a.sql',
  line: 3,
});
const open = advice('table-without-row-security', 'public.a');
const closed = advice('table-without-policy', 'public.b');
const key = advice('foreign-key-without-index', 'a_o_fkey on public.a');

test('what pending files leave undone is one finding of each kind, with its places', () => {
  assert.deepEqual(decideForetold([]), []);
  assert.deepEqual(
    decideForetold([open, closed, key]).map(({ code, severity, message }) => `${severity} ${code}: ${message}`),
    [
      'warning row_security_missing: row level security of new tables: visitors may use public.a (2_a.sql line 3) without it; public.b (2_a.sql line 3) has it without a policy, so visitors see no row',
      'warning foreign_key_without_index: no index begins with the columns of a_o_fkey on public.a (2_a.sql line 3): a DELETE or UPDATE of the other table reads this one whole',
    ],
  );
});

test('ops.yml refuses a new table that is open, and names those that are meant to be', () => {
  const refuse = { refuse: true, except: [] as string[] };
  assert.deepEqual(
    decideForetold([open, key], refuse).map(({ severity }) => severity),
    ['refuse', 'warning'],
  );
  assert.deepEqual(decideForetold([open, closed], { refuse: true, except: ['public.a', 'public.b'] }), []);
});

test('a first release with hundreds of tables names some of them', () => {
  const many = Array.from({ length: 200 }, (_, index) => advice('table-without-row-security', `public.t${index}`));
  const [one] = decideForetold(many);
  assert.match(one?.message ?? '', /public\.t9 \(2_a\.sql line 3\) and 190 more without it$/);
});
