import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { readInputs } from '#action-kit/inputs';
import { createRunner } from '#action-kit/runner';
import { planDatabaseTarget } from '#supabase/plan-database-target';
import { inputs } from './inputs.ts';
import type { MigrateOptions } from './plan-options.ts';
import { runCommand } from './run-command.ts';

const password = 'cAnary^$/w:rd@|!e1';
const named = { project: 'abcdefghijklmnopqrst', loginRole: false, token: false };

/** What a command that shows its environment leaves in the log, masked as the runner masks it. */
async function shown(given: { 'database-password': string } | { 'database-url': string }): Promise<string> {
  const masks: string[] = [];
  const environment = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  const runner = createRunner({ environment, write: () => {}, onMask: (value) => masks.push(value) });
  const { databasePassword, databaseUrl } = readInputs(runner, inputs);
  const { url } = planDatabaseTarget({ ...named, password: databasePassword, url: databaseUrl });
  const lines: string[] = [];
  const options = { url, lockTimeoutMs: 1, statementTimeoutMs: 0 } as MigrateOptions;
  const signal = AbortSignal.timeout(30_000);
  const log = (line: string) => void lines.push(line);
  const ended = await runCommand('env', options, { workspace: tmpdir(), environment: 'staging', signal, log });
  assert.ok(ended.ok, JSON.stringify(ended));
  let text = lines.join('\n');
  for (const mask of masks.toSorted((a, b) => b.length - a.length)) text = text.replaceAll(mask, '***');
  return text;
}

test('a command that shows its environment shows no password, in whatever form the address carries it', async () => {
  const written = password.replaceAll('@', '%40').replaceAll('/', '%2F').replaceAll(':', '%3A');
  for (const given of [
    { 'database-password': password },
    { 'database-url': `postgresql://postgres:${written}@db.example.com/postgres` },
    { 'database-url': `postgresql://postgres@db.example.com/postgres?password=${written}` },
  ]) {
    const text = await shown(given);
    assert.match(text, /^DATABASE_URL=postgresql:\/\/postgres(:\*\*\*)?@/m);
    assert.match(text, /^PGPASSWORD=\*\*\*$/m);
    assert.doesNotMatch(text, /cAnary|w:rd|w%3Ard/);
  }
});
