import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '#config/load-config';
import { parseRule } from '#config/rules';
import type { AfterReleaseSettings } from '#config/settings';
import { formatFact, parseFact } from '../release-record.ts';
import { afterReleaseLedger, readAfterRelease } from './after-release-record.ts';
import { classifyRequirement, rulesOf } from './classify-requirement.ts';
import { judgeSignOff } from './judge-sign-off.ts';
import { judgeWindow, type Measurement } from './judge-window.ts';
import { planWindows } from './plan-windows.ts';

const minute = 60_000;
const hour = 60 * minute;
const promotedAt = Date.parse('2026-03-02T10:00:00Z');

async function preset(name: string): Promise<AfterReleaseSettings> {
  const given = { file: 'ops.yml', text: `extends: ${name}`, environment: 'production', throwAway: false };
  const { settings } = await loadConfig({ ...given, readReference: async () => assert.fail('nothing is fetched') });
  return settings.afterRelease ?? assert.fail(`${name} names no windows`);
}

/** What the statuses of a ledger entry say after these records, as GitHub gives them back. */
async function recorded(write: (ledger: ReturnType<typeof afterReleaseLedger>) => Promise<void>, at = promotedAt) {
  const lines: string[] = [];
  const ledger = afterReleaseLedger(
    { id: 1, record: async (step, kind, word, text) => void lines.push(formatFact(step, kind, word, text)) },
    { decision: 'released' },
  );
  await write(ledger);
  assert.ok(lines.every((line) => line.length <= 140));
  return readAfterRelease({ facts: lines.flatMap((line) => parseFact(line, at) ?? []) });
}
const nothing = readAfterRelease({ facts: [] });

function state(settings: AfterReleaseSettings, now: number, measured: readonly Measurement[] = [], facts = nothing) {
  const planned = planWindows(settings);
  const windows = planned.map((window) => judgeWindow(window, { promotedAt, now, facts, measured }));
  return { windows, signOff: judgeSignOff(settings.signOff, { planned, windows, facts, promotedAt, now }) };
}

describe('what a requirement of a window is answered by', () => {
  const rows: [string, string][] = [
    ['error-rate below 1%', 'error-rate above 1% within 300000ms: notify'],
    ['p95 below 2s', 'p95 above 2000ms within 300000ms: notify'],
    ['p95 normal', 'p95 above 1.25x baseline and at least 50ms within 300000ms: notify'],
    ['new-issues below 1', 'new-issues above 0 within 300000ms: notify'],
    ['lcp below 2.5s', 'lcp above 2500ms within 300000ms: notify'],
    ['api-response-time below 500ms', 'api-response-time above 500ms within 300000ms: notify'],
    ['function-errors below 5 per 1m', 'function-errors above 4 per 1m within 300000ms: notify'],
    ['auth-failures below 10 per 5m', 'confirmation'],
    ['auth-failures below 10 per 1h', 'confirmation'],
    ['error-rate below 1% within 1h', 'confirmation'],
    ['p95 below 2s per 1m', 'confirmation'],
    ['new-issues below 1 per 1m', 'confirmation'],
    ['health ok', 'health'],
    ['database-queries normal', 'queries'],
    ['database-pool normal', 'database'],
    ['recovery verified', 'recovery'],
    ['feature login passed', 'feature'],
    ['features passed', 'confirmation'],
    ['golden-paths passed', 'confirmation'],
    ['team-feedback confirmed', 'confirmation'],
    ['anomalies below 1', 'metrics'],
    ['metrics normal', 'metrics'],
    ['documentation-updated confirmed', 'confirmation'],
  ];
  for (const [text, expected] of rows) {
    test(text, () => {
      const found = classifyRequirement(text, { lengthMs: 5 * minute });
      for (const rule of rulesOf(found)) parseRule(rule);
      assert.equal(found.kind === 'rule' ? found.rule : found.kind, expected);
    });
  }

  const confirmed: Record<string, string[]> = {
    'staging-branch': [],
    'tag-release': [],
    'push-to-main': [],
    'validated-pipeline': [
      'team-feedback-in-standard',
      'documentation-updated-in-extended',
      'issues-noted-in-extended',
    ],
    'blue-green': ['golden-paths-in-blue-green'],
  };
  for (const [name, people] of Object.entries(confirmed)) {
    test(`${name}: everything is measured but ${people.join(', ') || 'nothing'}`, async () => {
      const windows = planWindows(await preset(name));
      const requirements = windows.flatMap(({ require }) => require);
      for (const { requirement } of requirements) for (const rule of rulesOf(requirement)) parseRule(rule);
      assert.deepEqual(
        requirements.flatMap(({ requirement, confirm }) => (requirement.kind === 'confirmation' ? confirm : [])),
        people,
      );
    });
  }
});

