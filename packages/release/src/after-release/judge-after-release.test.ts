import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '#config/load-config';
import { type AfterReleaseFacts, readAfterRelease } from './after-release-record.ts';
import {
  answersOfLooks,
  answersToRecord,
  judgeAfterRelease,
  looksWanted,
  newsOf,
  requirementsBehind,
} from './judge-after-release.ts';
import type { Measurement } from './judge-window.ts';
import { windowsToRemindOf } from './plan-reminders.ts';
import { planWindows } from './plan-windows.ts';
import { namesToConfirm, readConfirmations } from './read-confirmations.ts';

const minute = 60_000;
const hour = 60 * minute;
const promotedAt = Date.parse('2026-03-02T10:00:00Z');
const nothing = readAfterRelease({ facts: [] });

/** Every requirement of every window passed and every confirmation given. */
function allGood(planned: ReturnType<typeof planWindows>): { measured: Measurement[]; facts: AfterReleaseFacts } {
  const all = planned.flatMap(({ name, require }) => require.map((each) => ({ name, ...each })));
  const measured = all.map(({ name, text }) => ({
    window: name,
    require: text,
    verdict: 'pass' as const,
    value: 'good',
    at: promotedAt,
  }));
  const names = all.flatMap(({ requirement, confirm }) => (requirement.kind === 'confirmation' ? confirm : []));
  return { measured, facts: { ...nothing, confirmed: new Map(names.map((name) => [name, promotedAt])) } };
}

const stated = {
  'staging-branch': [['watch', 0, 15]],
  'tag-release': [['watch', 0, 15]],
  'push-to-main': [['watch', 0, 15]],
  'validated-pipeline': [
    ['immediate', 0, 5],
    ['step-5', 0, 30],
    ['short-term', 5, 30],
    ['standard', 30, 120],
    ['extended', 120, 1440],
    ['first-30m', 0, 30],
  ],
  'blue-green': [
    ['blue-green', 0, 15],
    ['watch', 0, 60],
  ],
} as const;

for (const [preset, windows] of Object.entries(stated)) {
  test(`the windows of ${preset} open and close at the minutes of its runbook (PDW-01)`, async () => {
    const given = { file: 'ops.yml', text: `extends: ${preset}`, environment: 'production', throwAway: false };
    const { settings } = await loadConfig({ ...given, readReference: async () => assert.fail('nothing is fetched') });
    const afterRelease = settings.afterRelease ?? assert.fail('no windows');
    const planned = planWindows(afterRelease);
    assert.deepEqual(
      planned.map(({ name, from, until }) => [name, from / minute, until / minute]),
      windows,
    );
    const good = allGood(planned);
    const verdictsAt = (minutes: number) =>
      judgeAfterRelease(afterRelease, { promotedAt, now: promotedAt + minutes * minute, ...good }).windows;
    for (const [name, , until] of windows) {
      const before = verdictsAt(until - 1).find((window) => window.name === name);
      const at = verdictsAt(until).find((window) => window.name === name);
      assert.deepEqual([before?.verdict, at?.verdict], ['open', 'pass'], name);
    }
  });
}

describe('a day after a release with a failed backup (PDW-07)', () => {
  const settings = {
    windows: [{ name: 'extended', from: 2 * hour, until: 24 * hour, require: ['backups running', 'health ok'] }],
  };
  const now = promotedAt + 24 * hour;
  const planned = planWindows(settings);
  const answers = new Map([
    ['backups', { verdict: 'open' as const, value: 'the platform’s backup failed' }],
    ['health', { verdict: 'pass' as const, value: '2 checks passed' }],
  ]);

  test('the window stays open, and that is told once', () => {
    const measured = answersOfLooks(planned, answers, { promotedAt, now, facts: nothing });
    const state = judgeAfterRelease(settings, { promotedAt, now, facts: nothing, measured });
    const [window] = state.windows;
    assert.deepEqual([window?.verdict, window?.overdue], ['open', true]);
    assert.deepEqual(window?.reasons, ['backups running: the platform’s backup failed']);
    assert.equal(newsOf(state, now, nothing).length, 1);
    assert.equal(newsOf(state, now, { ...nothing, told: new Map([['extended', 'open']]) }).length, 0);
    // Only what is final is kept: tomorrow's backup may be there.
    assert.deepEqual(
      answersToRecord(state, { measured, facts: nothing }).map(({ require }) => require),
      ['health ok'],
    );
  });

  test('nothing is looked at before the window begins, and a late look says how late', () => {
    assert.deepEqual(answersOfLooks(planned, answers, { promotedAt, now: promotedAt + hour, facts: nothing }), []);
    const late = answersOfLooks(planned, answers, { promotedAt, now: now + 25 * minute, facts: nothing });
    assert.match(late[1]?.value ?? '', /^2 checks passed; looked 25 min after the window$/);
  });

  test('what has its answer is not looked at again, nor what has not begun', () => {
    const wanted = (at: number, facts = nothing) => [...looksWanted(planned, { promotedAt, now: at, facts })];
    assert.deepEqual(wanted(promotedAt + hour), []);
    assert.deepEqual(wanted(now), ['backups', 'health']);
    const check = { window: 'extended', require: 'health ok', verdict: 'pass' as const, value: '', at: now };
    assert.deepEqual(wanted(now, { ...nothing, checks: [check] }), ['backups']);
  });

  test('nobody waits for ever', () => {
    const at = (days: number) =>
      judgeAfterRelease(settings, { promotedAt, now: now + days * 24 * hour, facts: nothing, measured: [] }).unfinished;
    assert.deepEqual([at(6), at(8)], [false, true]);
  });
});

