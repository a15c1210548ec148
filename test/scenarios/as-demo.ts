import { collectRelease } from '#cli/demo/collect-release';
import type { DemoResult } from '#cli/demo/demo-result';
import { readSlackChannel } from '#cli/demo/slack-thread';
import type { Ended, ReleaseFixture } from './release-fixture.ts';

/** What `.demo/result.json` would hold if these runs were its story; `renderReport` makes the page of it. */
export async function asDemo(fixture: ReleaseFixture, runs: readonly Ended[]): Promise<DemoResult> {
  const now = Date.now() / 1000;
  const issues = await fixture.issues();
  return {
    schemaVersion: 1,
    startedAt: now - 60,
    endedAt: now,
    asExpected: false,
    releases: runs.map(({ report, seconds, ...ended }, index) => {
      const version = String(ended.result('finalize').version ?? '');
      const startedAt = report.steps[0]?.startedAt ?? index;
      const times = { startedAt: startedAt / 1000, endedAt: startedAt / 1000 + seconds };
      return collectRelease({ version, expected: '', commit: '', report, ...times });
    }),
    rollback: null,
    slack: { messages: await readSlackChannel(fixture.sandbox.description.slack), edits: 0, replies: 0 },
    issues: issues.map((issue, index) => ({ number: index + 1, state: 'open', ...issue })),
    traffic: { requests: 0, failed: 0, seconds: [] },
    autoAssign: { before: true, after: true },
  };
}
