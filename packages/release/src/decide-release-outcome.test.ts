import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideReleaseOutcome, type OutcomeFacts, releaseDecisions, type StepFacts } from './decide-release-outcome.ts';
import { type LastLineFacts, renderLastLine, renderNews } from './last-line.ts';
import { releaseModes } from './release-handle.ts';

function step(outcome: StepFacts['outcome'], decision = '', reason = '', summary = ''): StepFacts {
  return { outcome, decision, reason, summary };
}
const none = step('skipped');
const passed: OutcomeFacts = {
  mode: 'auto',
  jobStatus: 'success',
  stopAfter: '',
  preflight: step('success', 'ready', 'ready'),
  migrate: step('success', 'nothing-pending', 'nothing_pending'),
  deploy: step('success', 'ready', 'ready'),
  stagedHealth: step('success'),
  stagedSmoke: step('success'),
  promote: step('success', 'promoted', 'promoted'),
  health: step('success'),
  smoke: step('success'),
  watch: step('success', 'pass', 'within_limits'),
  rollback: step('success', 'not-needed', 'verified'),
};
const stopped: Partial<OutcomeFacts> = {
  jobStatus: 'failure',
  deploy: none,
  stagedHealth: none,
  stagedSmoke: none,
  promote: none,
  health: none,
  smoke: none,
  watch: none,
  rollback: step('success', 'not-needed', 'not_promoted'),
};
const refused = { ...stopped, migrate: none };

