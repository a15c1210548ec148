import assert from 'node:assert/strict';
import type { Ended, ReleaseFixture } from './release-fixture.ts';

/** How a run must have ended. */
export interface ExpectedEnd {
  decision: string;
  reason: string;
  /** Red: the job fails. A cancelled job is cancelled whatever its steps say. */
  conclusion: 'success' | 'failure' | 'cancelled';
  /** What is wrong, in the last line. */
  says: RegExp;
  /** Deployment that production must serve, and that the last line must name; undefined: nothing is served yet. */
  serves: string | undefined;
  /** Address that serves it; default the production domain. */
  at?: string;
  /** False: Vercel could not be asked, and the last line says so. Default true. */
  asked?: boolean;
  /** What to do, in the last line. Default: it names something after "Next". */
  next?: RegExp | null;
}

/** Decision, reason, colour, what serves, and one last line that says what is wrong, what serves now and what to do. */
export function expectEnd(fixture: ReleaseFixture, ended: Ended, expected: ExpectedEnd): void {
  const { decision, reasonCode, conclusion, lastLine, report } = ended;
  const story = [lastLine, ...ended.errors, ...ended.warnings, report.error ?? ''].join('\n');
  assert.deepEqual(
    { decision, reason: reasonCode, conclusion },
    { decision: expected.decision, reason: expected.reason, conclusion: expected.conclusion },
    story,
  );
  assert.equal(fixture.served(expected.at), expected.serves, story);
  assert.equal(lastLine.includes('\n'), false, lastLine);
  assert.match(lastLine, expected.says);
  if (expected.asked === false) assert.match(lastLine, /Vercel did not say what \w+ serves now/);
  else if (expected.serves !== undefined) {
    assert.match(lastLine, new RegExp(`Now serving on \\w+: .*${expected.serves}`));
  } else assert.match(lastLine, /serves nothing yet/);
  if (expected.next !== null) assert.match(lastLine, expected.next ?? /Next(, at once)?: \S/);
  if (expected.conclusion === 'failure') assert.ok(ended.errors.length > 0, 'a red end has an error annotation');
}

/** Nothing was opened that stays open: every entry has an end, auto-assign is what it was, nothing is locked. */
export async function expectSettled(fixture: ReleaseFixture, autoAssign: boolean): Promise<void> {
  const open = (await fixture.entries()).filter(({ decision }) => decision === undefined);
  assert.deepEqual(
    open.map(({ version }) => version),
    [],
    'no open entry',
  );
  assert.equal(fixture.autoAssign(), autoAssign);
  assert.deepEqual(await fixture.locks(), []);
}
