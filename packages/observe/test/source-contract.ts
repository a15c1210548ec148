import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, systemClock } from '#http/clock';
import type { Fault, FaultService } from '#sandbox/faults';
import type { Sandbox, SandboxOptions } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { type Bucket, isNoData, type NoData } from '../src/bucket.ts';
import { askSource, type ObservationSource } from '../src/source.ts';

/**
 * The machine's own clock for the sources of the suite: a source that waits a minute for a service that told it to come again
 * tomorrow, when its reader has long turned away, must not keep a file of tests waiting for that minute.
 */
export const contractClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => await wait(Math.max(0, ms), undefined, { ref: false, ...(signal && { signal }) }),
};

/** A case of the suite that cannot happen to a source, and why. */
interface LeftOut {
  not: string;
}
type Make = (sandbox: Sandbox) => ObservationSource | Promise<ObservationSource>;
interface Window {
  start: number;
  end: number;
}
type Served = Window & { requests: number; errors: number };
/** Something that a person gets wrong, the reason that tells it by name, and what the message says. */
interface Mistake {
  called: string;
  make: Make;
  reason: string;
  says: RegExp;
}

/** What a source must get right before it is done; every source runs this suite against the sandbox, over real HTTP. */
export interface SourceContract {
  name: string;
  make: Make;
  /** What it sends to be let in; must never be shown. */
  secret: ((sandbox: Sandbox) => string) | LeftOut;
  /** Which requests carry its numbers: only they are made to fail. */
  asks: { service: FaultService; route: string } | LeftOut;
  tells: TellsCounts | TellsNumbers;
  /** Keys and tokens in the place of others, by the names that people know them by. */
  wrongCredentials: readonly Mistake[] | LeftOut;
  wrongSite: Mistake | LeftOut;
  /** By which an interval passes, where the source cannot look back; default this machine's. */
  clock?: Clock;
  /** Further mistakes of its own. */
  mistakes?: readonly Mistake[];
  /** An answer with something that is no number where one belongs. */
  notANumber: ((window: Window) => unknown) | LeftOut;
  sandbox?: SandboxOptions;
  prepare?(sandbox: Sandbox): Promise<void>;
}

/** It counts requests. */
export interface TellsCounts {
  intervalMs: number;
  /** What "nothing" has to mean. */
  nothingMeans: 'no-data' | 'zero requests';
  /** Makes the service know of requests; absent: the app served them. */
  serve?(sandbox: Sandbox, given: Served): void | Promise<void>;
  /** Made with requests and errors in each other's place. */
  swapped: Make | LeftOut;
  /** Made to give a share where a number of requests belongs (0.02 for 2 %). */
  unitMistake: Make | LeftOut;
  /** True where data that stopped before the window is told from none at all. */
  stale: true | LeftOut;
}

/** It tells numbers beside the counts of another source. */
export interface TellsNumbers {
  /** Makes the service tell these. */
  tell(sandbox: Sandbox): void;
  expected: [metric: string, value: number][];
  /** Makes the service tell nothing of them. */
  nothing: ((sandbox: Sandbox) => void) | LeftOut;
  /** Made to give per cent where a share belongs. */
  unitMistake: Make | LeftOut;
  /** An answer that is older than what was asked for. */
  stale: { fault: Fault } | LeftOut;
}

const failures: [called: string, fault: Fault, reason: RegExp][] = [
  ['401', { status: 401 }, /unauthorized|token_rejected/],
  ['500', { status: 500 }, /unavailable|unreachable|timeout/],
  ['silence', { blackHole: true }, /timeout/],
  // Its own body: what a careless service repeats comes with a Retry-After of its own.
  ['429 for a day', { status: 429, body: {}, headers: { 'retry-after': '86400' } }, /rate_limited|timeout/],
  ['half an answer', { status: 200, body: '{"data": [', cutAfterBytes: 5 }, /unavailable|unreachable|timeout/],
  ['JSON that means nothing', { status: 200, body: { odd: true } }, /bad_answer|no_rows|none|not_a_number|counts/],
  ['malformed', { status: 200, body: '{"data": [' }, /bad_answer|no_rows|none/],
  ['not found', { status: 404, body: '<h1>404</h1>' }, /wrong_address|not_found|vercel_/],
  [
    'a redirect',
    { status: 302, headers: { location: 'https://sso.example/login' } },
    /wrong_address|vercel_|supabase_/,
  ],
  ['a login page', { status: 200, body: '<!doctype html><title>Log in</title>' }, /wrong_address|bad_answer/],
];
/** Apart by more than any source looks back, so that no case sees the requests of another. */
const apartMs = 12 * 3_600_000;