const table: {
  name: string;
  facts: Partial<OutcomeFacts>;
  decision: string;
  reason?: string;
  red?: boolean;
  incident?: boolean;
}[] = [
  { name: 'everything passed', facts: {}, decision: 'released', reason: 'passed' },
  {
    name: 'a backend that failed stops it before its promotion',
    facts: {
      ...stopped,
      deploy: passed.deploy,
      backend: step('failure', 'failed', 'backend_command_failed', 'exit 1'),
    },
    decision: 'failed',
    reason: 'backend_command_failed',
    red: true,
  },
  {
    name: 'a backend that did not go back is no success of the domains, even where the checks could not run',
    facts: {
      watch: step('success', 'would-roll-back', 'breach'),
      rollback: step('failure', 'rolled-back', 'breach', 'Rolled back. BACKEND NOT TAKEN BACK'),
      backendBack: 'failed',
      unverifiedBack: 'no answer',
    },
    decision: 'rollback-failed',
    reason: 'backend_not_taken_back',
    red: true,
    incident: true,
  },
  {
    name: 'contract in the same run',
    facts: { contract: step('success', 'applied', 'applied', 'Applied 1 migration') },
    decision: 'released',
    reason: 'passed',
  },
  {
    name: 'contract in the same run that failed: live and proven, and red',
    facts: { jobStatus: 'failure', contract: step('failure', 'failed', 'lock_timeout', 'x.sql line 1: it waited') },
    decision: 'released',
    reason: 'contract_failed',
    red: true,
  },
  {
    name: 'contract in the same run that was cancelled',
    facts: { jobStatus: 'cancelled', contract: step('cancelled') },
    decision: 'released',
    reason: 'contract_failed',
    red: true,
  },
  {
    name: 'without migrations and smoke tests',
    facts: { migrate: none, smoke: none, stagedSmoke: none },
    decision: 'released',
  },
  {
    name: 'refused',
    facts: { ...refused, preflight: step('failure', 'refused', 'unsafe_migration') },
    decision: 'refused',
    reason: 'unsafe_migration',
    red: true,
  },
  {
    name: 'bad inputs',
    facts: { ...refused, preflight: step('failure', 'could-not-run', 'bad_input') },
    decision: 'refused',
    reason: 'bad_input',
    red: true,
  },
  {
    name: 'preflight broke',
    facts: { ...refused, preflight: step('failure', 'could-not-run', 'unexpected_error') },
    decision: 'failed',
    red: true,
  },
  {
    name: 'preflight said nothing at all',
    facts: { ...refused, preflight: step('failure') },
    decision: 'failed',
    red: true,
  },
  {
    name: 'already current',
    facts: { ...refused, jobStatus: 'success', preflight: step('success', 'already-current', 'already_current') },
    decision: 'already-current',
  },
  {
    name: 'superseded in preflight',
    facts: { ...refused, preflight: step('failure', 'superseded', 'newer_release') },
    decision: 'superseded',
    reason: 'newer_release',
    red: true,
  },
  {
    name: 'planned',
    facts: { ...refused, jobStatus: 'success', preflight: step('success', 'planned', 'dry_run') },
    decision: 'planned',
  },
  {
    name: 'cancelled in preflight',
    facts: { ...refused, jobStatus: 'cancelled', preflight: step('cancelled', 'cancelled', 'cancelled') },
    decision: 'cancelled',
    red: true,
  },
  {
    name: 'migration failed',
    facts: { ...stopped, migrate: step('failure', 'failed', 'sql_error') },
    decision: 'failed',
    reason: 'sql_error',
    red: true,
  },
  {
    name: 'migration refused',
    facts: { ...stopped, migrate: step('failure', 'refused', 'locked') },
    decision: 'refused',
    red: true,
  },
  {
    name: 'build failed',
    facts: { ...stopped, deploy: step('failure', 'failed', 'build_failed') },
    decision: 'failed',
    reason: 'build_failed',
    red: true,
  },
  {
    name: 'staged deployment unhealthy',
    facts: { ...stopped, deploy: passed.deploy, stagedHealth: step('failure') },
    decision: 'failed',
    reason: 'staged_health_failed',
    red: true,
  },
  {
    name: 'staged smoke tests failed',
    facts: { ...stopped, deploy: passed.deploy, stagedHealth: passed.stagedHealth, stagedSmoke: step('failure') },
    decision: 'failed',
    reason: 'staged_smoke_failed',
    red: true,
  },
  {
    name: 'staged on purpose',
    facts: { promote: none, health: none, smoke: none, watch: none, stopAfter: 'staged' },
    decision: 'staged',
  },
  {
    name: 'cancelled before promotion',
    facts: { ...stopped, deploy: step('cancelled'), jobStatus: 'cancelled' },
    decision: 'cancelled',
    red: true,
  },
  {
    name: 'superseded before promotion',
    facts: {
      promote: step('failure', 'superseded', 'locked'),
      health: none,
      smoke: none,
      watch: none,
      rollback: step('success', 'not-needed', 'superseded'),
    },
    decision: 'superseded',
    reason: 'locked',
    red: true,
  },
  {
    name: 'promotion failed, nothing moved',
    facts: {
      jobStatus: 'failure',
      promote: step('failure', 'failed', 'domains_not_moved'),
      health: none,
      smoke: none,
      watch: none,
      rollback: step('success', 'not-needed', 'not_moved'),
    },
    decision: 'failed',
    reason: 'domains_not_moved',
    red: true,
  },
  {
    name: 'rolled back',
    facts: {
      jobStatus: 'failure',
      watch: step('failure', 'would-roll-back', 'breach'),
      rollback: step('success', 'rolled-back', 'rolled_back'),
    },
    decision: 'rolled-back',
    red: true,
    incident: true,
  },
  {
    name: 'somebody had rolled back already',
    facts: {
      jobStatus: 'failure',
      watch: step('failure', 'would-roll-back', 'breach'),
      rollback: step('success', 'already-current', 'already_current'),
    },
    decision: 'rolled-back',
    red: true,
    incident: true,
  },
  {
    name: 'rolled back, but what went back is broken, too',
    facts: {
      jobStatus: 'failure',
      health: step('failure'),
      watch: none,
      rollback: step('failure', 'rolled-back', 'rolled_back'),
    },
    decision: 'rollback-failed',
    reason: 'unhealthy_after_rollback',
    red: true,
    incident: true,
  },
  {
    name: 'rolled back and well, but its edge functions could not be put back',
    facts: {
      jobStatus: 'failure',
      health: step('failure'),
      watch: none,
      restored: { health: 'success', smoke: '' },
      rollback: step('failure', 'rolled-back', 'functions_mixed', 'Rolled back to v1.0.0. Functions: 1 of 2 are old.'),
    },
    decision: 'rollback-failed',
    reason: 'functions_mixed',
    red: true,
    incident: true,
  },
  {
    name: 'rolled back, and the checks of what went back could not run',
    facts: {
      jobStatus: 'failure',
      health: step('failure'),
      watch: none,
      rollback: step('failure', 'rolled-back', 'rolled_back', 'Rolled back to v1.0.0.'),
      unverifiedBack: 'setup-commands could not run: exit 1',
    },
    decision: 'rolled-back',
    reason: 'restored_not_verified',
    red: true,
    incident: true,
  },
  {
    name: 'rollback failed',
    facts: {
      jobStatus: 'failure',
      watch: step('failure', 'would-roll-back', 'breach'),
      rollback: step('failure', 'failed', 'vercel_unreachable'),
    },
    decision: 'rollback-failed',
    reason: 'vercel_unreachable',
    red: true,
    incident: true,
  },
  {
    name: 'the rollback step died',
    facts: { jobStatus: 'failure', watch: step('failure', 'would-roll-back', 'breach'), rollback: step('failure') },
    decision: 'rollback-failed',
    red: true,
    incident: true,
  },
  {
    name: 'no way back',
    facts: {
      jobStatus: 'failure',
      health: step('failure'),
      watch: none,
      rollback: step('failure', 'held', 'no_previous_deployment'),
    },
    decision: 'rollback-failed',
    reason: 'no_previous_deployment',
    red: true,
    incident: true,
  },
  {
    name: 'cancelled during the watch, held',
    facts: {
      jobStatus: 'cancelled',
      watch: step('cancelled', 'cancelled'),
      rollback: step('failure', 'held', 'cancelled'),
    },
    decision: 'cancelled',
    red: true,
    incident: true,
  },
  {
    name: 'cancelled during the watch, taken back',
    facts: {
      jobStatus: 'cancelled',
      watch: step('cancelled', 'cancelled'),
      rollback: step('success', 'rolled-back', 'cancelled'),
    },
    decision: 'rolled-back',
    red: true,
    incident: true,
  },
  {
    name: 'a rollback by hand during the watch',
    facts: {
      jobStatus: 'failure',
      watch: step('failure', 'superseded', 'locked'),
      rollback: step('success', 'not-needed', 'superseded'),
    },
    decision: 'superseded',
    reason: 'locked',
    red: true,
  },
  {
    name: 'a newer release went live while a later run judged this one',
    facts: {
      jobStatus: 'success',
      watch: step('failure', 'would-roll-back', 'breach'),
      rollback: step('success', 'not-needed', 'superseded'),
    },
    decision: 'superseded',
    reason: 'superseded',
    red: true,
  },
  {
    name: 'held',
    facts: { watch: step('success', 'held', 'too_little_traffic') },
    decision: 'held',
    reason: 'too_little_traffic',
  },
  {
    name: 'would roll back, mode notify',
    facts: {
      mode: 'notify',
      jobStatus: 'failure',
      watch: step('failure', 'would-roll-back', 'breach'),
      rollback: step('success', 'not-needed', 'would_roll_back'),
    },
    decision: 'would-roll-back',
    red: true,
  },
  {
    name: 'a rule that only notifies was broken',
    facts: {
      jobStatus: 'failure',
      watch: step('failure', 'breach', 'above_limit'),
      rollback: step('success', 'not-needed', 'would_roll_back'),
    },
    decision: 'would-roll-back',
    red: true,
  },
  {
    name: 'would roll back, mode observe',
    facts: {
      mode: 'observe',
      watch: step('success', 'would-roll-back', 'breach'),
      rollback: step('success', 'not-needed', 'observed'),
    },
    decision: 'would-roll-back',
    red: false,
  },
  {
    name: 'a later run passes what an earlier job led on past a bad stage in mode observe',
    facts: { mode: 'observe', badStage: 'At 10 %: 30 of 400 requests failed' },
    decision: 'would-roll-back',
    reason: 'stage_observed',
    red: false,
  },
];

