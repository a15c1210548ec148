import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { expectEnd } from './expect-end.ts';
import { releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';

const token = 'canary-backend-token';

/** What a command heard, one line for each call. */
interface Heard {
  command: string;
  version: string;
  commit: string;
  from: string;
  token: string;
}

/** The consumer's command: notes what it hears, prints its secret, and fails where the file of that name says so. */
const script = `#!/bin/sh
set -eu
printf '%s|%s|%s|%s|%s\\n' "$1" "\${OPS_ACTIONS_VERSION:-}" "\${OPS_ACTIONS_COMMIT:-}" "\${OPS_ACTIONS_FROM_VERSION:-}" "\${BACKEND_TOKEN:-}" >> "$BACKEND_LOG"
echo "called with $BACKEND_TOKEN"
[ ! -e "fail-$1" ] || exit 7
`;

/** A backend outside of Vercel: the server answers with the version that the last command that succeeded brought. */
async function outsideOfVercel() {
  const folder = mkdtempSync(join(tmpdir(), 'backend-scenario-'));
  const log = join(folder, 'commands.log');
  const heard = (): Heard[] => {
    try {
      return readFileSync(log, 'utf8').trimEnd().split('\n').map(toHeard);
    } catch {
      return [];
    }
  };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'healthy', version: heard().at(-1)?.version ?? 'none' }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    heard,
    given: {
      inputs: { 'backend-url': url, 'backend-token': token, 'backend-variables': 'BACKEND_LOG' },
      environment: { BACKEND_LOG: log },
    },
    [Symbol.dispose]() {
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function toHeard(line: string): Heard {
  const [command = '', version = '', commit = '', from = '', secret = ''] = line.split('|');
  return { command, version, commit, from, token: secret };
}

const ops = {
  watch: shortWatch,
  health: soonSick,
  backend: {
    deploy: 'sh backend.sh deploy',
    rollback: 'sh backend.sh rollback',
    checks: [{ path: '/health', json: { '$.status': 'healthy' } }],
    deadline: '20s',
  },
};
const files = { 'backend.sh': script };

describe('a backend outside of Vercel', { concurrency: 2 }, () => {
  test('goes forward before the promotion, and back with a bad release: the command received the recorded target', async () => {
    using backend = await outsideOfVercel();
    await using fixture = await releaseFixture({ ops, files });
    const lines: string[] = [];
    const given = { ...backend.given, onEvent: (event: { kind: string }) => void lines.push(JSON.stringify(event)) };
    const good = await fixture.release({ version: 'v1.0.0', ...given });
    assert.equal(good.decision, 'released', good.lastLine);
    const bad = await fixture.release({ version: 'v1.1.0', files: { 'api/health.js': sickInPublic }, ...given });
    expectEnd(fixture, bad, {
      decision: 'rolled-back',
      reason: 'health_failed',
      conclusion: 'failure',
      says: /rolled back/i,
      serves: good.deploymentId,
    });
    const [first, second] = (await fixture.entries()).map(({ commit }) => commit);
    assert.deepEqual(backend.heard(), [
      { command: 'deploy', version: 'v1.0.0', commit: first, from: '', token },
      { command: 'deploy', version: 'v1.1.0', commit: second, from: '', token },
      { command: 'rollback', version: 'v1.0.0', commit: first, from: 'v1.1.0', token },
    ]);
    const facts = (await fixture.entries()).at(-1)?.facts.filter(({ step }) => step === 'backend') ?? [];
    assert.deepEqual(
      facts.map(({ kind, word, text }) => `${kind} ${word} ${text}`),
      ['intent deploy v1.1.0', 'outcome deployed v1.1.0', 'intent rollback v1.0.0', 'outcome rolled-back v1.0.0'],
    );
    assert.doesNotMatch(lines.join('\n'), new RegExp(token));
    assert.match(lines.join('\n'), /called with \*\*\*/);
  });

  test('whose command fails stops the release before its promotion, and is taken back', async () => {
    using backend = await outsideOfVercel();
    await using fixture = await releaseFixture({ ops, files });
    const good = await fixture.release({ version: 'v1.0.0', ...backend.given });
    const failing = { version: 'v1.1.0', files: { 'fail-deploy': '' }, ...backend.given };
    const bad = await fixture.release(failing);
    expectEnd(fixture, bad, {
      decision: 'failed',
      reason: 'backend_command_failed',
      conclusion: 'failure',
      says: /the backend could not be deployed: "sh backend\.sh deploy" ended with exit code 7/i,
      serves: good.deploymentId,
    });
    assert.deepEqual(
      backend.heard().map(({ command, version }) => `${command} ${version}`),
      ['deploy v1.0.0', 'deploy v1.1.0', 'rollback v1.0.0'],
    );
    assert.equal(fixture.accepted('promote'), 0, 'the first deployment of a project needs no promotion');
  });

  test('that cannot be taken back is told and escalated, with the domains back; a dispatch takes it back later', async () => {
    using backend = await outsideOfVercel();
    await using fixture = await releaseFixture({ ops, files });
    const good = await fixture.release({ version: 'v1.0.0', ...backend.given });
    const broken = { 'api/health.js': sickInPublic, 'fail-rollback': '' };
    const bad = await fixture.release({ version: 'v1.1.0', files: broken, ...backend.given });
    expectEnd(fixture, bad, {
      decision: 'rollback-failed',
      reason: 'backend_not_taken_back',
      conclusion: 'failure',
      says: /BACKEND NOT TAKEN BACK: "sh backend\.sh rollback" ended with exit code 7/,
      serves: good.deploymentId,
      next: /Next, at once: bring the backend to v1\.0\.0 \([0-9a-f]{40}\) by hand/,
    });
    assert.equal(fixture.accepted('rollback'), 1);
    assert.match((await fixture.issues()).map(({ body }) => body).join('\n'), /BACKEND NOT TAKEN BACK/);

    const inputs = { ...backend.given.inputs, target: 'v1.0.0' };
    const again = await fixture.rollback({ version: 'v1.0.0', ...backend.given, inputs });
    assert.equal(again.decision, 'already-current', again.lastLine);
    assert.equal(again.report.outputs.backend, 'rolled-back');
    assert.deepEqual(
      backend.heard().map(({ command, version }) => `${command} ${version}`),
      ['deploy v1.0.0', 'deploy v1.1.0', 'rollback v1.0.0', 'rollback v1.0.0'],
    );
    const third = await fixture.rollback({ version: 'v1.0.0', ...backend.given, inputs });
    assert.equal(third.report.outputs.backend, 'not-needed', 'it is back already');
  });
});
