import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { InputDefinitions } from '#action-kit/inputs';
import { createOneTimeKey } from '#backup/age-stream';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { moods, startEchoServer } from './echo-server.ts';
import { betrayals } from './encoded-forms.ts';

/** S15: every bundle, with every secret it takes, against services that repeat in their errors what they were sent. */
const actions = join(import.meta.dirname, '../../actions');
after(removeWorkspaces);

const release = {
  schemaVersion: 1,
  key: '1:production:77',
  environment: 'production',
  production: true,
  as: 'production',
  ledgerId: 1,
  repository: 'acme/notes',
  runId: 77,
  commit: '0'.repeat(40),
  version: 'v1.0.0',
  openedAt: 1_700_000_000_000,
  autoAssign: true,
  url: 'https://notes.example.com',
  mode: 'auto',
  firstDeployment: false,
  rollbackTarget: { deploymentId: 'dpl_before', adopted: false },
};

const lookedAt = {
  ledgerId: 1,
  key: release.key,
  version: release.version,
  commit: release.commit,
  promotedAt: release.openedAt,
  slack: { channel: 'C1', ts: '1' },
};

const { recipient } = await createOneTimeKey();
const stored = (echo: string) => ({
  'backup-destination': 's3://notes-backups',
  's3-endpoint': echo,
  'supabase-project': 'abcdefghijklmnopqrst',
  'age-recipients': recipient,
});

/** What an action needs to get past its own checks, to where it sends its secrets. */
const further: Record<string, (echo: string) => Record<string, string>> = {
  'after-release': () => ({
    // Looked at once more, and told to be over.
    measured: JSON.stringify({ release: lookedAt, measured: [], over: [{ release: lookedAt, why: 'v1.1.0' }] }),
    'slack-channel': 'C1',
  }),
  'auto-rollback-on-error-rate': (echo) => ({
    source: 'http-json',
    'source-url': `${echo}/metrics`,
    'source-requests': '$.requests',
    'source-errors': '$.errors',
    window: '1s',
    interval: '500ms',
    'base-url': echo,
    'deployment-id': 'dpl_new',
    'rollback-target': 'dpl_before',
    release: JSON.stringify(release),
  }),
  backend: () => ({ config: '.github/backend.yml', release: JSON.stringify(release) }),
  'check-alerts': (echo) => ({
    source: 'http-json',
    'source-url': `${echo}/metrics?from={from}`,
    'slack-channel': 'C1',
    'base-url': echo,
  }),
  'check-backups': (echo) => ({ 'backup-destination': 's3://notes-backups', 's3-endpoint': echo }),
  'configuration-backup': stored,
  'edge-functions': () => ({ 'supabase-project': 'abcdefghijklmnopqrst', release: JSON.stringify(release) }),
  'guide-rollback': (echo) => ({ target: 'v1.0.0', url: `${echo}/api/health`, deadline: '1s', interval: '200ms' }),
  'health-gate': (echo) => ({
    'base-url': echo,
    'expect-json': '$.status=healthy',
    'expect-deployment': 'dpl_new',
    consecutive: '1',
    timeout: '500ms',
    deadline: '1s',
  }),
  'migrate-with-backup': () => ({ release: JSON.stringify(release) }),
  'mirror-tag': () => ({ remote: 'https://127.0.0.1:1/notes.git', tag: 'v1.0.0', 'ssh-key': '' }),
  'notify-slack': () => ({ title: 'A title', channel: 'C1', details: 'one' }),
  preflight: () => ({ 'slack-channel': 'C1' }),
  'release-record': () => ({
    event: 'finished',
    release: JSON.stringify(release),
    'deployment-id': 'dpl_new',
    'promote-outcome': 'failure',
    'promote-decision': 'failed',
    'slack-channel': 'C1',
  }),
  'smoke-test': (echo) => ({ 'base-url': echo, retries: '0', timeout: '500ms', junit: 'junit.xml' }),
  'storage-backup': (echo) => ({ ...stored(echo), 'source-url': echo }),
  // A database is given to a drill only, which is no release.
  'vercel-deploy': () => ({ release: JSON.stringify(release), deadline: '2s', 'database-url': '' }),
  'vercel-promote': () => ({ release: JSON.stringify(release), 'deployment-id': 'dpl_new' }),
  'vercel-rollback': () => ({ reason: 'test' }),
};

