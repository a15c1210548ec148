import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readVersionFile } from '#backup/objects/object-list';
import { startStorage, type TestStorage } from '#backup/testing/start-storage';
import { type Gate, startGate } from '../../../packages/release/test/gate.ts';
import { dayMs, type StorageRuns, startStorageRuns } from './storage-run.ts';

// kill -9 before and after every write of a copy, to the store and to the ledger; then the same run again on an empty disk.

const entry = join(import.meta.dirname, '../src/index.ts');
/** A run writes down what it has every five minutes: here they pass between two objects. */
const fastClock = `data:text/javascript,${encodeURIComponent(
  'const now = performance.now.bind(performance); performance.now = () => now() * 1e6;',
)}`;
const objects = { 'a.png': 'canary-a', 'team/b.png': 'canary-b', 'c.png': 'canary-c', empty: '', 'e.png': 'canary-e' };
const count = Object.keys(objects).length;
const moments = ['before', 'after'] as const;
type Moment = (typeof moments)[number];

describe('a copy of the storage objects', { concurrency: 1 }, () => {
  let runs: StorageRuns;
  let store: TestStorage;
  before(async () => {
    [runs, store] = await Promise.all([startStorageRuns(() => ({})), startStorage()]);
    for (const [name, text] of Object.entries(objects)) runs.put(name, text);
  });
  after(async () => {
    await Promise.allSettled([runs?.stop(), store?.stop()]);
  });

  const place = (environment: string, url = store.connection.url) => ({
    environment,
    'backup-destination': `supabase-storage://zyxwvutsrqponmlkjihg/backups/${environment}`,
    'supabase-storage-url': url,
    'supabase-storage-key': store.connection.key,
  });
  const stored = (environment: string) => store.stored(`${environment}/objects`);
  const versions = (environment: string) => stored(environment).filter((name) => readVersionFile(name) !== undefined);

  /** Names of the catalogues that the ledger of an environment has. */
  async function recorded(environment: string): Promise<string[]> {
    const { apiUrl, repository, token } = runs.sandbox.description.github;
    const query = `environment=${environment}&task=ops-actions:objects-backup&per_page=100`;
    const answer = await fetch(`${apiUrl}/repos/${repository}/deployments?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const read = (payload: unknown) =>
      (typeof payload === 'string' ? JSON.parse(payload) : payload) as { name: string };
    return ((await answer.json()) as { payload: unknown }[]).map(({ payload }) => read(payload).name);
  }

  /** Objects that the next run need not copy: those that a catalogue of the ledger names. */
  async function known(environment: string): Promise<number> {
    const files = store.state.buckets.get('backups')?.files;
    const named = (await recorded(environment)).flatMap((name) => {
      const text = files?.get(`${environment}/objects/${name}.objects.json`)?.bytes.toString() ?? '';
      return Object.keys((JSON.parse(text) as { versions: object }).versions);
    });
    return new Set(named.map((name) => readVersionFile(name)?.key)).size;
  }

  /** The action as a process of its own that dies at its nth write; false: it ended before. */
  async function dieAt(environment: string, nth: number, moment: Moment): Promise<boolean> {
    const disk = await mkdtemp(join(tmpdir(), 'storage-killed-'));
    const services = { store: store.connection.url, ledger: runs.sandbox.description.github.apiUrl };
    let child: ChildProcess | undefined;
    let writes = 0;
    await using gate: Gate & AsyncDisposable = await disposable(
      startGate(services, ({ method }) => {
        if (['GET', 'HEAD'].includes(method) || writes++ !== nth) return 'pass';
        child?.kill('SIGKILL');
        return moment === 'before' ? 'lose-request' : 'lose-answer';
      }),
    );
    const variables = runs.variables(place(environment, gate.address('store')), disk);
    child = spawn(process.execPath, ['--import', fastClock, entry], {
      env: {
        ...{ PATH: process.env.PATH ?? '', HOME: disk, GITHUB_OUTPUT: join(disk, 'output') },
        ...{ ...variables, GITHUB_API_URL: gate.address('ledger') },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
    const code = await new Promise<number | null>((resolve) => child?.once('close', resolve));
    await gate.idle();
    await rm(disk, { recursive: true, force: true });
    if (child.signalCode === 'SIGKILL') return true;
    assert.equal(code, 0, output);
    return false;
  }

  test('that is killed at every write and runs again on an empty disk loses nothing and copies only what no catalogue knows', async (t) => {
    const deaths = { nothingKnown: 0, someKnown: 0, allKnown: 0 };
    for (const moment of moments) {
      let nth = 0;
      for (; await dieAt(`p-${nth}-${moment}`, nth, moment); nth += 1) {
        const environment = `p-${nth}-${moment}`;
        const spared = await known(environment);
        deaths[spared === 0 ? 'nothingKnown' : spared === count ? 'allKnown' : 'someKnown'] += 1;
        const again = await runs.run(place(environment));
        assert.equal(again.reasonCode, 'all_copied', `${environment}: ${again.shown}`);
        const counted = new RegExp(`^${count} objects in 1 buckets: ${count - spared} copied .*, ${spared} unchanged$`);
        assert.match(again.summary, counted, environment);
        // What the dead run left unnamed goes when its time is over; what the catalogue names stays, and is the whole truth.
        const later = { at: Date.now() + 32 * dayMs };
        assert.match((await runs.run(place(environment), later)).summary, /: 0 copied/, environment);
        const pruned = await runs.run({ ...place(environment), mode: 'prune', 'source-key': '' }, later);
        assert.equal(pruned.decision, 'pruned', pruned.shown);
        assert.equal(versions(environment).length, count, environment);
        const target = join(runs.folder, environment);
        const manifest = again.outputs?.['backup-manifest'] ?? '';
        const back = await runs.run({ ...place(environment), mode: 'restore', manifest, 'target-path': target });
        assert.deepEqual([back.reasonCode, back.details?.restored], ['all_written', count], back.shown);
        for (const [name, text] of Object.entries(objects))
          assert.equal(await readFile(join(target, 'avatars', name), 'utf8'), text, `${environment}: ${name}`);
      }
      assert.ok(nth >= count + 4, `only ${nth} writes`);
    }
    t.diagnostic(JSON.stringify(deaths));
    // Before anything was written down, in the middle, and after all of it.
    for (const [when, times] of Object.entries(deaths)) assert.ok(times > 0, when);
  });
});

async function disposable(opening: Promise<Gate>): Promise<Gate & AsyncDisposable> {
  const gate = await opening;
  return { ...gate, [Symbol.asyncDispose]: () => gate.close() };
}
