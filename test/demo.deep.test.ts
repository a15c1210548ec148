import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

const command = join(import.meta.dirname, '../bin/ops-actions.js');

interface Watch {
  verdict: string;
  requests: number;
  errors: number;
  limit: number;
  effectiveIntervalSeconds: number;
  buckets: { start: number; end: number; requests: number; errors: number }[];
}
interface Result {
  schemaVersion: number;
  releases: {
    version: string;
    decision: string;
    reasonCode: string;
    deploymentId: string | null;
    commit: string;
    promotedAt: number | null;
    failed: boolean;
    watch: Watch | null;
    backup: { verified: boolean; relations: number; rows: number; bytes: number } | null;
    findings: { file: string; line: number; correction: string }[];
  }[];
  rollback: Record<'breachAt' | 'detectedAt' | 'swappedAt' | 'verifiedAt' | 'requestsFailedMeanwhile', number> &
    Record<'from' | 'to', string>;
  slack: { messages: { text: string; edited: boolean; replies: unknown[] }[]; edits: number; replies: number };
  issues: { title: string; state: string; body: string }[];
  autoAssign: { before: boolean; after: boolean };
}

describe('the demo', () => {
  let folder = '';
  let result: Result;
  let left: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'demo-test-'));
    const temporary = join(folder, 'tmp');
    const environment = { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder };
    await promisify(execFile)('mkdir', [temporary]);
    const options = { cwd: folder, env: { ...environment, TMPDIR: temporary }, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(process.execPath, [command, 'demo', '--json'], options);
    result = JSON.parse(stdout) as Result;
    // npm keeps its own compiled code there (the consumer's smoke command is an npm script).
    left = (await readdir(temporary)).filter((name) => name !== 'node-compile-cache');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('ends as the story says, each release with its reason', () => {
    assert.deepEqual(
      result.releases.map(({ version, decision, failed }) => [version, decision, failed]),
      [
        ['v1.0.0', 'released', false],
        ['v1.1.0', 'rolled-back', true],
        ['v1.2.0', 'refused', true],
        ['v1.2.1', 'released', false],
      ],
    );
    assert.equal(result.releases[2]?.reasonCode, 'unsafe_migration');
    assert.equal(result.schemaVersion, 1);
    for (const release of result.releases) assert.match(release.commit, /^[0-9a-f]{40}$/);
  });

  test('the refusal names file, line and the corrected statement, and nothing was deployed', () => {
    const [, , refused] = result.releases;
    assert.equal(refused?.deploymentId, null);
    assert.match(refused?.findings[0]?.file ?? '', /add_colour\.sql$/);
    assert.equal(refused?.findings[0]?.line, 2);
    assert.match(refused?.findings[0]?.correction ?? '', /NOT NULL DEFAULT/);
  });

  test('every migration had a verified backup, and a release without one had none', () => {
    const backups = result.releases.map((release) => release.backup?.verified ?? null);
    assert.deepEqual(backups, [true, null, null, true]);
    assert.ok((result.releases[3]?.backup?.rows ?? 0) > 0);
  });

  test('the way back was taken once, in order, and proven', () => {
    const { rollback, releases } = result;
    const [first, bad] = releases;
    assert.equal(rollback.from, bad?.deploymentId);
    assert.equal(rollback.to, first?.deploymentId);
    const moments = [
      bad?.promotedAt ?? 0,
      rollback.breachAt,
      rollback.detectedAt,
      rollback.swappedAt,
      rollback.verifiedAt,
    ];
    assert.deepEqual(
      moments,
      moments.toSorted((a, b) => a - b),
    );
    assert.ok(rollback.requestsFailedMeanwhile > 0);
  });

  test('the breach is the end of the first bucket above the limit', () => {
    const watch = result.releases[1]?.watch;
    const first = watch?.buckets.find((bucket) => bucket.errors / bucket.requests > watch.limit);
    assert.equal(result.rollback.breachAt, first?.end);
  });

  test('one message a release, edited in place, evidence in its thread; one open incident', () => {
    assert.equal(result.slack.messages.length, 4);
    assert.ok(result.slack.edits >= 3);
    // The refusal says all of it in its message.
    assert.ok(result.slack.messages.filter((message) => message.replies.length > 0).length >= 3);
    assert.deepEqual(
      result.issues.map((issue) => issue.state),
      ['open'],
    );
  });

  test('auto-assign of domains is what it was before', () =>
    assert.equal(result.autoAssign.after, result.autoAssign.before));

  test('writes the result and a report, and leaves nothing else behind', async () => {
    assert.deepEqual(JSON.parse(await readFile(join(folder, '.demo/result.json'), 'utf8')), result);
    assert.match(await readFile(join(folder, '.demo/report.html'), 'utf8'), /<!doctype html>/);
    assert.deepEqual(left, []);
  });
});
