import type { Finding } from '../decide-preflight.ts';
import type { LookAnswer } from './judge-looks.ts';

/**
 * Whether the tests of the released commit passed (PDW-04): the checks that ops.yml requires are green, and the smoke tests of the
 * release itself passed. Where ops.yml names neither, a check never reported or the release ended otherwise, a person says it. Pure.
 */
export function judgeTests(given: {
  /** Names under release.required-checks. */
  required: readonly string[];
  /** What stands against the commit in them. */
  against: readonly Pick<Finding, 'code' | 'message'>[];
  /** Whether ops.yml names smoke tests, which the release ran. */
  hasSmoke: boolean;
  /** How the release ended; undefined while it goes on. */
  decision: string | undefined;
}): LookAnswer {
  const { required, against, hasSmoke, decision } = given;
  const ask = (value: string): LookAnswer => ({ verdict: 'needs-confirmation', value });
  if (required.length === 0) return ask('ops.yml names no release.required-checks');
  if (!hasSmoke) return ask('ops.yml names no smoke tests');
  const found = (code: string) => against.find((each) => each.code === code)?.message;
  const failed = found('check_failed');
  if (failed !== undefined) return { verdict: 'fail', value: failed };
  const pending = found('check_pending');
  if (pending !== undefined) return { verdict: 'open', value: pending };
  const missing = found('check_missing');
  if (missing !== undefined) return ask(missing);
  if (decision === undefined || decision === 'watch-continues')
    return { verdict: 'open', value: 'the release itself has not ended yet' };
  if (decision !== 'released')
    return ask(`the release ended as ${decision}, which does not say that its smoke tests passed`);
  const checks = required.length === 1 ? 'the required check is' : `${required.length} required checks are`;
  return { verdict: 'pass', value: `${checks} green, and the smoke tests of the release passed` };
}
