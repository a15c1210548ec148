import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '#config/load-config';
import { formatFact, parseFact } from '../release-record.ts';
import { afterReleaseLedger, readAfterRelease } from './after-release-record.ts';
import { answersForEverybody } from './answers-for-everybody.ts';
import { answersOfLooks, answersToRecord, judgeAfterRelease, looksWanted } from './judge-after-release.ts';
import { judgeGate, type LookAnswer } from './judge-looks.ts';
import { looksDue } from './looks-due.ts';
import { planWindows } from './plan-windows.ts';
import { namesToConfirm } from './read-confirmations.ts';

const minute = 60_000;
const promotedAt = Date.parse('2026-03-02T10:00:00Z');
const nothing = readAfterRelease({ facts: [] });

const file = `
smoke:
  features: { login: npm run e2e:login, publishing: [/api/publish], imports: confirm }
after-release:
  windows: [{ name: short-term, from: 5m, until: 30m, require: [features passed] }]
  sign-off: [features-passed, team-validated]
`;

async function read(text: string) {
  const given = { file: 'ops.yml', text, environment: 'production', throwAway: false };
  return (await loadConfig({ ...given, readReference: async () => assert.fail('nothing is fetched') })).settings;
}

test('each critical feature is judged, signed off and confirmed by its own name (PDW-05)', async () => {
  const { afterRelease = assert.fail('none'), smoke } = await read(file);
  const planned = planWindows(afterRelease);
  assert.deepEqual(
    [...looksWanted(planned, { promotedAt, now: promotedAt + 4 * minute, facts: nothing })],
    [],
    'nothing is tried before minute 5',
  );
  const now = promotedAt + 5 * minute;
  const wanted = [...looksWanted(planned, { promotedAt, now, facts: nothing })];
  assert.deepEqual(wanted, ['feature login', 'feature publishing', 'feature imports']);
  assert.deepEqual(looksDue(wanted, smoke), { kinds: [], features: ['login', 'publishing'] });

  const answers = new Map<string, LookAnswer>([
    ['feature login', judgeGate('pass', 'exit code 0')],
    ['feature publishing', judgeGate('fail', 'GET /api/publish: status 500')],
    ['feature imports', { verdict: 'needs-confirmation', value: 'ops.yml has no check for imports' }],
  ]);
  const measured = answersOfLooks(planned, answers, { promotedAt, now, facts: nothing });
  const state = judgeAfterRelease(afterRelease, { promotedAt, now, facts: nothing, measured });
  const [window = assert.fail('no window')] = state.windows;
  assert.deepEqual(
    window.checks.map(({ require, verdict }) => [require, verdict]),
    [
      ['feature login passed', 'pass'],
      ['feature publishing passed', 'fail'],
      ['feature imports passed', 'open'],
    ],
  );
  assert.deepEqual(
    [window.verdict, window.reasons],
    ['fail', ['feature publishing passed: GET /api/publish: status 500']],
  );
  assert.deepEqual(
    state.signOff.items.map(({ name, verdict }) => [name, verdict]),
    [
      ['feature-login-passed', 'pass'],
      ['feature-publishing-passed', 'fail'],
      ['feature-imports-passed', 'open'],
      ['team-validated', 'open'],
    ],
  );
  assert.deepEqual(
    [...namesToConfirm(state.windows, []).keys()],
    ['feature-imports-in-short-term'],
    'a person confirms only what has no check',
  );
  assert.deepEqual(
    answersForEverybody(planned, measured).map(({ value }) => value),
    ['it holds', 'it does not hold: the run that looked says why', 'no source decides it'],
  );
});

test('a feature that could not be tried is tried again, the others are not', async () => {
  const { afterRelease = assert.fail('none'), smoke } = await read(file);
  const planned = planWindows(afterRelease);
  const now = promotedAt + 40 * minute;
  const answers = new Map<string, LookAnswer>([
    ['feature login', judgeGate('could-not-run', 'npm: command not found')],
    ['feature publishing', judgeGate('pass', '1 smoke test passed')],
  ]);
  const measured = answersOfLooks(planned, answers, { promotedAt, now, facts: nothing });
  const state = judgeAfterRelease(afterRelease, { promotedAt, now, facts: nothing, measured });
  assert.equal(state.windows[0]?.verdict, 'open', 'imports waits for a person');
  const lines: string[] = [];
  const record = async (...[step, kind, word, text]: Parameters<typeof formatFact>) =>
    void lines.push(formatFact(step, kind, word, text));
  const ledger = afterReleaseLedger({ id: 1, record }, { decision: 'released' });
  for (const answer of answersToRecord(state, { measured, facts: nothing })) await ledger.check(answer);
  const facts = readAfterRelease({ facts: lines.flatMap((line) => parseFact(line, now) ?? []) });
  const wanted = [...looksWanted(planned, { promotedAt, now, facts })];
  assert.deepEqual(looksDue(wanted, smoke).features, ['login']);
  const confirmed = new Map([['feature-imports-in-short-term', now]]);
  const later = judgeAfterRelease(afterRelease, {
    promotedAt,
    now,
    facts: { ...facts, confirmed },
    measured: answersOfLooks(
      planned,
      new Map<string, LookAnswer>([
        ['feature login', judgeGate('could-not-run', 'npm: command not found')],
        ['feature imports', { verdict: 'needs-confirmation', value: 'ops.yml has no check for imports' }],
      ]),
      { promotedAt, now, facts },
    ),
  });
  assert.deepEqual(
    [later.windows[0]?.verdict, later.windows[0]?.reasons],
    ['could-not-run', ['feature login passed: npm: command not found; looked 10 min after the window']],
  );
});

test('where ops.yml names no features, a person confirms all of them at once', async () => {
  const { afterRelease = assert.fail('none') } = await read(file.replace(/^ {2}features.*$/m, '  command: make smoke'));
  const [{ require = [] } = {}] = planWindows(afterRelease);
  assert.deepEqual(require, [
    { text: 'features passed', requirement: { kind: 'confirmation' }, confirm: 'features-in-short-term' },
  ]);
  assert.deepEqual(afterRelease.signOff, ['features-passed', 'team-validated']);
});

test('a feature of a window that nobody names is a mistake, and the nearest name is told', async () => {
  const text = file.replace('[features passed]', "['feature logni passed', 'feature login passed']");
  await assert.rejects(read(text), /there is no feature "logni"; did you mean login\?/);
});

test('a file takes a feature of its preset over with a command of its own', async () => {
  const text = `
extends: validated-pipeline
smoke: { features: { login-logout: npm run e2e -- --grep @login } }
`;
  const { smoke, afterRelease } = await read(text);
  assert.deepEqual(smoke.features, [
    { name: 'login-logout', command: 'npm run e2e -- --grep @login' },
    { name: 'test-creation-execution' },
    { name: 'results-publishing' },
  ]);
  const window = afterRelease?.windows?.find(({ name }) => name === 'short-term');
  assert.deepEqual(window?.require, [
    'smoke passed',
    'end-to-end passed',
    'feature login-logout passed',
    'feature test-creation-execution passed',
    'feature results-publishing passed',
    'database normal',
  ]);
});
