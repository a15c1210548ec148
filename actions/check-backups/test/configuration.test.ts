import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { createOneTimeKey } from '#backup/age-stream';
import { directoryDestination } from '#backup/destination';
import { sealDocument } from '#backup/sealed-document';
import { main } from '../src/main.ts';

test('old backups of the configuration are due after 30 days, and removed only where that is asked for', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'check-configuration-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { recipient } = await createOneTimeKey();
  const at = Date.now();
  for (const days of [0, 29, 31]) {
    await sealDocument({
      kind: 'configuration',
      name: `configuration-${days}-days-old`,
      ...{ text: 'a', counts: {}, environment: 'production', recipients: { age: [recipient] } },
      destinations: [directoryDestination(folder)],
      clock: { now: () => at - days * 86_400_000, sleep: async () => {} },
    });
  }
  const check = async (prune: string) => {
    const inputs = { environment: 'production', 'backup-destination': 'directory', 'backup-path': folder, prune };
    const environment = {
      ...{ GITHUB_WORKSPACE: folder, RUNNER_TEMP: folder },
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    };
    const { details } = await main(createRunner({ environment, write: () => {} }));
    const [place] = (details?.places ?? []) as { due: string[]; pruned: string[] }[];
    return place;
  };
  const old = ['configuration-31-days-old'];
  const looked = await check('false');
  assert.deepEqual([looked?.due, looked?.pruned], [old, []]);
  assert.equal((await readdir(folder)).length, 6);
  assert.deepEqual((await check('true'))?.pruned, old);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('31')),
    [],
  );
  assert.equal((await readdir(folder)).length, 4);
});
