import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type ExpectedEnd, expectEnd, expectSettled } from './expect-end.ts';
import { type Ended, opsFile, type ReleaseFixture, type RunRequest, releaseFixture } from './release-fixture.ts';

const migration = 'CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY);\n';

describe('what is refused before anything is touched', () => {
  let fixture: ReleaseFixture;
  let live = '';
  let writes = 0;
  let refused = 0;

  before(async () => {
    fixture = await releaseFixture({ sandbox: { vercel: { gitLink: true } } });
    live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
  });
  after(() => fixture[Symbol.asyncDispose]());
  beforeEach(() => {
    writes = fixture.writes('vercel').length;
  });

  async function expectUntouched(): Promise<void> {
    assert.deepEqual(fixture.writes('vercel').slice(writes), [], 'nothing was sent to Vercel that changes anything');
    assert.equal((await fixture.entries()).length, 1, 'no entry was opened');
    await expectSettled(fixture, true);
  }

  async function refuse(
    request: Omit<RunRequest, 'version'>,
    expected: Pick<ExpectedEnd, 'reason' | 'says' | 'asked'>,
  ): Promise<Ended> {
    const ended = await fixture.release({ version: `v2.0.${++refused}`, ...request });
    expectEnd(fixture, ended, { decision: 'refused', conclusion: 'failure', serves: live, ...expected });
    await expectUntouched();
    return ended;
  }

  test('an unknown input is warned about by name with the ones there are; what it should have done is not assumed', async () => {
    const ended = await fixture.release({ version: 'v1.0.0', inputs: { dryrun: 'true', 'dry-run': 'true' } });
    expectEnd(fixture, ended, {
      decision: 'already-current',
      reason: 'already_current',
      conclusion: 'success',
      says: /already serves the commit of v1\.0\.0/,
      serves: live,
      next: null,
    });
    assert.match(ended.warnings.join('\n'), /Unexpected input\(s\) 'dryrun', valid inputs are \[.*'dry-run'/);
  });

  test('a value that an input does not know is refused with what is allowed, also one that only a later step reads', async () => {
    const ended = await refuse(
      { inputs: { 'stop-after': 'stage', 'dry-run': 'maybe', incident: 'nowhere' } },
      { reason: 'bad_input', says: /dry-run, stop-after|stop-after, dry-run/ },
    );
    assert.match(
      ended.errors.join('\n'),
      /stop-after: is not one of the known words \(given: "stage"\)\. Allowed: staged/,
    );
    assert.match(ended.errors.join('\n'), /incident: is not one of the known words/);
  });

  test('missing secrets are named all at once', async () => {
    const ended = await refuse(
      { inputs: { 'vercel-token': '', 'github-token': '' } },
      { reason: 'github_token_missing', says: /no GitHub token.*Also: there is no Vercel token/, asked: false },
    );
    assert.match(ended.errors.join('\n'), /no Vercel token.*VERCEL_TOKEN/);
  });

  test('a secret under four characters is refused, not masked', async () => {
    await refuse({ inputs: { 'vercel-token': 'abc' } }, { reason: 'bad_input', says: /vercel-token/, asked: false });
  });

  test('every mistake of a malformed configuration is listed with its line, and Vercel is not asked to change anything', async () => {
    const text = [
      'version: 1',
      'vercel: { project: notes-app, team: sandbox-team, token: abc }',
      'health:',
      '  - { path: api/health }',
      'watch:',
      '  window: soon',
      '  rulez: []',
    ].join('\n');
    const ended = await refuse(
      { files: { '.github/ops.yml': text }, inputs: { 'vercel-project': 'notes-app', 'vercel-team': 'sandbox-team' } },
      { reason: 'bad_input', says: /4 mistakes/ },
    );
    const told = ended.errors.join('\n');
    for (const [line, what] of [
      [2, 'vercel.token'],
      [4, 'health'],
      [6, 'watch.window'],
      [7, 'watch.rulez'],
    ]) {
      assert.match(told, new RegExp(`\\.github/ops\\.yml:${line} ${what}`), told);
    }
  });

  test('a project that the team does not have', async () => {
    await refuse(
      { inputs: { 'vercel-project': 'prj_somebodyElses' } },
      { reason: 'project_not_found', says: /prj_somebodyElses/, asked: false },
    );
  });

  test('a team that the token cannot see', async () => {
    await refuse({ inputs: { 'vercel-team': 'other-team' } }, { reason: 'wrong_team', says: /team/, asked: false });
  });

  test('an expired token', async () => {
    const token = 'vcp_expired_yesterday_1234';
    const ended = await refuse(
      { inputs: { 'vercel-token': token } },
      { reason: 'vercel_token_rejected', says: /not valid or has expired.*vercel\.com\/account\/tokens/, asked: false },
    );
    assert.equal(JSON.stringify(ended.report).includes(token), false);
  });

  test('a migrations folder without a connection to the database', async () => {
    await refuse(
      { files: { 'supabase/migrations/20260105090000_create_notes.sql': migration } },
      { reason: 'database_url_missing', says: /supabase\/migrations.*DATABASE_URL/ },
    );
  });

  test('a database that cannot be reached: the password is nowhere', async () => {
    const ended = await refuse(
      {
        files: { 'supabase/migrations/20260105090000_create_notes.sql': migration },
        inputs: {
          'database-url': 'postgresql://notes:correct-horse-battery@127.0.0.1:1/notes?sslmode=disable',
          'age-recipients': 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
        },
      },
      { reason: 'database_unreachable', says: /cannot connect to 127\.0\.0\.1:1\/notes.*Check host and port/ },
    );
    assert.equal(JSON.stringify(ended.report).includes('correct-horse-battery'), false);
  });

  test('deployments behind a login, and no secret to get past it', async () => {
    fixture.sandbox.vercel.protect(fixture.sandbox.vercel.project, 'all');
    try {
      await refuse(
        {},
        { reason: 'protected_without_bypass', says: /Vercel Authentication.*VERCEL_AUTOMATION_BYPASS_SECRET/ },
      );
    } finally {
      fixture.sandbox.vercel.protect(fixture.sandbox.vercel.project, null);
    }
  });

  test('a watch that would ask somebody, where nothing waits for the answer: both ways out are named', async () => {
    const watch = { source: 'probe', window: '1s', interval: '500ms', mode: 'approve' };
    await refuse(
      { files: { '.github/ops.yml': opsFile({ watch }) } },
      {
        reason: 'approval_not_enforced',
        says: /watch\.mode: approve.*deploy-production\.yml.*mode: auto.*mode: notify/,
      },
    );
    fixture.sandbox.github?.protectEnvironment('production-rollback', 0);
    await refuse(
      { files: { '.github/ops.yml': opsFile({ watch }) }, inputs: { 'rollback-environment': 'production-rollback' } },
      { reason: 'approval_not_enforced', says: /production-rollback has no required reviewers/ },
    );
  });

  test('a Git integration that brings every push live by itself: both ways out are named', async () => {
    await refuse(
      { files: { 'vercel.json': '{}' } },
      { reason: 'push_goes_live', says: /build: adopt.*Auto-assign.*deploymentEnabled/ },
    );
  });

  test('a dry run says what would be done and changes nothing', async () => {
    const github = fixture.writes('github').length;
    const slack = fixture.writes('slack').length;
    const ended = await fixture.release({ version: 'v3.0.0', inputs: { 'dry-run': 'true' } });
    expectEnd(fixture, ended, {
      decision: 'planned',
      reason: 'dry_run',
      conclusion: 'success',
      says: /v3\.0\.0 could be released/,
      serves: live,
      next: null,
    });
    await expectUntouched();
    assert.equal(fixture.writes('github').length, github);
    assert.equal(fixture.writes('slack').length, slack);
  });

  test('the way back with a configuration that is not there', async () => {
    const inputs = { config: 'nowhere.yml', 'vercel-project': 'notes-app', 'vercel-team': 'sandbox-team' };
    const ended = await fixture.rollback({ version: 'v3.0.0', inputs });
    const says = /One mistake in the inputs: config/;
    expectEnd(fixture, ended, { decision: 'refused', reason: 'bad_input', conclusion: 'failure', says, serves: live });
    assert.match(ended.errors.join('\n'), /config: cannot be read.*nowhere\.yml/);
    await expectUntouched();
  });
});
