import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { releaseMeta } from './release-meta.ts';

test('a deployment names the edge functions that it goes with, where they are a part of the environment', async (t) => {
  const workspace = await mkdtemp(join(tmpdir(), 'release-meta-'));
  t.after(() => rm(workspace, { recursive: true, force: true }));
  const runner = { context: { workspace, sha: 'a'.repeat(40), runAttempt: 1 } } as unknown as Runner;
  const meta = async (functions?: object) => {
    const settings = { environment: 'production', database: {}, ...(functions && { functions }) };
    return await releaseMeta(runner, settings as unknown as EnvironmentSettings, 'v1', undefined);
  };
  const wanted = { wanted: true, explicit: true };
  assert.equal((await meta(wanted)).opsFunctions, undefined, 'there is no folder: the step of the functions says so');
  await mkdir(join(workspace, 'supabase/functions/health'), { recursive: true });
  await writeFile(join(workspace, 'supabase/functions/health/index.ts'), 'Deno.serve(() => new Response());\n');
  assert.match((await meta(wanted)).opsFunctions ?? '', /^health:[0-9a-f]{8}$/);
  const { opsVersion, opsFunctions } = await meta();
  assert.deepEqual([opsVersion, opsFunctions], ['v1', undefined]);
});
