import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunner } from '#action-kit/runner';
import { createOneTimeKey } from '#backup/age-stream';
import { startSandbox } from '#sandbox/start-sandbox';
import { storedFile } from '#sandbox/supabase/storage-state';
import { main } from '../src/main.ts';

export const dayMs = 86_400_000;

/** For tests: a project with a bucket `avatars` and its ledger, the action by its sources, and a clock that is set. */
export async function startStorageRuns(destination: (folder: string) => Record<string, string>) {
  const [sandbox, folder, key] = await Promise.all([
    startSandbox({ postgres: false }),
    mkdtemp(join(tmpdir(), 'storage-backup-')),
    createOneTimeKey(),
  ]);
  const { storage } = sandbox.supabase;
  storage.buckets.set('avatars', { public: true, files: new Map() });
  const { supabase, github } = sandbox.description;
  let runs = 900;
  /** What the runner gives the action, as the next run on a disk of its own. */
  const variables = (given: Record<string, string>, disk: string): Record<string, string> => {
    runs += 1;
    const inputs: Record<string, string> = {
      environment: 'production',
      'github-token': github.token,
      'source-key': storage.secretKey,
      'supabase-project': supabase.project,
      'age-recipients': key.recipient,
      'age-identity': given.mode === 'restore' ? key.identity : '',
      ...destination(disk),
      ...given,
    };
    return {
      ...{ GITHUB_WORKSPACE: disk, RUNNER_TEMP: disk, GITHUB_RUN_ID: String(runs), GITHUB_RUN_ATTEMPT: '1' },
      ...{ GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.repository, GITHUB_SHA: '0'.repeat(40) },
      ...{ RUNNER_DEBUG: '1', OPS_ACTIONS_SOURCE_STORAGE_URL: supabase.apiUrl },
      OPS_ACTIONS_TARGET_STORAGE_URL: supabase.apiUrl,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    };
  };
  return {
    variables,
    sandbox,
    folder,
    key,
    project: supabase.project,
    put(name: string, text: string | Buffer, bucket = 'avatars') {
      const file = storedFile(Buffer.from(text), null, { mimetype: 'image/png', cacheControl: 'max-age=3600' });
      storage.buckets.get(bucket)?.files.set(name, file);
    },
    text: (name: string, bucket = 'avatars') => storage.buckets.get(bucket)?.files.get(name)?.bytes.toString(),
    async run(given: Record<string, string>, more: { at?: number; signal?: AbortSignal } = {}) {
      const lines: string[] = [];
      const environment = variables(given, folder);
      const clock = { now: () => more.at ?? Date.now(), sleep: async () => {} };
      const signal = more.signal === undefined ? {} : { signal: more.signal };
      const result = await main(createRunner({ environment, clock, ...signal, write: (line) => lines.push(line) }));
      const shown = [...lines.filter((line) => !line.startsWith('::add-mask::')), JSON.stringify(result)].join('\n');
      return { ...result, shown };
    },
    async stop() {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type StorageRuns = Awaited<ReturnType<typeof startStorageRuns>>;
