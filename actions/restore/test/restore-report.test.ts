import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createGitHub } from '#github/client';
import { renderIncident } from '#incident/render-incident';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { withSmoke } from '../src/checklist.ts';
import { describeRestore } from '../src/restore-report.ts';
import { removeFolders, runPointInTime } from './point-in-time-run.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ postgres: false });
});
after(async () => {
  await sandbox?.close();
  await removeFolders();
});

const time = { startedAt: '2026-01-24T09:00:00.000Z', endedAt: '2026-01-24T09:31:00.000Z' };
const result = (more: object = {}) =>
  JSON.stringify({
    ...{ schemaVersion: 1, decision: 'restored', reasonCode: 'restored_live', summary: 'All is back', target: 'live' },
    checklist: [
      { item: 'Decided', at: '2026-01-24T09:00:01.000Z', outcome: 'by maria, who typed notes' },
      { item: 'Writes stopped', at: '2026-01-24T09:00:02.000Z', outcome: 'no: the role may not' },
    ],
    time: { ...time, seconds: 1860, targetSeconds: 1800, late: true },
    ...more,
  });
const given = {
  ...{ environment: 'production', key: '1:production:7:restore', runUrl: '', sha: 'a'.repeat(40) },
  smoke: { decision: undefined, summary: undefined },
  belongsTo: 'https://github.com/o/r/issues/4',
};

test('a restore beyond its target is escalated, with start, end, target and every item of the checklist', () => {
  const facts = describeRestore({ ...given, result: result() });
  assert.match(facts?.escalation ?? '', /^the restore took 31 min, and it may take 30 min: from 2026-01-24T09:00:00/);
  const { title, body } = renderIncident(facts ?? assert.fail());
  assert.equal(title, 'The database on production was restored');
  assert.match(
    body,
    /### Restore checklist\n\n- \[x\] `Decided`: `by maria, who typed notes` \(2026-01-24 09:00:01 UTC\)/,
  );
  assert.match(body, /- \[ \] \*\*failed\*\* `Writes stopped`: `no: the role may not`/);
  assert.match(body, /- \[x\] `Incident linked`: `https:\/\/github\.com\/o\/r\/issues\/4`/);
  assert.match(body, /\| `took` \| `31 min of 30 min` \|/);
  assert.doesNotMatch(body, /Vercel did not say/);
  const inTime = { ...time, seconds: 60, targetSeconds: 1800, late: false };
  assert.equal(describeRestore({ ...given, result: result({ time: inTime }) })?.escalation, undefined);
});

test('smoke tests that fail make it red, a job that died is told, and what replaced nothing has no incident', () => {
  const smoke = { decision: 'fail', summary: '1 of 2 failed' };
  const sick = describeRestore({ ...given, smoke, result: result() });
  assert.deepEqual([sick?.decision, sick?.reasonCode], ['failed', 'smoke_failed']);
  assert.match(sick?.what ?? '', /All is back\. The smoke tests: 1 of 2 failed/);
  const lost = describeRestore({ ...given, result: '' });
  assert.deepEqual([lost?.decision, lost?.reasonCode], ['failed', 'job_lost']);
  const dead = { decision: 'could-not-run', summary: '' };
  const untested = describeRestore({ ...given, smoke: dead, result: result() });
  assert.deepEqual([untested?.decision, untested?.reasonCode], ['failed', 'smoke_failed']);
  assert.match(untested?.what ?? '', /The smoke tests: they ended before they could say how/);
  const mistakes = { decision: 'could-not-run', reasonCode: 'bad_input' };
  for (const nothing of [{ target: 'scratch' }, { decision: 'refused' }, mistakes])
    assert.equal(describeRestore({ ...given, result: result(nothing) }), undefined);
});

test('the smoke tests of the environment follow only a restore that is in order', () => {
  const restored = { decision: 'restored', reasonCode: 'x', summary: '', failed: false, outputs: { a: 'b' } };
  const configured = { smoke: { command: 'npm run test:smoke' } };
  assert.deepEqual(withSmoke(restored, configured).outputs, { a: 'b', smoke: 'configured' });
  assert.equal(withSmoke({ ...restored, decision: 'failed' }, configured).outputs?.smoke, undefined);
  assert.equal(withSmoke(restored, { smoke: {} }).outputs?.smoke, undefined);
});

test('one issue for each restore, from a job without secrets', async () => {
  const none = { 'supabase-access-token': '', 'supabase-project': '' };
  const report = { ...none, mode: 'restore-report', 'restore-result': result() };
  const { result: filed } = await runPointInTime(sandbox, report);
  assert.deepEqual([filed.decision, filed.reasonCode], ['filed', 'escalated']);
  const rehearsed = { ...report, 'restore-result': result({ target: 'scratch' }) };
  assert.equal((await runPointInTime(sandbox, rehearsed)).result.decision, 'not-needed');
  const issues = await createGitHub(sandbox.description.github).listIssues({ labels: ['ops-incident'] });
  assert.equal(issues.length, 1);
  assert.match(issues[0]?.body ?? '', /\*\*Escalated:\*\* `the restore took 31 min/);
});
