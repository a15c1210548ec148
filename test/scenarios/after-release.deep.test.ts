import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createGitHub } from '#github/client';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { readAfterRelease } from '#release/after-release/after-release-record';
import { startCounts } from './counts.ts';
import { opsFile, type ReleaseFixture, releaseFixture } from './release-fixture.ts';

const minute = 60_000;
const hour = 60 * minute;
after(removeWorkspaces);

const ops = (url: string, afterRelease: object) =>
  opsFile({
    watch: {
      source: 'http-json',
      'http-json': { url, requests: '$.requests', errors: '$.errors' },
      window: '500ms',
      interval: '500ms',
    },
    'after-release': afterRelease,
  });

/** A release that went live so long ago, by GitHub's clock; from then on GitHub's clock is right again. */
async function releasedAgo(fixture: ReleaseFixture, agoMs: number, version: string, text: string) {
  const { github } = fixture.sandbox;
  github?.moveClock(-agoMs);
  const released = await fixture.release({ version, files: { '.github/ops.yml': text } });
  github?.moveClock(0);
  // Of a window of half a second: too little traffic to be proven.
  assert.equal(released.decision, 'held', released.lastLine);
  return released;
}

const client = (fixture: ReleaseFixture) => createGitHub(fixture.sandbox.description.github);

/** The job of the sign-off, with what the job before it handed over. */
async function signOff(fixture: ReleaseFixture, report: string) {
  const { github } = fixture.sandbox.description;
  const environment = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.repository };
  const inputs = { event: 'sign-off', environment: 'production', report, 'github-token': github.token };
  const done = await runBundle({ action: 'after-release', inputs, environment });
  assert.equal(done.code, 0, done.log);
  return done;
}

const reportOf = (run: { report: { outputs: Record<string, string> } }) => run.report.outputs['after-release'] ?? '';

async function deploymentIssue(fixture: ReleaseFixture, version: string) {
  const issues = await client(fixture).listIssues({ labels: ['ops-deployment'], state: 'all' });
  const [issue, ...others] = issues.filter(({ title }) => title.includes(version));
  assert.equal(others.length, 0, 'one issue for a release');
  return issue ?? assert.fail('no deployment issue');
}