/** What talks to a database, to the app or to nobody: here there is nothing that repeats its secrets. */
const asksNoService = new Set([
  'backup',
  'database-doctor',
  // Nothing is configured there.
  'database-types',
  // Nothing was migrated there.
  'forward-fix',
  // git asks, and finds nobody there.
  'mirror-tag',
  // Without the event of a fork's run it asks nobody.
  'post-plan',
  'migrate-with-backup',
  'restore',
  'setup-postgres',
  'smoke-test',
]);

/** Everything that people switch on when they look for a fault. */
const debugging = {
  ACTIONS_STEP_DEBUG: 'true',
  RUNNER_DEBUG: '1',
  DEBUG: '*',
  NODE_DEBUG: 'http,https,http2,net,tls,dns,stream,timer,fetch,undici,fs,esm',
};

function canary(input: string, echo: string): { value: string; secret: string } {
  const secret = `cAnary${randomBytes(12).toString('hex')}`;
  if (input === 'database-url') return { value: `postgres://notes:${secret}@127.0.0.1:1/notes`, secret };
  if (input === 'source-headers') return { value: `X-Api-Key: ${secret}`, secret };
  if (input.endsWith('webhook-url')) return { value: `${echo}/services/T0/B0/${secret}`, secret };
  return { value: secret, secret };
}

for (const name of readdirSync(actions)) {
  describe(`no secret of ${name} shows`, { concurrency: 2 }, async () => {
    const { inputs } = (await import(join(actions, name, 'src/inputs.ts'))) as { inputs: InputDefinitions };

    for (const mood of moods) {
      it(`when a service ${mood} and repeats what it was sent`, async () => {
        const echo = await startEchoServer(mood);
        const given: Record<string, string> = {};
        const secrets: Record<string, string> = {};
        for (const [input, { kind }] of Object.entries(inputs)) {
          if (input.endsWith('-api-url')) given[input] = echo.address;
          if (input === 'vercel-project') given[input] = 'notes';
          if (kind !== 'secret') continue;
          const { value, secret } = canary(input, echo.address);
          given[input] = value;
          secrets[input] = secret;
        }
        try {
          const ended = await runBundle({
            action: name,
            inputs: { ...given, environment: 'production', ...further[name]?.(echo.address) },
            environment: {
              GITHUB_API_URL: echo.address,
              GITHUB_REPOSITORY: 'acme/notes',
              GITHUB_REPOSITORY_ID: '1',
              ...debugging,
            },
            files: {
              '.github/ops.yml':
                'smoke: { checks: [{ path: /api/health, json: { $.status: healthy } }] }\nalerts: [{ when: error-rate above 1% }]\n',
              '.github/backend.yml': "backend: { deploy: 'true', rollback: 'true' }\n",
              'supabase/migrations/20240101000000_first.sql': 'create table notes (id int);\n',
              'supabase/functions/hello/index.ts': "Deno.serve(() => new Response('hello'));\n",
            },
          });
          const log = ended.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
          const junit = await ended.read('junit.xml').catch(() => '');
          const seen = [...log, JSON.stringify(ended.outputs), ended.summary, junit].join('\n');
          assert.deepEqual(betrayals(seen, secrets), []);
          const masked = ended.log.split('\n').filter((line) => line.startsWith('::add-mask::'));
          const used = Object.entries(secrets).filter(([input]) => further[name]?.(echo.address)[input] !== '');
          for (const [, secret] of used) assert.ok(masked.some((line) => line.includes(secret)));
          assert.notEqual(ended.outputs['reason-code'], 'unexpected_error', ended.log);
          if (!asksNoService.has(name)) assert.ok(echo.requests() > 0, `nothing was sent: ${ended.log}`);
        } finally {
          echo.close();
        }
      });
    }
  });
}