test('the ledger gets that rows are wrong, never how many (S5)', () => {
  const settings = { windows: [{ name: 'standard', from: 0, until: hour, require: ['data-integrity passed'] }] };
  const answer = { window: 'standard', require: 'data-integrity passed', verdict: 'fail' as const, at: promotedAt };
  const measured = [{ ...answer, value: 'orphans: 3 rows' }];
  const state = judgeAfterRelease(settings, { promotedAt, now: promotedAt + hour, facts: nothing, measured });
  const [recorded] = answersToRecord(state, { measured, facts: nothing });
  assert.deepEqual([recorded?.verdict, recorded?.value], ['fail', '']);
  const [window] = state.windows;
  assert.ok(window);
  assert.match(window.reasons.join(), /3 rows/);
  assert.equal(requirementsBehind(window), 'data-integrity passed');
  // A later run has the verdict alone.
  const facts = { ...nothing, checks: [{ ...answer, value: '' }] };
  const later = judgeAfterRelease(settings, { promotedAt, now: promotedAt + hour, facts, measured: [] }).windows[0];
  assert.deepEqual(later?.reasons, ['data-integrity passed: something is wrong: the run that looked says what']);
});

describe('who confirms', () => {
  const names = new Map([
    ['team-feedback', 0],
    ['team-validated', 0],
  ]);
  const comment = (id: number, by: string, body: string, given: { edited?: boolean; isPerson?: boolean } = {}) => ({
    id,
    by,
    body,
    createdAt: id * 1000,
    edited: given.edited ?? false,
    isPerson: given.isPerson ?? true,
  });
  const read = (...comments: ReturnType<typeof comment>[]) =>
    readConfirmations(comments, names, (login) => login !== 'mallory');

  test('counts by name and time for those who may, the first of them; nobody else (PDW-13)', () => {
    const found = read(
      comment(1, 'mallory', 'confirm team-feedback'),
      comment(2, 'alice', 'All fine.\r\nconfirm team-feedback\r\n'),
      comment(3, 'bob', '/confirm team-feedback'),
    );
    assert.deepEqual(found.counted, [{ name: 'team-feedback', by: 'alice', at: 2000 }]);
    const alone = read(comment(1, 'mallory', 'confirm team-validated')).refused;
    assert.deepEqual(alone, [{ name: 'team-validated', by: 'mallory', at: 1000, why: 'may not confirm' }]);
  });

  test('a word about a time that had not begun counts for nothing', () => {
    const asked = new Map([['golden-paths-in-late', 3000]]);
    const given = (id: number) =>
      readConfirmations([comment(id, 'alice', 'confirm golden-paths-in-late')], asked, () => true);
    assert.match(given(2).refused[0]?.why ?? '', /before its time had begun/);
    assert.equal(given(3).counted.length, 1);
    const settings = {
      windows: [
        { name: 'early', from: 0, until: hour, require: ['golden-paths passed'] },
        {
          name: 'late',
          from: hour,
          until: 2 * hour,
          require: ['golden-paths passed', 'error-rate below 1% within 1h', 'error-rate below 2% within 1h'],
        },
      ],
    };
    const askedAt = (now: number) => {
      const { windows } = judgeAfterRelease(settings, {
        promotedAt,
        now: promotedAt + now,
        facts: nothing,
        measured: [],
      });
      return [...namesToConfirm(windows, []).keys()];
    };
    assert.deepEqual(askedAt(minute), ['golden-paths-in-early']);
    assert.deepEqual(askedAt(hour), [
      'golden-paths-in-early',
      'golden-paths-in-late',
      'error-rate-below-1-percent-within-1h-in-late',
      'error-rate-below-2-percent-within-1h-in-late',
    ]);
    const facts = { ...nothing, confirmed: new Map([['golden-paths-in-early', promotedAt + minute]]) };
    const { windows } = judgeAfterRelease(settings, { promotedAt, now: promotedAt + 2 * hour, facts, measured: [] });
    assert.deepEqual(
      windows.map(({ verdict }) => verdict),
      ['pass', 'open'],
    );
  });

  test('neither edited comments, nor apps, nor other words mean anything', () => {
    for (const body of [
      '`confirm team-feedback`',
      '> confirm team-feedback',
      'please confirm team-feedback',
      'confirm x',
    ])
      assert.deepEqual(read(comment(1, 'alice', body)), { counted: [], refused: [] });
    assert.equal(read(comment(1, 'alice', 'confirm team-feedback', { edited: true })).counted.length, 0);
    assert.equal(read(comment(1, 'some-app', 'confirm team-feedback', { isPerson: false })).counted.length, 0);
  });

  test('is reminded once, in the last quarter of the window, an hour at most', () => {
    const settings = {
      windows: [{ name: 'standard', from: 0, until: 2 * hour, require: ['team-feedback confirmed'] }],
    };
    const due = (minutes: number, reminded = new Set<string>()) => {
      const now = promotedAt + minutes * minute;
      const { windows } = judgeAfterRelease(settings, { promotedAt, now, facts: nothing, measured: [] });
      return windowsToRemindOf(windows, now, reminded).map(({ name, waiting }) => [name, ...waiting]);
    };
    assert.deepEqual(due(89), []);
    assert.deepEqual(due(90), [['standard', 'team-feedback-in-standard']]);
    assert.deepEqual(due(90, new Set(['standard'])), []);
  });
});
