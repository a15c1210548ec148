import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupResult } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { digestOf, formatManifest } from '#backup/manifest';
import { type GitHub, GitHubError } from '#github/client';
import { openBackupLedger } from './backup-ledger.ts';
import { newestBackup } from './backup-record.ts';

const [one, two] = ['a'.repeat(64), 'b'.repeat(64)];

function backup(
  name: string,
  sha256: string,
  verdict = 'verified',
  recipients = ['sha256:0123456789abcdef'],
): BackupResult {
  const manifest = {
    name,
    object: { file: `${name}.dump.zst.age`, bytes: 7, sha256 },
    verification: { verdict },
    recipients,
    rows: 4711,
    destinations: ['bucket secret-bucket, notes/'],
  } as unknown as BackupResult['manifest'];
  return { manifest, manifestFile: `${name}.manifest.json`, manifestDigest: digestOf(formatManifest(manifest)) };
}

/** What GitHub keeps: payloads never change, the newest comes first. */
function gitHub() {
  const kept: { id: number; task: string; environment: string; payload: unknown; description: string }[] = [];
  const github = {
    createDeployment: async (request: (typeof kept)[number]) => {
      kept.unshift({ ...request, id: kept.length + 1 });
      return kept[0];
    },
    createStatus: async () => {},
    listDeployments: async ({ environment, task }: { environment: string; task: string }) =>
      kept.filter((entry) => entry.environment === environment && entry.task === task),
  } as unknown as GitHub;
  return { github, kept };
}
const where = { environment: 'production', production: true, ref: 'c'.repeat(40) };

function open(
  github: GitHub | undefined,
  environment: string | undefined = 'production',
  acknowledged: readonly string[] = [],
) {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const given = { ...where, environment, acknowledged };
  return { lines, ledger: openBackupLedger(github, given, { info: say, warning: say }) };
}
const destination = directoryDestination('/nowhere');
const found = (made: BackupResult) => ({ ...made, destination, complete: true });

test('a backup that was recorded is known as it is; with another manifest, object or environment it is not', async () => {
  const { github, kept } = gitHub();
  const { ledger } = open(github);
  const made = backup('first', one, 'mismatch');
  await ledger.keep(made);
  await ledger.keep(backup('second', two));
  assert.equal(await ledger.knows(found(made)), true);
  // Somebody who can write to the store: a better verdict, an object of his own, or both.
  assert.equal(await ledger.knows(found(backup('first', one, 'verified'))), false);
  assert.equal(await ledger.knows(found(backup('first', two))), false);
  const { sha256: manifest } = made.manifestDigest;
  assert.deepEqual(await ledger.digestsOf('first.manifest.json'), { object: one, manifest });
  assert.equal(await ledger.digestsOf('third.manifest.json'), undefined);
  assert.equal(await open(github, 'staging').ledger.knows(found(made)), false);
  // No place and no counts (S5): everybody with read access sees it.
  assert.doesNotMatch(JSON.stringify(kept), /secret-bucket|4711/);
  assert.ok(kept.every(({ description }) => description.length <= 140));
});

test('the newest record tells when the last backup was made; other tasks and unreadable payloads are passed over', async () => {
  const entry = (task: string, createdAt: number, payload: unknown) => ({ id: 1, task, createdAt, payload });
  const { github, kept } = gitHub();
  await open(github).ledger.keep(backup('first', one));
  const [record] = kept;
  const listing = (entries: object[]) => ({ listDeployments: async () => entries }) as unknown as GitHub;
  const told = await newestBackup(
    listing([
      entry('ops-actions:lock', 9_000, {}),
      entry(record?.task ?? '', 8_000, { schemaVersion: 9 }),
      entry(record?.task ?? '', 7_000, JSON.stringify(record?.payload)),
    ]),
    'production',
  );
  assert.deepEqual(told, { name: 'first', at: 7 });
  assert.equal(await newestBackup(listing([]), 'production'), undefined);
});

