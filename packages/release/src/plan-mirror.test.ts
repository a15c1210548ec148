import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planMirror } from './plan-mirror.ts';

const all = { sshKey: true, knownHosts: true, token: true };

for (const [remote, kind] of [
  ['/srv/mirror/notes-app.git', 'path'],
  ['https://git.example.com/acme/notes-app.git', 'https'],
  ['git@git.example.com:acme/notes-app.git', 'ssh'],
  ['ssh://git@git.example.com:2222/acme/notes-app.git', 'ssh'],
] as const) {
  test(`${remote} is reached by ${kind}`, () => {
    const { plan, problems } = planMirror({ remote, ...all });
    assert.deepEqual([plan?.kind, plan?.remote, problems], [kind, remote, []]);
  });
}

for (const remote of [
  'ext::sh -c id',
  '--upload-pack=id',
  'http://git.example.com/a.git',
  'file:///srv/a.git',
  'git@host:-oProxyCommand=id',
  'relative/path',
])
  test(`${remote} is no remote`, () =>
    assert.deepEqual(
      planMirror({ remote, ...all }).problems.map(({ name }) => name),
      ['remote'],
    ));

test('what is missing is said at once, and a secret in the address is refused without being repeated', () => {
  const none = { sshKey: false, knownHosts: false, token: false };
  const ssh = planMirror({ remote: 'git@host.example:a/b.git', ...none });
  assert.deepEqual([ssh.plan, ssh.problems.map(({ name }) => name)], [undefined, ['ssh-key', 'known-hosts']]);
  const https = planMirror({ remote: 'https://user:canary-word@host.example/a.git', ...none });
  assert.deepEqual(
    https.problems.map(({ name }) => name),
    ['remote', 'token'],
  );
  assert.doesNotMatch(JSON.stringify(https), /canary-word/);
});
