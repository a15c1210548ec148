import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { planMigrations } from './plan-migrations.ts';

const file = (version: string) => ({ version, name: 'n', file: `${version}_n.sql`, sql: 'select 1' });

describe('planMigrations', () => {
  test('sorts as text, finds what is late, and names both repairs', () => {
    const plan = planMigrations({ applied: ['002', '004', '009'], files: ['003', '002', '004', '010'].map(file) });
    assert.deepEqual(
      plan.pending.map((one) => one.version),
      ['003', '010'],
    );
    assert.deepEqual(plan.outOfOrder, [{ version: '003', file: '003_n.sql', repair: 'git mv 003_n.sql 011_n.sql' }]);
    assert.deepEqual(
      plan.remoteOnly.map((one) => one.version),
      ['009'],
    );
    assert.match(plan.remoteOnly[0]?.repair ?? '', /migration repair --remote --status reverted 009$/);
  });

  const versions = fc.uniqueArray(fc.stringMatching(/^\d{1,14}$/), { maxLength: 12 });

  test('every file is applied or pending, never both, whatever the order given', () => {
    fc.assert(
      fc.property(versions, versions, (applied, present) => {
        const plan = planMigrations({ applied, files: present.map(file) });
        const pending = plan.pending.map((one) => one.version);
        assert.deepEqual([...plan.applied, ...pending].sort(), [...present].sort());
        assert.deepEqual(pending, [...pending].sort());
        assert.deepEqual(
          plan,
          planMigrations({ applied: applied.toReversed(), files: present.toReversed().map(file) }),
        );
      }),
    );
  });

  test('applying what is pending leaves nothing pending and nothing late', () => {
    fc.assert(
      fc.property(versions, versions, (applied, present) => {
        const files = present.map(file);
        const first = planMigrations({ applied, files });
        const after = planMigrations({ applied: [...applied, ...first.pending.map((one) => one.version)], files });
        assert.deepEqual([after.pending, after.outOfOrder], [[], []]);
      }),
    );
  });

  test('the repair of a late file makes it the newest', () => {
    fc.assert(
      fc.property(versions, versions, (applied, present) => {
        const { outOfOrder } = planMigrations({ applied, files: present.map(file) });
        const before = [...applied, ...present];
        for (const { repair } of outOfOrder) {
          const renamed = /(\d+)_n\.sql$/.exec(repair)?.[1] ?? '';
          // Text order and number order agree where all versions are equally long, which the folder check demands.
          if (before.every((version) => version.length === renamed.length)) {
            assert.ok(before.every((version) => version < renamed));
          }
        }
      }),
    );
  });
});
