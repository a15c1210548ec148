import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupResult } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { digestOf, formatManifest } from '#backup/manifest';
import { type GitHub, GitHubError } from '#github/client';
import { newestBackup, openBackupLedger } from './backup-record.ts';

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

function open(github: GitHub | undefined, environment: string | undefined = 'production') {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  return { lines, ledger: openBackupLedger(github, { ...where, environment }, { info: say, warning: say }) };
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
  assert.equal(await ledger.digestOf('first.manifest.json'), `sha256:${one}`);
  assert.equal(await ledger.digestOf('third.manifest.json'), undefined);
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

test('a key that opened the backup before and opens this one no more is told, once', async () => {
  const { github } = gitHub();
  const { ledger, lines } = open(github);
  const kept = async (name: string, recipients: string[]) =>
    (await ledger.keep(backup(name, one, 'verified', recipients))).removedRecipients;
  assert.deepEqual(await kept('first', ['age:maria', 'age:jo']), []);
  assert.deepEqual(await kept('second', ['age:jo', 'age:new']), ['age:maria']);
  assert.match(lines.join(), /age:maria is no recipient of backups any more: it opens first, and not second/);
  assert.deepEqual(await kept('third', ['age:jo', 'age:new']), []);
  assert.deepEqual(await open(github, 'staging').ledger.keep(backup('other', two)), { removedRecipients: [] });
});

test('a ledger that cannot be asked knows nothing and fails nothing', async () => {
  const refuse = async () => {
    throw new GitHubError('github_forbidden', 'the job needs deployments: write');
  };
  const silent = open({ createDeployment: refuse, listDeployments: refuse } as unknown as GitHub);
  const made = backup('first', one);
  await silent.ledger.keep(made);
  assert.deepEqual(
    [await silent.ledger.knows(found(made)), await silent.ledger.digestOf('first.manifest.json')],
    [false, undefined],
  );
  assert.match(silent.lines.join(), /not recorded, so a restore needs its digest typed/);
  const none = open(undefined);
  await none.ledger.keep(made);
  assert.match(none.lines.join(), /in no ledger .*needs its digest typed/);
  assert.equal(await none.ledger.knows(found(made)), false);
});