for (const { name, facts, decision, reason, red = false, incident = false } of table) {
  test(`Release outcome: ${name}`, () => {
    const outcome = decideReleaseOutcome({ ...passed, ...facts });
    assert.equal(outcome.decision, decision);
    assert.equal(outcome.red, red);
    assert.equal(outcome.incident, incident);
    if (reason !== undefined) assert.equal(outcome.reasonCode, reason);
  });
}

test('Whatever the steps left behind, the ending is one of the closed set and green only with a reason to be', () => {
  const anyStep = fc.record({
    outcome: fc.constantFrom<StepFacts['outcome']>('success', 'failure', 'cancelled', 'skipped', ''),
    decision: fc.constantFrom(
      '',
      'ready',
      'promoted',
      'pass',
      'held',
      'would-roll-back',
      'rolled-back',
      'failed',
      'superseded',
      'not-needed',
      'refused',
    ),
    reason: fc.constantFrom('', 'some_reason'),
    summary: fc.constantFrom('', 'something happened'),
  });
  const names = [
    'preflight',
    'migrate',
    'deploy',
    'stagedHealth',
    'stagedSmoke',
    'promote',
    'health',
    'smoke',
    'watch',
    'rollback',
  ];
  const facts = fc.record({
    mode: fc.constantFrom(...releaseModes),
    jobStatus: fc.constantFrom('success', 'failure', 'cancelled'),
    stopAfter: fc.constantFrom('', 'staged'),
    ...Object.fromEntries(names.map((name) => [name, anyStep])),
  }) as fc.Arbitrary<OutcomeFacts>;
  fc.assert(
    fc.property(facts, (given) => {
      const outcome = decideReleaseOutcome(given);
      assert.ok(releaseDecisions.includes(outcome.decision));
      assert.notEqual(outcome.reasonCode, '');
      assert.notEqual(outcome.what, '');
      if (outcome.decision === 'released') {
        assert.ok(
          given.watch.decision === 'pass' && given.health.outcome !== 'failure' && given.smoke.outcome !== 'failure',
        );
      }
      if (outcome.decision === 'rolled-back') assert.ok(outcome.red);
    }),
  );
});