describe('the time after a release', { concurrency: 2 }, () => {
  test('is judged by its own times, told once, confirmed by those who may, and signed off', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture();
    const text = ops(counts.url, {
      windows: [
        { name: 'immediate', from: '0m', until: '5m', require: ['health ok', 'error-rate below 1%', 'traffic normal'] },
        { name: 'standard', from: '5m', until: '1h', require: ['error-rate below 1%', 'team-feedback confirmed'] },
        { name: 'extended', from: '1h', until: '4h', require: ['error-rate below 1%'] },
      ],
      'sign-off': ['health-ok', 'error-rate-below-1-percent-for-30m', 'team-validated', 'stable-1h'],
    });
    await releasedAgo(fixture, 2 * hour, 'v1.0.0', text);

    const first = await fixture.watch({ version: 'v1.0.0' });
    const judged = first.result('after-release') as {
      decision: string;
      windows: { name: string; verdict: string; checks: { value: string }[]; reasons: string[] }[];
    };
    assert.deepEqual([judged.decision, first.conclusion], ['overdue', 'failure'], first.lastLine);
    assert.deepEqual(
      judged.windows.map(({ name, verdict }) => [name, verdict]),
      [
        ['immediate', 'pass'],
        ['standard', 'open'],
        ['extended', 'open'],
        ['first-30m', 'pass'],
      ],
    );
    assert.match(judged.windows[0]?.checks[0]?.value ?? '', /looked 11\d min after the window/);
    assert.deepEqual(judged.windows[1]?.reasons, [
      'team-feedback confirmed: nobody has confirmed team-feedback-in-standard yet',
    ]);
    assert.match((await fixture.slack()).join('\n'), /Window standard after v1\.0\.0 is over and still open/);

    const opened = await signOff(fixture, reportOf(first));
    assert.equal(opened.outputs.decision, 'open', opened.log);
    const issue = await deploymentIssue(fixture, 'v1.0.0');
    assert.match(
      issue.body,
      /- \[x\] `error-rate-below-1-percent-for-30m`: `error-rate below|- \[x\] `error-rate-below/,
    );
    assert.match(issue.body, /- \[ \] `team-validated`: `nobody has confirmed it yet`/);
    assert.match(issue.body, /- `confirm team-feedback-in-standard`/);

    // Not told twice, and nothing that is final is asked for again.
    const before = fixture.sandbox.requests().length;
    const second = await fixture.watch({ version: 'v1.0.0' });
    assert.deepEqual(
      [second.result('after-release').decision, second.conclusion],
      ['open', 'success'],
      second.lastLine,
    );
    const written = fixture.sandbox
      .requests()
      .slice(before)
      .filter(({ method, service }) => service !== 'vercel' && method === 'POST');
    assert.deepEqual(
      written.map(({ path }) => path),
      [],
    );

    const { github } = fixture.sandbox;
    github?.permit('alice', 'maintain');
    // Writing is not enough for a word that counts (S22).
    github?.permit('mallory', 'write');
    github?.commentOn(issue.number, { by: 'mallory', body: 'confirm team-feedback-in-standard' });
    github?.commentOn(issue.number, { by: 'alice', body: 'confirm team-validated', edited: true });
    await signOff(fixture, reportOf(second));
    const refused = await deploymentIssue(fixture, 'v1.0.0');
    assert.match(refused.body, /`team-feedback-in-standard` by `mallory`: `may not confirm`/);
    assert.match(refused.body, /`team-validated` by `alice`: `the comment was edited: write a new one`/);
    assert.equal(refused.state, 'open');

    github?.commentOn(issue.number, {
      by: 'alice',
      body: 'Looks good.\n\nconfirm team-feedback-in-standard\nconfirm team-validated',
    });
    const third = await fixture.watch({ version: 'v1.0.0' });
    const completed = await signOff(fixture, reportOf(third));
    assert.equal(completed.outputs.decision, 'complete', completed.log);
    const closed = await deploymentIssue(fixture, 'v1.0.0');
    assert.equal(closed.state, 'closed');
    assert.match(closed.body, /- \[x\] `team-validated`: `confirmed` by `alice` \(20\d\d-/);
    const entry = (await fixture.entries()).at(-1);
    assert.ok(entry);
    assert.equal(readAfterRelease(entry).ended?.how, 'complete');
    assert.equal(entry.decision, 'held');
    const facts = entry.facts.map(({ text }) => text).join('\n');
    assert.ok(!facts.includes('alice'), 'the ledger holds no names of people');
    assert.match(await fixture.command('releases', '--environment', 'production'), /complete/);

    const over = await fixture.watch({ version: 'v1.0.0' });
    assert.deepEqual([over.decision, reportOf(over)], ['nothing-open', '']);
  });

  test('a window that breaks is told once, red, and moves nothing; the next release ends it', async () => {
    await using counts = await startCounts();
    await using fixture = await releaseFixture();
    const text = ops(counts.url, {
      windows: [{ name: 'watch', from: '0m', until: '1h', require: ['error-rate below 1%', 'lcp below 2.5s'] }],
    });
    const { deploymentId } = await releasedAgo(fixture, 30 * minute, 'v1.0.0', text);
    counts.sickFrom = (Date.now() - 20 * minute) / 1000;
    counts.sickUntil = (Date.now() - 10 * minute) / 1000;
    const first = await fixture.watch({ version: 'v1.0.0' });
    assert.deepEqual([first.result('after-release').decision, first.conclusion], ['breach', 'failure'], first.lastLine);
    assert.match(first.errors.join('\n'), /Window watch after v1\.0\.0 failed: error-rate below 1%: error rate/);
    assert.deepEqual([fixture.served(), fixture.accepted('rollback')], [deploymentId, 0]);
    await signOff(fixture, reportOf(first));
    assert.match((await deploymentIssue(fixture, 'v1.0.0')).body, /\*\*failed\*\* `watch`/);
    const second = await fixture.watch({ version: 'v1.0.0' });
    assert.deepEqual([second.result('after-release').decision, second.conclusion], ['open', 'success']);

    const next = await fixture.release({ version: 'v1.1.0', files: { '.github/ops.yml': text } });
    assert.equal(next.decision, 'held', next.lastLine);
    const third = await fixture.watch({ version: 'v1.1.0' });
    await signOff(fixture, reportOf(third));
    const issue = await deploymentIssue(fixture, 'v1.0.0');
    assert.deepEqual([issue.state, issue.title], ['closed', 'Deploy v1.0.0 to production: superseded']);
    assert.match(issue.body, /It is over: `v1\.1\.0 took its place`/);
    assert.equal((await deploymentIssue(fixture, 'v1.1.0')).state, 'open');
  });
});
