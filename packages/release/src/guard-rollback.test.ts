import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardFacts, guardRollback, wayAround } from './guard-rollback.ts';
import { type MigrationRecord, toMigrationPayload } from './migration-record.ts';

type Phase = MigrationRecord['files'][number]['phase'];

function record(id: number, files: Record<string, Phase>, more: Partial<MigrationRecord> = {}): MigrationRecord {
  const list = Object.entries(files).map(([version, phase]) => ({
    file: `${version}_x.sql`,
    version,
    phase,
    sha256: 'ab',
  }));
  const outcome = { word: 'applied', newest: list.at(-1)?.version };
  return {
    schemaVersion: 1,
    direction: 'forward',
    files: list,
    held: [],
    id,
    at: id * 1000,
    key: `r${id}`,
    outcome,
    ...more,
  };
}

function facts(migrations: MigrationRecord[] | undefined, more: Partial<GuardFacts> = {}): GuardFacts {
  return {
    target: { createdAt: 10_000, meta: { opsMigration: '100' } },
    release: { id: 10, key: 'r10' },
    migrations,
    since: [],
    ...more,
  };
}

const verdict = (given: GuardFacts) => guardRollback(given).verdict;

test('Files that expand are borne by older code; a contract or accepted file that came since is not', () => {
  assert.equal(verdict(facts([record(12, { 110: 'expand' })])), 'safe');
  const crossing = guardRollback(
    facts([record(11, { 110: 'expand' }), record(12, { 120: 'contract', 130: 'unsafe' })]),
  );
  assert.ok(crossing.verdict === 'unsafe');
  assert.deepEqual(crossing.files, ['120_x.sql', '130_x.sql']);
  assert.match(crossing.reason, /2 contract migrations .* 120_x\.sql, 130_x\.sql \(accepted\)/);
  assert.match(wayAround(crossing.files), /^Next: take 120_x\.sql, 130_x\.sql back first .*allow-unsafe/);
});

test('What ran before the target, with it, or was held by its own commit is borne', () => {
  assert.equal(verdict(facts([record(9, { 110: 'contract' })])), 'safe');
  assert.equal(verdict(facts([record(11, { 110: 'contract' }, { key: 'r10' })])), 'safe');
  // 090 lay in the folder of the target already, and waited.
  assert.equal(verdict(facts([record(12, { '090': 'contract' })])), 'safe');
  const held = record(11, {}, { key: 'r10', held: [{ file: '110_x.sql', version: '110' }] });
  assert.equal(verdict(facts([held, record(12, { 110: 'contract' })])), 'safe');
});

test('A file that failed or was taken back removes nothing; without an outcome it may have', () => {
  const drop: Record<string, Phase> = { 110: 'expand', 120: 'contract' };
  assert.equal(verdict(facts([record(12, drop, { outcome: { word: 'failed', newest: '110' } })])), 'safe');
  assert.equal(verdict(facts([record(12, drop, { outcome: { word: 'not-started' } })])), 'safe');
  assert.equal(verdict(facts([record(12, drop, { outcome: undefined })])), 'unsafe');
  assert.equal(verdict(facts([record(12, drop, { outcome: { word: 'unknown' } })])), 'unsafe');
  const back = (outcome: MigrationRecord['outcome']) =>
    record(13, { 120: 'expand' }, { direction: 'back', key: undefined, outcome });
  assert.equal(verdict(facts([record(12, drop), back({ word: 'rolled-back' })])), 'safe');
  assert.equal(verdict(facts([record(12, drop), back(undefined)])), 'unsafe');
  const again = record(14, { 120: 'contract' });
  assert.equal(verdict(facts([record(12, drop), back({ word: 'rolled-back' }), again])), 'unsafe');
});

test('A target that no release of ours brought is judged by its time', () => {
  const drop = record(12, { 120: 'contract' });
  assert.equal(verdict(facts([drop], { release: undefined })), 'unsafe');
  assert.equal(verdict(facts([{ ...drop, at: 8_000 }], { release: undefined })), 'safe');
});

test('A silent ledger is unknown, with the contract files that later deployments name', () => {
  const since = [
    { createdAt: 11_000, meta: { opsContracts: '120 090' } },
    { createdAt: 12_000, meta: {} },
  ];
  const unknown = guardRollback(facts(undefined, { since }));
  assert.ok(unknown.verdict === 'unknown');
  assert.deepEqual(unknown.named, ['120']);
  const none = guardRollback(facts(undefined, { since: since.slice(1) }));
  assert.ok(none.verdict === 'unknown' && none.named.length === 0);
});

test('A command of one’s own is unknown, and never hides what is known', () => {
  const command = record(11, {}, { direction: 'command' });
  assert.equal(verdict(facts([command])), 'unknown');
  assert.equal(verdict(facts([command, record(12, { 120: 'contract' })])), 'unsafe');
});

test('A record names every file that older code cannot bear, however long the folder is, and no text', () => {
  const files = Array.from({ length: 300 }, (_, index) => ({
    file: `${1000 + index}_x.sql`,
    version: String(1000 + index),
    sql: 'select 1',
    phase: index === 3 ? ('contract' as const) : ('expand' as const),
  }));
  const payload = toMigrationPayload({ direction: 'forward', files, held: [] }, 'k');
  assert.equal(payload.files.length, 151);
  assert.equal(payload.more, 149);
  assert.equal(payload.files[0]?.phase, 'contract');
  assert.doesNotMatch(JSON.stringify(payload), /select/);
  assert.match(payload.files[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
});

test('Of a group each app is judged by the age of its own code: one that is older than the first can be what bears nothing', () => {
  const apps = [{ name: 'admin', deploymentId: 'dpl_old', built: { createdAt: 5_000, meta: {} } }];
  const target = { createdAt: 10_000, meta: { opsMigration: '100' }, apps };
  const contract = [record(8, { '090': 'contract' })];
  assert.equal(verdict(facts(contract)), 'safe', 'the first one was built behind it');
  const crossing = guardRollback(facts(contract, { target }));
  assert.ok(crossing.verdict === 'unsafe');
  assert.match(crossing.reason, /090_x\.sql \(dpl_old of admin\)$/);
  const [{ name, deploymentId }] = apps as [(typeof apps)[0]];
  const together = { ...target, apps: [{ name, deploymentId }] };
  assert.equal(verdict(facts(contract, { target: together })), 'safe', 'of the same release');
  const since = [{ createdAt: 11_000, meta: { opsContracts: '090' } }];
  assert.deepEqual(guardRollback(facts(undefined, { target, since })), {
    verdict: 'unknown',
    reasonCode: 'schema_unknown',
    named: ['090'],
    reason:
      'the ledger does not say which migrations ran since the target; deployments since the target name contract migrations (090) (dpl_old of admin)',
  });
});
