import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigError } from './config-error.ts';
import { loadConfig } from './load-config.ts';

const policy = `version: 1
watch:
  mode: auto
  window: 30m
  min-requests: 50
  on-no-data: fail
health: { consecutive: 2 }
release: { require-ancestor: true }
database: { backup: { policy: required } }
`;

async function load(text: string, floors = policy, environment = 'staging') {
  const readReference = async () => assert.fail('nothing is fetched');
  const file = 'acme/ops/policy.yml@abc';
  return await loadConfig({
    file: 'ops.yml',
    text,
    environment,
    throwAway: false,
    policy: { file, text: floors },
    readReference,
  });
}

async function problemsOf(text: string, floors?: string): Promise<string[]> {
  return await load(text, floors).then(
    () => [],
    ({ problems }: ConfigError) =>
      problems.map(({ file, line, path, message }) => `${file}:${line} ${path} ${message}`),
  );
}

test('where ops.yml says nothing the floor holds, unless the default is stricter', async () => {
  const { watch, health, release, database } = (await load('')).settings;
  assert.deepEqual(watch, { windowMs: 30 * 60_000, minRequests: 50, onNoData: 'fail' });
  assert.deepEqual([health, release, database], [{}, { requireAncestor: true }, {}]);
});

test('what is stricter than the floor stays as it is written', async () => {
  const { settings } = await load(
    'watch: { window: 1h, min-requests: 50, on-no-data: fail, mode: auto }\nhealth: { consecutive: 9 }',
  );
  assert.deepEqual(settings.watch, { windowMs: 3_600_000, minRequests: 50, onNoData: 'fail', mode: 'auto' });
  assert.equal(settings.health.consecutive, 9);
});

test('what is below a floor is refused by name, with both lines, all at once', async () => {
  const text = `watch:
  mode: notify
  window: 10m
release: { require-ancestor: false }
environments:
  staging:
    watch: { on-no-data: pass }
    health: { consecutive: 1 }
    database: { backup: { policy: skip } }
`;
  const problems = await problemsOf(text);
  const below = 'is below the floor of the policy,';
  assert.deepEqual(problems, [
    `ops.yml:2 watch.mode ${below} auto (acme/ops/policy.yml@abc:3)`,
    `ops.yml:3 watch.window ${below} 30m (acme/ops/policy.yml@abc:4)`,
    `ops.yml:4 release.require-ancestor ${below} true (acme/ops/policy.yml@abc:8)`,
    `ops.yml:7 environments.staging.watch.on-no-data ${below} fail (acme/ops/policy.yml@abc:6)`,
    `ops.yml:8 environments.staging.health.consecutive ${below} 2 (acme/ops/policy.yml@abc:7)`,
    `ops.yml:9 environments.staging.database.backup.policy ${below} required (acme/ops/policy.yml@abc:9)`,
  ]);
});

test('a policy has its own small schema: its mistakes have lines, and what it cannot hold is refused by name', async () => {
  const problems = await problemsOf('', 'watch:\n  mode: approve\n  windw: 1h\nrelease: { approval: always }\n');
  assert.equal(problems.length, 3, problems.join('\n'));
  assert.match(problems.join('\n'), /policy\.yml@abc:2 watch\.mode "approve" is not known/);
  assert.match(problems.join('\n'), /policy\.yml@abc:3 watch\.windw unknown key; did you mean window\?/);
  assert.match(problems.join('\n'), /policy\.yml@abc:4 release\.approval unknown key/);
});