/** Declares the suite for one source. */
export function describeSource(contract: SourceContract): void {
  describe(`source ${contract.name}`, () => {
    let sandbox: Sandbox;
    let windows = 0;
    const { tells, asks, clock = systemClock } = contract;
    before(async () => {
      sandbox = await startSandbox({ postgres: false, ...contract.sandbox });
      await contract.prepare?.(sandbox);
    });
    after(() => sandbox?.close());

    const fail = (fault: Fault, times = 1_000) => {
      if ('not' in asks) assert.fail('a source that asks nobody cannot be made to fail');
      sandbox.faults.order({ ...asks, times, fault });
    };
    const secret = () => ('not' in contract.secret ? '' : contract.secret(sandbox));
    /** A careless service repeats the secret in its answer. */
    const careless = (fault: Fault): Fault => {
      const { status = 200 } = fault;
      if (status < 400 || fault.body !== undefined) return fault;
      const body = { error: { code: 'forbidden', message: `not with ${secret()}`, invalidToken: true } };
      return { ...fault, body, headers: { 'retry-after': '0' } };
    };

    interface Read {
      buckets: Bucket[];
      numbers: [string, number][];
      noData?: NoData;
    }
    /** Opens, lets the app serve, and reads one interval; what a failing source says instead. */
    async function read(
      given: {
        make?: Make;
        serve?: { requests: number; errors: number; earlierMs?: number };
        fault?: (window: Window) => Fault;
        times?: number;
      } = {},
      deadlineMs = 8000,
    ): Promise<Read> {
      const counts = 'intervalMs' in tells ? tells : undefined;
      const intervalMs = counts?.intervalMs ?? 60_000;
      let source: ObservationSource | undefined;
      try {
        const answer = await askSource<Bucket[] | { numbers: [string, number][] }>(
          async () => {
            source = await (given.make ?? contract.make)(sandbox);
            windows += 1;
            const fixed = source.looksBack || counts === undefined;
            const at = fixed ? 1_700_000_040_000 + windows * apartMs : clock.now();
            if (given.fault) fail(careless(given.fault({ start: at, end: at + intervalMs })), given.times);
            await source.open();
            const from = fixed ? at : clock.now();
            const window = { start: from, end: from + intervalMs };
            if (counts === undefined) {
              const readings = (await source.readings?.(from, from + 15 * 60_000)) ?? [];
              return { numbers: readings.map(({ metric, value }) => [metric, Number(value.toFixed(6))]) };
            }
            const { earlierMs = 0, ...served } = given.serve ?? { requests: 0, errors: 0 };
            const when = { start: window.start - earlierMs, end: window.end - earlierMs };
            await (counts.serve ?? serveByApp)(sandbox, { ...served, ...when });
            if (!fixed) await clock.sleep(intervalMs + (source.readAfterMs.at(-1) ?? 0));
            return await source.read(window.start, window.end, intervalMs);
          },
          { deadlineMs, clock: systemClock },
        );
        if ('numbers' in answer) return { buckets: [], numbers: answer.numbers };
        return isNoData(answer) ? { buckets: [], numbers: [], noData: answer } : { buckets: answer, numbers: [] };
      } finally {
        sandbox.faults.clear();
        await source?.close();
      }
    }

    const good = { requests: 200, errors: 12 };
    const assertGood = ({ buckets, numbers, noData }: Read): void => {
      assert.equal(noData, undefined, noData?.message);
      if ('expected' in tells) assert.deepEqual(numbers, tells.expected);
      else
        assert.deepEqual(
          buckets.map(({ requests, errors }) => ({ requests, errors })),
          [good],
        );
    };
    const assertRefused = ({ buckets, numbers, noData }: Read, reason: RegExp, says = /./): void => {
      assert.deepEqual([buckets, numbers], [[], []]);
      assert.match(noData?.noData ?? 'no reason', reason, noData?.message);
      assert.match(noData?.message ?? '', says);
      if (secret() !== '') assert.ok(!noData?.message.includes(secret()), noData?.message);
    };
    const tell = (): void => {
      if ('expected' in tells) tells.tell(sandbox);
    };

    test(
      'expected' in tells ? 'tells its numbers, each once' : 'counts requests and errors of an interval',
      async () => {
        tell();
        assertGood(await read({ serve: good }));
      },
    );

    if ('expected' in tells) {
      declare('what is not told is no reading, never 0', tells.nothing, async (nothing) => {
        nothing(sandbox);
        const { numbers } = await read();
        assert.deepEqual(
          numbers.filter(([metric]) => tells.expected.some(([known]) => known === metric)),
          [],
        );
      });
      test('counts no requests, which is nothing wrong', async () => {
        tell();
        const source = await contract.make(sandbox);
        await source.open();
        const counted = await source.read(0, 60_000, 60_000);
        assert.ok(isNoData(counted));
        assert.equal(counted.noData, 'counts_nothing');
        await source.close();
      });
    } else {
      test(`takes nothing for ${tells.nothingMeans}`, async () => {
        const { buckets, noData } = await read();
        if (tells.nothingMeans === 'no-data') assert.ok(noData || buckets.length === 0, JSON.stringify(buckets));
        else assert.deepEqual([buckets.length, buckets[0]?.requests, buckets[0]?.errors], [1, 0, 0]);
      });
    }

    test('says its delay, its granularity and what it counts', async () => {
      const source = await contract.make(sandbox);
      assert.ok(source.denominator.length > 3 && source.granularityMs >= 0 && source.readAfterMs.length > 0);
      assert.ok((source.settledAfterMs ?? Number.POSITIVE_INFINITY) >= Math.max(...source.readAfterMs));
      await source.close();
    });

    if ('swapped' in tells) {
      declare('requests and errors in each other’s place: a reason of its own', tells.swapped, async (make) => {
        assertRefused(await read({ make, serve: good }), /^errors_above_requests$/);
      });
    }
    declare('a unit mistake: a reason of its own', tells.unitMistake, async (make) => {
      tell();
      assertRefused(await read({ make, serve: good }), /^unit_mistake$/);
    });
    declare('what is no number: a reason of its own', contract.notANumber, async (body) => {
      const fault = (window: Window): Fault => ({ status: 200, body: body(window) });
      assertRefused(
        await read({ serve: good, fault }),
        /^(not_a_number|source_bad_answer|supabase_bad_answer|vercel_bad_answer)$/,
      );
    });
    declare('data older than the window: a reason of its own', tells.stale, async (stale) => {
      tell();
      const given = stale === true ? { serve: { ...good, earlierMs: 45 * 60_000 } } : { fault: () => stale.fault };
      assertRefused(await read(given), /^stale_data$/);
    });
    for (const mistake of 'not' in contract.wrongCredentials ? [contract.wrongCredentials] : contract.wrongCredentials)
      declareMistake(mistake, 'a wrong credential');
    declareMistake(contract.wrongSite, 'the wrong site');
    for (const mistake of contract.mistakes ?? []) declareMistake(mistake, '');

    declare('goes on after 429 with Retry-After', asks, async () => {
      tell();
      const fault = (): Fault => ({ status: 429, headers: { 'retry-after': '0' } });
      assertGood(await read({ serve: good, fault, times: 1 }));
      assert.equal(sandbox.faults.pending().length, 0);
    });
    for (const [called, fault, reason] of failures) {
      declare(`${called}: no data with its reason, and no secret in the message`, asks, async () => {
        tell();
        // Where a time-out is an answer, nobody waits for another one.
        const answer = await read({ serve: good, fault: () => fault }, reason.test('timeout') ? 1000 : 8000);
        // A stream has no document that could be malformed: lines that are none are left out.
        const lenient = /^(malformed|a login page|half an answer|JSON that means nothing)$/.test(called);
        const counted = answer.buckets.reduce((sum, bucket) => sum + bucket.requests, 0);
        if (lenient && answer.noData === undefined) assert.deepEqual([counted, answer.numbers], [0, []]);
        else assertRefused(answer, reason);
      });
    }

    function declareMistake(mistake: Mistake | LeftOut, kind: string): void {
      const name = 'not' in mistake ? `${kind}: a reason of its own` : `${mistake.called}: ${mistake.reason}`;
      declare(name, mistake, async ({ make, reason, says }) => {
        tell();
        assertRefused(await read({ make, serve: good }), new RegExp(`^${reason}$`), says);
      });
    }
  });
}

/** A test, or nothing where it does not apply and the contract says why. */
function declare<T>(name: string, given: T | LeftOut, run: (given: T) => Promise<void>): void {
  if (!isLeftOut(given)) return void test(name, () => run(given));
  assert.ok(given.not.length > 20, `${name} is left out without a reason`);
}

function isLeftOut<T>(given: T | LeftOut): given is LeftOut {
  return typeof given === 'object' && given !== null && 'not' in given;
}

/** Requests of the app to production, the failed ones spread among the others. */
function serveByApp(sandbox: Sandbox, { requests, errors, start, end }: Served): void {
  const { traffic } = sandbox.monitoring;
  const step = (end - start) / Math.max(1, requests);
  for (let index = 0; index < requests; index += 1) {
    const failed = Math.floor(((index + 1) * errors) / requests) > Math.floor((index * errors) / requests);
    const path = index % 10 === 0 ? '/api/health' : '/api/notes';
    const at = Math.floor(start + (index + 0.5) * step);
    traffic.add({ at, status: failed ? 500 : 200, path, projectId: sandbox.vercel.project.id });
  }
}