describe('a window', () => {
  const settings = { windows: [{ name: 'watch', from: 0, until: hour, require: ['error-rate below 1%'] }] };
  const passed = { window: 'watch', require: 'error-rate below 1%', verdict: 'pass' as const, value: '0.2 %', at: 0 };

  test('is open at minute 59 and passes at minute 60, whatever was measured before (PDW-09)', () => {
    const [at59] = state(settings, promotedAt + 59 * minute, [passed]).windows;
    assert.deepEqual([at59?.verdict, at59?.reasons], ['open', ['its time is not over']]);
    const at60 = state(settings, promotedAt + 60 * minute, [passed]);
    assert.deepEqual([at60.windows[0]?.verdict, at60.signOff.state], ['pass', 'complete']);
  });

  test('fails at once and for good, with the requirement that broke', async () => {
    const broken = { ...passed, verdict: 'fail' as const, value: '3.1 % of 1200 requests' };
    const [failed] = state(settings, promotedAt + 10 * minute, [broken]).windows;
    assert.deepEqual([failed?.verdict, failed?.reasons], ['fail', ['error-rate below 1%: 3.1 % of 1200 requests']]);
    const facts = await recorded((ledger) => ledger.check(broken));
    const later = state(settings, promotedAt + 2 * hour, [passed], facts);
    assert.deepEqual([later.windows[0]?.verdict, later.signOff.state], ['fail', 'open']);
  });

  test('without an answer is never a pass: not measured, could not run, no source tells it', () => {
    const now = promotedAt + 2 * hour;
    const verdictOf = (measured: Measurement[]) => state(settings, now, measured).windows[0];
    assert.deepEqual([verdictOf([])?.verdict, verdictOf([])?.overdue], ['open', true]);
    const blind = verdictOf([{ ...passed, verdict: 'could-not-run', value: 'source_blind' }]);
    assert.deepEqual(
      [blind?.verdict, blind?.overdue, blind?.reasons],
      ['could-not-run', true, ['error-rate below 1%: source_blind']],
    );
    const asks = verdictOf([{ ...passed, verdict: 'needs-confirmation', value: 'no source tells it' }]);
    assert.equal(asks?.verdict, 'open');
    assert.match(asks?.reasons[0] ?? '', /no source tells it; nobody has confirmed error-rate-in-watch yet/);
  });

  test('of 3 % in minute 10 tells the windows apart by their own limits (PDW-04)', async () => {
    const presetOf = await preset('validated-pipeline');
    const measured: Measurement[] = [
      { window: 'first-30m', require: 'error-rate below 1%', verdict: 'fail', value: '3 %', at: 0 },
      { window: 'step-5', require: 'error-rate below 5%', verdict: 'pass', value: '3 %', at: 0 },
    ];
    const { windows, signOff } = state(presetOf, promotedAt + 31 * minute, measured);
    const step5 = windows.find(({ name }) => name === 'step-5')?.checks[0];
    assert.equal(step5?.verdict, 'pass');
    const item = signOff.items.find(({ name }) => name === 'error-rate-below-1-percent-for-30m');
    assert.deepEqual([item?.verdict, item?.value], ['fail', 'error-rate below 1%: 3 %']);
  });
});

describe('the sign-off of the validated pipeline (PDW-08)', () => {
  test('is open with seven of eight and complete with the eighth', async () => {
    const settings = await preset('validated-pipeline');
    const now = promotedAt + 25 * hour;
    const planned = planWindows(settings);
    const facts = await recorded(async (ledger) => {
      for (const window of planned) {
        for (const { text, requirement, confirm } of window.require) {
          if (requirement.kind === 'confirmation') await ledger.confirmed(confirm);
          else await ledger.check({ window: window.name, require: text, verdict: 'pass', value: 'measured' });
        }
      }
      await ledger.confirmed('team-validated');
    });
    const seven = state(settings, now, [], facts).signOff;
    assert.equal(seven.state, 'open');
    assert.deepEqual(
      seven.items.filter(({ verdict }) => verdict !== 'pass').map(({ name, value }) => [name, value]),
      [['user-feedback-positive', 'nobody has confirmed it yet']],
    );
    assert.equal(seven.items.length, 8);
    const eight = { ...facts, confirmed: new Map([...facts.confirmed, ['user-feedback-positive', now]]) };
    assert.equal(state(settings, now, [], eight).signOff.state, 'complete');
    // Not stable for a day yet, whatever else is ticked.
    const early = state(settings, promotedAt + 23 * hour, [], eight).signOff;
    assert.match(
      early.items.find(({ name }) => name === 'stable-24h')?.value ?? '',
      /24h are not over|1d are not over/,
    );
  });

  test('what no window asks for is a person’s word, never ticked by itself', () => {
    const { signOff } = state({ signOff: ['smoke-passed'] }, promotedAt + hour);
    assert.deepEqual(signOff.items, [
      { name: 'smoke-passed', verdict: 'open', value: 'nobody has confirmed it yet', confirm: 'smoke-passed' },
    ]);
  });
});
