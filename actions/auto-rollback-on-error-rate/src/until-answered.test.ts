import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runner } from '#action-kit/runner';
import { parseRule } from '#config/rules';
import type { GitHub } from '#github/client';
import { intervalsOf, type ObservationSource } from '#observe/source';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { untilAnswered } from './until-answered.ts';

const minute = 60_000;
const since = 1_700_000_000_000;

/** Counts that a later run could read as well, without an error. */
const source: ObservationSource = {
  name: 'prometheus',
  granularityMs: 0,
  denominator: 'requests',
  readAfterMs: [0],
  settledAfterMs: 0,
  looksBack: true,
  async open() {},
  read: async (from, until, intervalMs) =>
    intervalsOf(from, until, intervalMs).map(({ start, end }) => ({
      start: start / 1000,
      end: end / 1000,
      requests: 200,
      errors: 0,
    })),
  async close() {},
};

test('Whoever waits for an answer waits to the end of the question, also where ops.yml hands watches off', async () => {
  const clock = new SimulatedClock(since);
  const github = { runApprovals: async () => [] } as unknown as GitHub;
  const runner = { context: { runId: 1 }, clock, logger: { info() {} } } as unknown as Runner;
  const { signal } = new AbortController();
  const watch = {
    source,
    rules: [parseRule('error-rate above 2% within 10m')],
    windowMs: 30 * minute,
    intervalMs: minute,
    minRequests: 20,
    baselineMs: 0,
    handOffMs: 2 * minute,
    clock,
    signal,
    log() {},
  };
  const question = {
    until: since + 10 * minute,
    fallback: 'auto',
    before: { approved: 0, rejected: 0 },
    reason: '12 % above 2 %',
  } as const;
  const { decision } = await untilAnswered(
    watch,
    question,
    { github, environment: 'production-rollback', runner },
    signal,
  );
  assert.equal(decision.decision, 'unanswered', decision.summary);
  assert.match(decision.summary, /^Nobody answered in time: 12 % above 2 %\. .*recovered, and the verdict stays/);
  const waited = clock.now() - since;
  assert.ok(waited >= 10 * minute && waited <= 11 * minute, `${waited / minute} min`);
});
