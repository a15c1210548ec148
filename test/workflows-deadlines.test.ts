import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaults } from '#config/defaults';
import { parseDuration } from '#config/parse-duration';
import { readAction, readWorkflows } from './workflows-model.ts';

/** Inputs that bound an action; their default stands in action.yml, as a default or in the description. */
const boundingInputs: Record<string, string[]> = {
  'health-gate': ['deadline'],
  'smoke-test': ['deadline'],
  'vercel-deploy': ['deadline'],
  'auto-rollback-on-error-rate': ['window'],
  // Of each stage; only a database that needs more than the limit of its job has to raise both.
  backup: ['deadline'],
  restore: ['deadline'],
  // Of the push; the questions around it take a minute each at most.
  'mirror-tag': ['deadline'],
};

/** Bounds of the actions without such an input: requests with their own deadlines, the move of a domain (3 minutes), a backup. */
const otherBounds: Record<string, string> = {
  preflight: '5m',
  'migrate-with-backup': '30m',
  'vercel-promote': '5m',
  'vercel-rollback': '5m',
  'release-record': '3m',
  // One rollback with its proof, its functions, and the records of what else was left.
  reconcile: '9m',
  // Bundling, publishing and asking a handful of functions; each request has its own deadline.
  'edge-functions': '8m',
  'database-doctor': '8m',
  'setup-postgres': '10m',
  // One reading of every source, one round of checks, a message for each change.
  'check-alerts': '8m',
  'check-backups': '15m',
  // A dozen requests.
  revert: '3m',
  // A command and its proof, each by backend.deadline at its longest.
  backend: '30m',
  // Ledger, lock and project are read; one lock is lifted, one record or issue written.
  'rehearse-rollback': '2m',
  // What changed in a day; a first copy goes on where its limit ended it, or gets a larger one.
  'storage-backup': '10m',
  // One request for each variable, four at a time, and one small object.
  'configuration-backup': '8m',
  'notify-slack': '2m',
  // Queries of ops.yml have a minute each, counting two to three, manifests of backups are read one by one; everything else is requests.
  'after-release': '11m',
  'post-plan': '2m',
  // Two requests of a minute with their retries, or one command of five minutes; then about ten requests to GitHub.
  'database-types': '9m',
  // About fifteen requests, one after the other.
  'forward-fix': '4m',
  // The watch waits for its last data after the window.
  'auto-rollback-on-error-rate': '5m',
};

function minutesOf(action: string): number {
  const { inputs = {} } = readAction(`actions/${action}`);
  const bounded = (boundingInputs[action] ?? []).map((name) => {
    const stated = inputs[name]?.default ?? /default (\d+(?:ms|s|m|h))\b/.exec(inputs[name]?.description ?? '')?.[1];
    assert.ok(stated !== undefined, `actions/${action}/action.yml does not say the default of ${name}`);
    return parseDuration(String(stated));
  });
  const other = otherBounds[action];
  assert.ok(bounded.length > 0 || other !== undefined, `${action} has no bound in this test`);
  return (bounded.reduce((sum, ms) => sum + ms, 0) + (other === undefined ? 0 : parseDuration(other))) / 60_000;
}

/** Minutes of a $/ reference with everything below it; `goesBack`: a release that was promoted may be taken back in it. */
function sumOf(uses: string, given: Record<string, unknown> = {}, goesBack = true): number {
  const path = uses.slice(2);
  if (path.startsWith('actions/')) {
    // The watch of a restored release: watch.after-rollback instead of the window.
    const shorter = given.restored === true ? (defaults.watch.windowMs - defaults.watch.afterRollbackMs) / 60_000 : 0;
    // It waits for nothing; a slow source ends the reading of further windows.
    if (given.continue === true) return 15;
    // It reads the ledger and keeps an issue.
    if (given.event === 'sign-off') return 3;
    // It reads the ledger and files an issue; nothing is restored.
    if (given.mode === 'drill-report' || given.mode === 'restore-report') return 3;
    return minutesOf(path.slice('actions/'.length)) - shorter;
  }
  // What rollback does by hand only, deploy does itself.
  const isReached = (condition: unknown) =>
    (given['called-by'] !== 'deploy' || !String(condition).includes("inputs.called-by != 'deploy'")) &&
    (given.database !== 'elsewhere' || !String(condition).includes("inputs.database != 'elsewhere'")) &&
    (given.watch !== 'elsewhere' || !String(condition).includes("inputs.watch != 'elsewhere'"));
  const steps = readAction(path).runs.steps ?? [];
  const endOf = (isBack: boolean, ...never: RegExp[]) =>
    steps
      .filter(({ if: condition }) => isReached(condition) && !never.some((pattern) => pattern.test(String(condition))))
      .reduce((sum, step) => sum + (step.uses === undefined ? 0 : sumOf(step.uses, step.with, isBack && goesBack)), 0);
  const unpromoted = /steps\.promote\.outcome == 'skipped'/;
  const promoted = /steps\.promote\.outputs\.decision == 'promoted'/;
  const proven = /steps\.watch\.outputs\.decision == 'pass'/;
  const takenBack = /steps\.((finalize|roll-back)\.outputs\.decision == 'rolled-back'|restored\.outputs)/;
  // A release ends in one of three ways, and the steps of one need that it did not end in another.
  const ends = [endOf(false, promoted, proven, takenBack), endOf(false, unpromoted, takenBack)];
  return Math.max(...ends, ...(goesBack ? [endOf(true, unpromoted, proven)] : []));
}

for (const workflow of readWorkflows().filter(({ isPublic }) => isPublic)) {
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const own = (job.steps ?? []).filter(({ uses }) => uses?.startsWith('$/'));
    if (own.length === 0) continue;
    test(`the limit of ${workflow.file} › ${name} exceeds the sum of the deadlines inside`, () => {
      const limit = job['timeout-minutes'];
      const minutes = typeof limit === 'number' ? limit : Number(workflow.call.inputs?.['timeout-minutes']?.default);
      const scripts = (job.steps ?? []).reduce((total, step) => total + (step['timeout-minutes'] ?? 0), 0);
      const sum = own.reduce((total, { uses = '', with: given }) => total + sumOf(uses, given), scripts);
      assert.ok(minutes > sum, `${minutes} minutes, but its steps may take ${sum}`);
    });
  }
}