test('Every red last line says what serves now, since when, and the next command', () => {
  const red = releaseDecisions.filter(
    (decision) => !['released', 'staged', 'held', 'already-current', 'planned'].includes(decision),
  );
  for (const decision of red) {
    const line = renderLastLine({
      decision,
      reasonCode: 'x',
      what: 'something\nhappened',
      environment: 'production',
      production: true,
      version: 'v1.1.0',
      serving: { deploymentId: 'dpl_1', version: 'v1.0.0', since: 0 },
      locked: true,
      rollbackTarget: { deploymentId: 'dpl_1' },
      now: 600_000,
    });
    assert.doesNotMatch(line, /\n/);
    assert.match(line, /Now serving on production: v1\.0\.0 \(dpl_1\) since 1970-01-01 00:00 UTC \(10 min ago\)\./);
    assert.match(line, /Next/);
  }
});

test('A last line tells an environment that serves nothing from one that Vercel did not tell about', () => {
  const facts = {
    decision: 'failed' as const,
    reasonCode: 'build_failed',
    what: 'the build failed',
    environment: 'production',
    production: true,
    version: 'v1.0.0',
    serving: undefined,
    locked: false,
    now: 0,
  };
  assert.match(
    renderLastLine({ ...facts, servesNothing: true }),
    /Production serves nothing yet\. Next: mend the cause/,
  );
  assert.match(renderLastLine(facts), /Vercel did not say what production serves now\. Next: check production/);
});

test('Where there is nothing to go back to, maintenance is offered before the way forward (FRB-15)', () => {
  const line = renderLastLine({
    decision: 'rollback-failed',
    reasonCode: 'no_previous_deployment',
    what: 'the health gate failed',
    environment: 'production',
    production: true,
    version: 'v1.0.0',
    serving: { deploymentId: 'dpl_1' },
    locked: true,
    now: 0,
  });
  assert.match(line, /Next: there is nothing to go back to; .*pause the project .*; fix forward, then: .*unlock/);
});

test('A last line keeps the next command that what happened brings along, once and last', () => {
  const line = renderLastLine({
    decision: 'rollback-failed',
    reasonCode: 'rollback_target_deleted',
    what: 'It does not exist any more. Next, at once: ops-actions releases --environment production',
    environment: 'production',
    production: true,
    version: 'v1.1.0',
    serving: { deploymentId: 'dpl_2' },
    locked: true,
    rollbackTarget: { deploymentId: 'dpl_1' },
    now: 0,
  });
  assert.equal(
    line,
    'v1.1.0 needs a person, the rollback did not succeed on production: It does not exist any more. Now serving on production: dpl_2. Next, at once: ops-actions releases --environment production',
  );
});

const live: LastLineFacts = {
  decision: 'released',
  reasonCode: 'passed',
  what: 'error rate 0.0 % of 360 requests is below the limit',
  environment: 'production',
  production: true,
  version: 'v1.1.0',
  serving: { deploymentId: 'dpl_2', version: 'v1.1.0', since: 0 },
  locked: false,
  now: 0,
};
const nowServing = 'Now serving on production: v1.1.0 (dpl_2) since 1970-01-01 00:00 UTC (just now).';

