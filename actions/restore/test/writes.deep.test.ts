import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createOneTimeKey } from '#backup/age-stream';
import { type BackupResult, createBackup } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { systemClock } from '#http/clock';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { sqlstateOf } from '#postgres/database-error';
import { startFaultProxy } from '#postgres/fault-proxy';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { describeRestore } from '../src/restore-report.ts';
import { readStop } from '../src/write-stop.ts';
import { removeFolders, runPointInTime } from './point-in-time-run.ts';

// RES-06, RES-07, RES-11: a restore from a stored backup while the app goes on writing.

const installed = (await listPostgres()).some((found) => found.server);

describe(
  'writes around a restore from a backup',
  installed ? {} : { skip: 'no PostgreSQL server programs here' },
  () => {
    let sandbox: Sandbox;
    let cluster: Cluster;
    let folder: string;
    let key: { identity: string; recipient: string };
    let url: string;
    let made: BackupResult;
    before(async () => {
      sandbox = await startSandbox({ postgres: false });
      cluster = await startCluster({ listen: 'tcp' });
      folder = await mkdtemp(join(tmpdir(), 'restore-writes-'));
      key = await createOneTimeKey();
      await query(cluster.url, "CREATE ROLE notes_app LOGIN PASSWORD 'canary-of-app'");
    });
    after(async () => {
      await sandbox?.close();
      await cluster?.stop();
      await removeFolders();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });
    beforeEach(async (context) => {
      url = await createDatabase(
        cluster,
        `CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
       INSERT INTO notes (v) SELECT 'v' || g FROM generate_series(1, 100) g;
       GRANT SELECT, INSERT ON notes TO notes_app`,
      );
      const name = `backup-${context.name.replaceAll(/\W+/g, '-').slice(0, 40)}`;
      made = await createBackup({
        ...{ url, name, destinations: [directoryDestination(folder)], recipients: [key.recipient] },
        clock: systemClock,
      });
    });
    const restore = (inputs: Record<string, string> = {}) =>
      runPointInTime(sandbox, {
        ...{ mode: 'restore', 'backup-destination': 'directory', 'backup-path': folder, 'age-identity': key.identity },
        ...{ manifest: made.manifestFile, digest: `sha256:${made.manifest.object.sha256}` },
        ...{ 'target-url': url, confirm: new URL(url).pathname.slice(1), 'age-recipients': key.recipient },
        incident: 'https://example.com/incidents/7',
        ...inputs,
      });
    const app = () => {
      const own = new URL(url);
      own.username = 'notes_app';
      own.password = 'canary-of-app';
      return own.href;
    };
    const checklistOf = (details: unknown) =>
      (details as { checklist: { item: string; at: string; outcome: string }[] }).checklist;

    test('what the app writes meanwhile is refused, and afterwards it writes again by the pool that it had', async () => {
      const writer = startWriter(app());
      await writer.wrote();
      const { result, log } = await restore();
      const fine = result.reasonCode === 'restored_live';
      await (fine ? writer.wrote() : undefined);
      const attempts = await writer.stop();
      assert.ok(fine, log);
      const checklist = checklistOf(result.details);
      assert.deepEqual(
        checklist.map(({ item }) => item),
        [
          ...['Decided', 'Backup chosen', 'Tried on a scratch server', 'Writes stopped', 'Present state saved'],
          ...['Lost by going back', 'Restored', 'Verified', 'Writes resumed', 'Time'],
        ],
      );
      assert.deepEqual(
        [...log.matchAll(/(\w[\w ]+); if this run ends now, the database is (as it was|the restored one)/g)].map(
          ([, stage, state]) => [stage, state],
        ),
        [
          ['saving the present state', 'as it was'],
          ['making roles', 'as it was'],
          ['replacing the database in one transaction', 'as it was'],
          ['looking at what was restored', 'the restored one'],
        ],
      );
      const [decided] = checklist;
      assert.match(
        decided?.outcome ?? '',
        /^by maria, who typed case_\w+; incident: https:\/\/example\.com\/incidents\/7$/,
      );
      const at = (item: string) => Date.parse(checklist.find((one) => one.item === item)?.at ?? '');
      const during = attempts.filter(({ from, to }) => from > at('Writes stopped') && to < at('Verified'));
      assert.deepEqual(
        during.filter(({ outcome }) => outcome === 'written'),
        [],
        'written between the stop and the checks',
      );
      assert.ok(
        during.some(({ outcome }) => outcome === '25006'),
        JSON.stringify(during.slice(0, 5)),
      );
      // Nothing of before is left but what the backup held, and nothing of afterwards is lost.
      const later = attempts.filter(({ from, outcome }) => outcome === 'written' && from > at('Verified')).length;
      assert.ok(later > 0);
      const [rows] = await query<{ n: number }>(url, "SELECT count(*)::int AS n FROM notes WHERE v = 'by the app'");
      assert.equal(rows?.n, later);
      assert.equal((await query(url, "SELECT FROM notes WHERE v LIKE 'v%'")).length, 100);
    });

    test('an integrity query that returns rows fails the restore and keeps writes stopped, until a next one is in order', async () => {
      const faulty = await restore({ 'check-queries': 'no high ones: SELECT id FROM notes WHERE id > 99' });
      assert.deepEqual([faulty.result.decision, faulty.result.reasonCode], ['failed', 'checks_failed'], faulty.log);
      assert.match(faulty.result.summary, /no high ones.*New sessions are kept read-only; database-doctor/);
      const resumed = checklistOf(faulty.result.details).find(({ item }) => item === 'Writes resumed');
      assert.match(resumed?.outcome ?? '', /^no: new sessions stay read-only/);
      await assert.rejects(query(app(), "INSERT INTO notes (v) VALUES ('x')"), /read-only/);
      const again = await restore({ 'check-queries': 'no low ones: SELECT id FROM notes WHERE id < 1' });
      assert.equal(again.result.reasonCode, 'restored_live', again.log);
      assert.match(again.log, /Writes stopped: new sessions are read-only, as an earlier run had left them/);
      await query(app(), "INSERT INTO notes (v) VALUES ('x')");
    });

    test('a restore that cannot begin lets writes go on, and one that a person had stopped stays stopped', async () => {
      await query(url, 'CREATE VIEW uses AS SELECT id FROM notes');
      const failed = await restore();
      assert.deepEqual([failed.result.decision, failed.result.reasonCode], ['refused', 'restore_failed'], failed.log);
      const items = checklistOf(failed.result.details);
      assert.match(items.at(-1)?.outcome ?? '', /^no: .*the database is as it was/);
      await query(app(), "INSERT INTO notes (v) VALUES ('x')");
      await query(url, 'DROP VIEW uses');
      const name = new URL(url).pathname.slice(1);
      await query(url, `ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
      const { result, log } = await restore();
      assert.equal(result.reasonCode, 'restored_live', log);
      assert.match(log, /Writes resumed: no: this run did not stop them/);
      assert.deepEqual(await readStop(url, new AbortController().signal), { on: true });
    });

    /** The restore through a path that is cut behind its COMMIT, which has arrived; `for good`: nobody gets through any more. */
    const lostAtCommit = async (how: 'once' | 'for good') => {
      let restoring = false;
      let cut = false;
      const proxy = await startFaultProxy(Number(new URL(url).port), ({ from, bytes }) => {
        if (cut) return how === 'once' ? undefined : 'cut';
        if (from === 'client') restoring ||= bytes.includes('DROP TABLE IF EXISTS');
        if (!restoring || from !== 'client' || !bytes.includes('COMMIT\0')) return undefined;
        cut = true;
        return { after: 'cut' };
      });
      try {
        const through = new URL(url);
        through.port = `${proxy.port}`;
        return await restore({ 'target-url': through.href });
      } finally {
        proxy.close();
      }
    };

    test('where the answer to COMMIT is lost the database itself is asked, and the restore goes on', async () => {
      await query(url, 'DELETE FROM notes WHERE id > 40');
      const { result, log } = await lostAtCommit('once');
      assert.equal(result.reasonCode, 'restored_live', log);
      assert.equal((await query(url, 'SELECT FROM notes')).length, 100);
      await query(app(), "INSERT INTO notes (v) VALUES ('x')");
    });

    test('where nobody can tell how COMMIT ended, writes stay stopped and a person is told', async () => {
      const { result, log } = await lostAtCommit('for good');
      assert.deepEqual([result.decision, result.reasonCode, result.failed], ['failed', 'restore_unknown', true], log);
      assert.match(result.summary, /old one or the restored one, look which; the state before is before-restore-/);
      assert.match(result.summary, /New sessions are kept read-only until you have looked; database-doctor/);
      await assert.rejects(query(app(), "INSERT INTO notes (v) VALUES ('x')"), /read-only/);
      const told = { environment: 'production', key: 'k', belongsTo: undefined, runUrl: '', sha: '0'.repeat(40) };
      const smoke = { decision: undefined, summary: undefined };
      const { decision, reasonCode, summary, details } = result;
      const facts = describeRestore({
        ...{ ...told, smoke },
        result: JSON.stringify({ decision, reasonCode, summary, ...details }),
      });
      assert.equal(facts?.reasonCode, 'restore_unknown', 'it is an incident');
      assert.equal(facts?.checklist?.find(({ name }) => name === 'Restored')?.state, 'failed');
    });

    test('without a key to save the present state for, writes are not even stopped', async () => {
      const { result, log } = await restore({ 'age-recipients': '' });
      assert.deepEqual([result.decision, result.reasonCode], ['refused', 'no_recipients'], log);
      assert.doesNotMatch(log, /Writes stopped/);
    });

    test('where writes cannot be stopped nothing is restored, unless the workflow says why', async () => {
      await query(cluster.url, 'ALTER ROLE CURRENT_USER SET default_transaction_read_only = off');
      try {
        await query(url, 'DELETE FROM notes WHERE id > 50');
        const { result, log } = await restore();
        assert.deepEqual([result.decision, result.reasonCode], ['refused', 'writes_not_stopped'], log);
        assert.match(result.summary, /a new session can still write; write-stop-reason .*the database was not touched/);
        assert.equal((await query(url, 'SELECT FROM notes')).length, 50);
        const told = await restore({ 'write-stop-reason': 'the app is switched off' });
        assert.equal(told.result.reasonCode, 'restored_live', told.log);
        const weaker = /Weaker than standard: writes are not stopped \(a new session .*\): the app is switched off/;
        assert.match(told.result.summary, weaker);
        assert.match(told.log, weaker);
        const items = checklistOf(told.result.details);
        const outcome = (item: string) => items.find((one) => one.item === item)?.outcome ?? '';
        assert.match(outcome('Writes stopped'), /^no: .*because: the app is switched off$/);
        assert.equal(outcome('Writes resumed'), 'they were never stopped');
        assert.equal((await query(url, 'SELECT FROM notes')).length, 100);
      } finally {
        await query(cluster.url, 'ALTER ROLE CURRENT_USER RESET default_transaction_read_only');
      }
    });

    test('a role whose own setting wins is named in log, checklist and summary', async () => {
      await query(cluster.url, 'ALTER ROLE notes_app SET default_transaction_read_only = off');
      try {
        const { result, log } = await restore();
        assert.equal(result.reasonCode, 'restored_live', log);
        const weaker = /Weaker than standard: some may still write: roles with a setting of their own: notes_app/;
        assert.match(log, weaker);
        assert.match(result.summary, weaker);
        const [stopped] = checklistOf(result.details).filter(({ item }) => item === 'Writes stopped');
        assert.match(stopped?.outcome ?? '', /proven by a refused write; .*some may still write: .*notes_app/);
      } finally {
        await query(cluster.url, 'ALTER ROLE notes_app RESET default_transaction_read_only');
      }
    });
  },
);

interface Attempt {
  from: number;
  to: number;
  /** `written`, the SQLSTATE of the refusal, or `gone`. */
  outcome: string;
}

/** An app that writes all the time through one session, and opens a new one where that is gone. Times in milliseconds. */
function startWriter(url: string) {
  const attempts: Attempt[] = [];
  let running = true;
  const written = () => attempts.filter(({ outcome }) => outcome === 'written').length;
  const loop = (async () => {
    let session: DatabaseConnection | undefined;
    while (running) {
      const from = Date.now();
      let outcome = 'written';
      try {
        session ??= await connect(url, { applicationName: 'notes-app' });
        await session.query("INSERT INTO notes (v) VALUES ('by the app')");
      } catch (error) {
        outcome = sqlstateOf(error) ?? 'gone';
        // As a pool does: a refusal is the answer of a session that lives, unless the server has ended it.
        if (outcome !== '25006') {
          await session?.close().catch(() => {});
          session = undefined;
        }
      }
      attempts.push({ from, to: Date.now(), outcome });
      await wait(15);
    }
    await session?.close().catch(() => {});
  })();
  return {
    /** Until it has written once more. */
    async wrote() {
      const before = written();
      for (const endsAt = Date.now() + 20_000; written() === before && Date.now() < endsAt; ) await wait(20);
      assert.ok(written() > before, `nothing was written: ${JSON.stringify(attempts.slice(-3))}`);
    },
    async stop(): Promise<Attempt[]> {
      running = false;
      await loop;
      return attempts;
    },
  };
}