test('a key that opened the backup before is told in every run until it is acknowledged, and both is recorded (S27)', async () => {
  const { github, kept } = gitHub();
  const { ledger, lines } = open(github);
  const keep = async (name: string, recipients: string[], into = ledger) =>
    await into.keep(backup(name, one, 'verified', recipients));
  const recorded = () => (kept[0]?.payload ?? {}) as Record<string, unknown>;
  const none = { removed: [], unacknowledged: [] };
  assert.deepEqual(await keep('first', ['age:maria', 'age:jo']), none);
  assert.equal(recorded().unacknowledged, undefined);
  const gone = { removed: ['age:maria'], unacknowledged: ['age:maria'] };
  assert.deepEqual(await ledger.recipientChange(['age:jo', 'age:new']), gone);
  assert.deepEqual(await keep('second', ['age:jo', 'age:new']), gone);
  assert.match(lines.join(), /age:maria is no recipient of backups any more: .*, and not second/);
  assert.match(lines.join(), /name it in acknowledged-recipients/);
  assert.deepEqual(await keep('third', ['age:jo', 'age:new']), gone);
  assert.deepEqual(await keep('elsewhere', ['age:jo'], open(github, 'staging').ledger), none);
  const knowing = open(github, 'production', ['age:maria']);
  assert.deepEqual(await keep('fourth', ['age:jo', 'age:new'], knowing.ledger), { ...gone, unacknowledged: [] });
  assert.doesNotMatch(knowing.lines.join(), /acknowledged-recipients/);
  const { acknowledged, unacknowledged } = recorded();
  assert.deepEqual([acknowledged, unacknowledged], [['age:maria'], []]);
  assert.deepEqual(await keep('fifth', ['age:jo', 'age:new']), none);
});

test('a ledger that cannot be asked says so, which is another answer than no', async () => {
  const refuse = async () => {
    throw new GitHubError('github_unreachable', 'GitHub could not list deployments');
  };
  const silent = open({ createDeployment: refuse, listDeployments: refuse } as unknown as GitHub);
  const made = backup('first', one);
  const unreadable = { reasonCode: 'ledger_unreadable', message: /GitHub could not list deployments/ };
  await assert.rejects(silent.ledger.knows(found(made)), unreadable);
  await assert.rejects(silent.ledger.digestsOf('first.manifest.json'), unreadable);
  const none = open(undefined);
  await none.ledger.keep(made);
  assert.match(none.lines.join(), /in no ledger .*needs its digest typed/);
  assert.equal(await none.ledger.knows(found(made)), false);
});

test('while the ledger is silent nothing is recorded, so that a key taken away meanwhile is told once it answers (S27)', async () => {
  const { github, kept } = gitHub();
  let silence: GitHubError | undefined;
  const listDeployments: GitHub['listDeployments'] = async (request) => {
    if (silence !== undefined) throw silence;
    return await github.listDeployments(request);
  };
  const { ledger, lines } = open({ ...github, listDeployments });
  const keep = (name: string, recipients: string[]) => ledger.keep(backup(name, one, 'verified', recipients));
  await keep('first', ['age:maria', 'age:jo']);
  silence = new GitHubError('github_unreachable', 'GitHub answered 503');
  const unreadable = { unreadable: 'The records of backups cannot be read: GitHub answered 503' };
  assert.deepEqual(await ledger.recipientChange(['age:jo']), unreadable);
  assert.deepEqual(await keep('second', ['age:jo']), unreadable);
  assert.equal(kept.length, 1);
  assert.match(lines.join(), /not recorded, so a restore needs its digest typed: .*503/);
  silence = undefined;
  assert.deepEqual(await keep('third', ['age:jo']), { removed: ['age:maria'], unacknowledged: ['age:maria'] });
  // Without the right to read it there is none, and nothing can be written to it either.
  silence = new GitHubError('github_forbidden', 'give the job deployments: write');
  assert.deepEqual(await ledger.recipientChange(['age:jo']), { removed: [], unacknowledged: [] });
  assert.match(lines.join(), /give the job deployments: write/);
});

test('a record that is older than hundreds of others is found, and where more are kept than are read that is said', async () => {
  const { github, kept } = gitHub();
  await open(github).ledger.keep(backup('first', one));
  const [record] = kept;
  const behind = (pages: number) =>
    ({
      listDeployments: async ({ page }: { page: number }) =>
        page > pages ? [record] : Array.from({ length: 100 }, () => ({ task: record?.task, payload: {} })),
    }) as unknown as GitHub;
  assert.equal((await open(behind(10)).ledger.digestsOf('first.manifest.json'))?.object, one);
  await assert.rejects(open(behind(1_000)).ledger.digestsOf('first.manifest.json'), { message: /more than 3000/ });
});
