import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsOfSecret } from './secret-hosts.ts';

const named = new Set(['app.example', 'evil.example']);
const owns = async (host: string): Promise<boolean> => host === 'app.example' || host === 'configured.example';

test('with a Vercel token the secret goes only to hosts that belong to the project, named or not (S20)', async () => {
  const said: string[] = [];
  const hosts = await hostsOfSecret(named, 'configured.example', { owns }, (line) => said.push(line));
  assert.deepEqual([...hosts], ['app.example', 'configured.example']);
  assert.match(said.join('\n'), /not sent to evil\.example/);
});

test('without one it goes to exactly the hosts that the workflow names', async () => {
  const said: string[] = [];
  const hosts = await hostsOfSecret(named, 'configured.example', undefined, (line) => said.push(line));
  assert.deepEqual([...hosts], ['app.example', 'evil.example']);
  assert.match(said.join('\n'), /not sent to configured\.example: name it in base-url/);
});

test('when Vercel does not answer nobody gets it', async () => {
  const silent = async (): Promise<never> => {
    throw new Error('no answer');
  };
  assert.equal((await hostsOfSecret(named, '', { owns: silent }, () => {})).size, 0);
});