for (const { facts, line, news } of [
  {
    facts: live,
    line: `v1.1.0 is released to production: error rate 0.0 % of 360 requests is below the limit. ${nowServing}`,
    news: 'error rate 0.0 % of 360 requests is below the limit.',
  },
  {
    facts: {
      ...live,
      decision: 'rolled-back' as const,
      what: 'Rolled back to v1.0.0 in 0.3 s: health failed',
      locked: true,
    },
    line: `v1.1.0 on production: Rolled back to v1.0.0 in 0.3 s: health failed. ${nowServing} Next: fix it, then lift the lock with: npx github:org/ops-actions unlock --environment production`,
    news: 'Rolled back to v1.0.0 in 0.3 s: health failed. Next: fix it, then lift the lock with: npx github:org/ops-actions unlock --environment production',
  },
  {
    facts: { ...live, decision: 'refused' as const, what: 'v1.1.0 is refused on production: no token. Fix: make one' },
    line: `v1.1.0 is refused on production: no token. Fix: make one. ${nowServing} Next: mend what is listed above and run again.`,
    news: 'no token. Fix: make one. Next: mend what is listed above and run again.',
  },
  {
    facts: {
      ...live,
      decision: 'already-current' as const,
      what: 'production already serves the commit of v1.1.0: dpl_2. Nothing to do.',
    },
    line: `production already serves the commit of v1.1.0: dpl_2. Nothing to do. ${nowServing}`,
    news: 'production already serves the commit of v1.1.0: dpl_2. Nothing to do.',
  },
]) {
  test(`A line says once how a release ended as ${facts.decision}; a message leaves to its headline what that says`, () => {
    assert.equal(renderLastLine(facts), line);
    assert.equal(renderNews(facts), news);
  });
}

test('a decision that did not arrive is never taken for a good one (S15)', () => {
  // Only a deployment that says it is ready is promoted.
  const withoutDeploy = { ...stopped, jobStatus: 'success', deploy: step('success') };
  const silent = (['preflight', 'promote', 'watch', 'rollback'] as const).map((name) => ({ [name]: step('success') }));
  for (const facts of [withoutDeploy, ...silent]) {
    const outcome = decideReleaseOutcome({ ...passed, ...facts });
    assert.ok(outcome.red, JSON.stringify(facts));
    assert.match(outcome.decision, /^(failed|rollback-failed)$/, JSON.stringify(facts));
  }
});

test('Checks that passed are not said to have failed where something else of the way back did', () => {
  const back = step('failure', 'rolled-back', 'functions_mixed', 'Rolled back to v1.0.0. Functions: 1 of 2 are old.');
  const facts = { ...passed, jobStatus: 'failure', health: step('failure'), watch: none, rollback: back };
  const well = decideReleaseOutcome({ ...facts, restored: { health: 'success', smoke: '' } });
  assert.equal(well.what, 'Rolled back to v1.0.0. Functions: 1 of 2 are old.');
  for (const restored of [
    undefined,
    { health: 'failure', smoke: '' },
    { health: 'success', smoke: 'failure' },
  ] as const)
    assert.match(decideReleaseOutcome({ ...facts, restored }).what, /Its checks failed, too\.$/);
});

test('what stops behind a migration says that its files stay, whatever stopped it, and nothing else does', () => {
  const applied = step('success', 'applied', 'applied', 'Applied 1 migration');
  const smoke = step('failure', 'fail', 'smoke_failed', '1 of 2 smoke tests failed: notes are listed: status 500');
  const behind = {
    ...passed,
    ...stopped,
    deploy: passed.deploy,
    stagedHealth: passed.stagedHealth,
    stagedSmoke: smoke,
  };
  const { what, decision } = decideReleaseOutcome({ ...behind, migrate: applied });
  assert.equal(decision, 'failed');
  assert.match(
    what,
    /^1 of 2 smoke tests failed: notes are listed: status 500\. Its migrations stay applied; .*mode: rollback/,
  );
  const build = { ...passed, ...stopped, migrate: applied, deploy: step('failure', 'failed', 'build_failed') };
  assert.match(decideReleaseOutcome(build).what, /^the deployment failed; nothing was promoted\. Its migrations stay/);
  assert.doesNotMatch(decideReleaseOutcome(behind).what, /stay applied/);
  const failed = { ...passed, ...stopped, migrate: step('failure', 'failed', 'sql_error', 'line 2: no such column') };
  assert.equal(decideReleaseOutcome(failed).what, 'line 2: no such column');
  assert.doesNotMatch(decideReleaseOutcome({ ...passed, migrate: applied }).what, /stay applied/);
});

