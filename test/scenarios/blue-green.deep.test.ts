import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHttpClient } from '#http/client';
import type { RunnerEvent } from '#local-runner/run-composite';
import { expectEnd } from './expect-end.ts';
import { opsFile, type ReleaseFixture, releaseFixture, shortWatch } from './release-fixture.ts';

const blueGreen = {
  release: { strategy: 'blue-green', 'keep-previous': '2s' },
  watch: { source: 'probe', window: '3s', interval: '500ms' },
};

/** What the record says of the deployment that served before, oldest first. */
async function toldOfPrevious(fixture: ReleaseFixture) {
  const facts = (await fixture.entries()).at(-1)?.facts ?? [];
  return facts.filter(({ step }) => step === 'previous').map(({ word, text }) => ({ word, text }));
}

/** Runs something once, as soon as the new version is live and watched. */
function onceWatched(act: () => Promise<void>) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let begun = false;
  return {
    done: promise,
    onEvent(event: RunnerEvent) {
      if (begun || event.kind !== 'step-started' || event.path.join('/') !== 'deploy/watch') return;
      begun = true;
      act().then(resolve, reject);
    },
  };
}

describe('blue-green', { concurrency: 2 }, () => {
  test('blue is asked at its own address while green is watched: kept warm, in record and message', async () => {
    await using fixture = await releaseFixture();
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const files = { '.github/ops.yml': opsFile(blueGreen) };
    const ended = await fixture.release({ version: 'v1.1.0', files });
    assert.equal(ended.decision, 'released', ended.lastLine);
    const [only, ...more] = await toldOfPrevious(fixture);
    assert.deepEqual([only?.word, more.length], ['warm', 0]);
    assert.match(
      only?.text ?? '',
      new RegExp(`^v1\\.0\\.0 \\(${live}\\), which served before, was kept warm \\(([1-9]) of \\1 rounds`),
    );
    const slack = (await fixture.slack()).join('\n');
    assert.match(slack, /v1\.0\.0 \(dpl_\w+\), which served before, was kept warm \(.*; 2 s\)\./);
    const { previous } = ended.result('watch') as { previous: { deploymentId: string; state: string; rounds: number } };
    assert.deepEqual([previous.deploymentId, previous.state], [live, 'warm']);
    assert.deepEqual(ended.warnings, []);
  });

  test('blue that is deleted meanwhile is told at once: warning, record, thread, while the watch goes on', async () => {
    await using fixture = await releaseFixture();
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const { apiUrl, token, teamId } = fixture.sandbox.description.vercel;
    const vercel = createHttpClient({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } });
    const path = `/v13/deployments/${live}`;
    const deleted = onceWatched(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await vercel.request({ method: 'DELETE', path, query: { teamId } });
    });
    const ops = {
      ...blueGreen,
      release: { ...blueGreen.release, 'keep-previous': '10s' },
      watch: { ...blueGreen.watch, window: '8s' },
    };
    const files = { '.github/ops.yml': opsFile(ops) };
    const ended = await fixture.release({ version: 'v1.1.0', files, onEvent: deleted.onEvent });
    await deleted.done;
    expectEnd(fixture, ended, {
      decision: 'released',
      reason: 'passed',
      conclusion: 'success',
      says: /v1\.1\.0/,
      serves: ended.deploymentId,
      next: null,
    });
    const gone = /v1\.0\.0 \(dpl_\w+\), is gone: Vercel does not have it ready/;
    assert.ok(
      ended.warnings.some((warning) => gone.test(warning)),
      ended.warnings.join('\n'),
    );
    const facts = await toldOfPrevious(fixture);
    assert.deepEqual(
      facts.map(({ word }) => word),
      ['changed', 'gone'],
    );
    const [first = ''] = (await fixture.slack()).filter((text) => gone.test(text));
    assert.match(first, /A way back takes the next proven one/);
  });

  test('older deployments go only when somebody asks, after a plan, and never one that is needed or that a host points at', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const ids: string[] = [];
    for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0', 'v1.4.0'])
      ids.push((await fixture.release({ version })).deploymentId);
    const left = () =>
      fixture.sandbox.vercel.deployments().flatMap(({ id, readyState }) => (readyState === 'READY' ? [id] : []));
    const cleanUp = (...words: string[]) => fixture.command('clean-up', '--environment', 'production', ...words);
    const older = new RegExp(`older than 3 releases: v1\\.1\\.0 \\(${ids[1]}\\), v1\\.0\\.0 \\(${ids[0]}\\)\\.`);
    assert.match(await cleanUp('--keep', '3', '--dry-run'), older);
    assert.deepEqual(new Set(left()), new Set(ids), 'a plan deletes nothing');
    assert.match(await cleanUp('--keep', '3'), older);
    assert.deepEqual(new Set(left()), new Set(ids.slice(2)));
    const [first] = await fixture.entries();
    assert.deepEqual(
      first?.facts.filter(({ step }) => step === 'clean-up').map(({ kind, word }) => [kind, word]),
      [
        ['intent', ids[0]],
        ['outcome', 'deleted'],
      ],
    );
    assert.match(await cleanUp('--keep', '3'), /older than 3 releases: none\./);
    const back = await fixture.rollback({ version: 'v1.4.0', inputs: { confirm: 'production', reason: 'errors' } });
    assert.deepEqual([back.decision, fixture.served()], ['rolled-back', ids[3]], back.lastLine);
  });
});