test('a release that was cancelled before its promotion says what stands in the database', () => {
  const cancelled = { ...passed, ...stopped, jobStatus: 'cancelled', deploy: step('cancelled') };
  const ofMigrate = (migrate: StepFacts) => decideReleaseOutcome({ ...cancelled, migrate }).what;
  assert.match(ofMigrate(step('success', 'nothing-pending', 'up_to_date')), /production was not touched$/);
  assert.match(ofMigrate(step('success', 'applied', 'applied')), /not touched\. Its migrations stay applied; where/);
  const inStep = step('cancelled', 'cancelled', 'cancelled', 'The run was cancelled');
  assert.match(
    ofMigrate(inStep),
    /not touched\. Whether its migrations are applied is not known; the command migrations/,
  );
});

test('files that were to be taken back because the app failed behind them: the end says what became of them', () => {
  const smoke = step('failure', 'fail', 'smoke_failed', '1 of 2 smoke tests failed');
  const applied = step('success', 'applied', 'applied', 'Applied 1 migration');
  const { deploy, stagedHealth } = passed;
  const behind = { ...passed, ...stopped, deploy, stagedHealth, stagedSmoke: smoke, migrate: applied };
  const cases: [StepFacts | undefined, RegExp][] = [
    [undefined, /\. Its migrations stay applied; where/],
    [none, /\. Its migrations stay applied; where/],
    [
      step('success', 'rolled-back', 'rolled_back', 'Rolled back to 7.'),
      /\. Its migrations were taken back: Rolled back to 7$/,
    ],
    // An earlier attempt had done it and died.
    [
      step('success', 'nothing-pending', 'nothing_to_roll_back', 'Nothing was applied after 7'),
      /were taken back: Nothing/,
    ],
    [
      step('failure', 'refused', 'rollback_sql_missing', 'no rollback SQL'),
      /stay applied, because .*: no rollback SQL; .*mode: rollback/,
    ],
    [
      step('failure', 'could-not-run', 'bad_input', 'age-recipients is needed'),
      /stay applied, because .*age-recipients/,
    ],
    [
      step('failure', 'failed', 'sql_error', 'rollback of 8_b.sql failed'),
      /Taking its migrations back failed: rollback of 8_b\.sql failed; .*mode: rollback tries it again$/,
    ],
    [
      step('failure', 'failed', 'integrity_failed', 'Rolled back to 7; table a is missing'),
      /failed: Rolled back to 7; table a is missing$/,
    ],
    [step('cancelled'), /Taking its migrations back did not finish; the command migrations/],
  ];
  for (const [databaseBack, told] of cases) {
    const ended = decideReleaseOutcome({ ...behind, databaseBack });
    assert.deepEqual([ended.decision, ended.reasonCode, ended.red], ['failed', 'staged_smoke_failed', true]);
    assert.match(ended.what, told);
  }
  const undone = step('failure', 'failed', 'integrity_failed', 'Rolled back to 7; table a is missing');
  const open = (undoOpen: boolean) => decideReleaseOutcome({ ...behind, databaseBack: undone, undoOpen }).incident;
  assert.deepEqual([open(true), open(false)], [true, false], 'what is served runs on a database that is not in order');
  // Applied by an attempt that died.
  const { migrate } = passed;
  const databaseBack = step('success', 'rolled-back', 'rolled_back', 'Rolled back to 7.');
  assert.match(decideReleaseOutcome({ ...behind, migrate, databaseBack }).what, /were taken back: Rolled back to 7$/);
  assert.doesNotMatch(decideReleaseOutcome({ ...behind, migrate, databaseBack: none }).what, /migrations/);
  const tool = step('success', 'applied', 'command_succeeded', '"npx prisma migrate deploy" succeeded');
  const byTool = decideReleaseOutcome({ ...behind, migrate: tool, databaseBack: none }).what;
  assert.match(byTool, /\. What its migration command did stays; where that is the cause, the tool of that command/);
  const filesOfEarlier = 'Nothing was pending, but v1.0.0 had migrated before';
  const told = decideReleaseOutcome({ ...behind, migrate, databaseBack: none, filesOfEarlier });
  assert.match(told.what, /smoke tests failed\. Nothing was pending, but v1\.0\.0 had migrated before$/);
});
