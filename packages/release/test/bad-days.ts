import assert from 'node:assert/strict';
import { type Services, scene } from './crash-stage.ts';
import { everything, seed } from './draw.ts';
import { type Passage, startGate, type Verdict } from './gate.ts';
import { hurriedClock } from './hurried-clock.ts';

/** What goes wrong with one request of an actor; the actor lives on. */
export interface BadDay {
  name: string;
  verdict: Verdict;
  /** How often in a row, where the call is repeated. */
  times: number;
  /** Differs from its twin without effect for requests that change something only. */
  writesOnly: boolean;
}

const day = (name: string, verdict: Verdict, more: Partial<BadDay> = {}): BadDay => {
  return { name, verdict, times: 1, writesOnly: false, ...more };
};

export const badDays: readonly BadDay[] = [
  day('500 once', { status: 500 }),
  day('500 three times', { status: 500 }, { times: 3 }),
  day('500 after it was done', { status: 500, afterEffect: true }, { writesOnly: true }),
  day('429 with Retry-After: 1', { status: 429, headers: { 'retry-after': '1' } }),
  day('429 with a Retry-After of a day', { status: 429, headers: { 'retry-after': '86400' } }),
  day('silence', 'silence'),
  day('silence after it was done', 'silence-after-effect', { writesOnly: true }),
  day('half an answer', 'half-answer'),
  day('JSON that means nothing', 'odd-answer'),
];

/** Which requests meet a day: a third of them, others for another day or seed; each on demand. Every request meets some days. */
export function isDrawn(given: BadDay, at: number): boolean {
  return everything || (badDays.indexOf(given) + at + seed) % 3 === 0;
}

/** Faster than the machine's time: a minute's wait is a second. */
const times = 60;
/** Of one attempt where nothing answers, in milliseconds of the machine: longer than an honest answer takes. */
const silenceMs = 700;

/** How an actor fared that met one bad day. */
export interface Met {
  /** The request that it met; undefined where there were fewer, or where it would have changed nothing. */
  passage: Passage | undefined;
  /** How many requests there were. */
  requests: number;
  decision: string | undefined;
  error: Error | undefined;
  /** Everything that was logged or thrown. */
  said: string;
}

/** Runs an actor whose k-th request (from 0) to any of the services meets a bad day; never rejects. */
export async function meetThrough(
  { verdict, times: often, writesOnly }: BadDay,
  at: number,
  services: Record<string, string>,
  act: (address: (service: string) => string, log: (line: string) => void) => Promise<string>,
): Promise<Met> {
  let met: Passage | undefined;
  let left = often;
  const gate = await startGate(services, (passage) => {
    const again = met !== undefined && passage.method === met.method && pathOf(passage) === pathOf(met);
    if (passage.index !== at && !(again && left > 0)) return 'pass';
    if (writesOnly && /^(GET|HEAD)$/.test(passage.method)) return 'pass';
    met ??= passage;
    left -= 1;
    return verdict;
  });
  const lines: string[] = [];
  let decision: string | undefined;
  let error: Error | undefined;
  try {
    decision = await act(gate.address, (line) => void lines.push(line));
  } catch (thrown) {
    error = thrown as Error;
  } finally {
    await gate.close();
  }
  const said = [...lines, ...chainOf(error).map(({ message, stack }) => `${message} ${stack}`)].join('\n');
  return { passage: met, requests: gate.passages.length, decision, error, said };
}

/** As `meetThrough`, for an actor that speaks to Vercel and GitHub and waits by a hurried clock. */
export async function meet(
  day: BadDay,
  at: number,
  act: (services: Services) => Promise<string>,
  patienceMs?: number,
): Promise<Met> {
  const { vercel, github } = scene.sandbox.description;
  const isSilent = day.verdict === 'silence' || day.verdict === 'silence-after-effect';
  return await meetThrough(day, at, { vercel: vercel.apiUrl, github: github.apiUrl }, async (address, log) => {
    const clock = hurriedClock(times);
    const services = await scene.connect({
      ...{ vercel: address('vercel'), github: address('github'), clock, log },
      ...(isSilent && { deadlineMs: silenceMs }),
      ...(patienceMs !== undefined && { patienceMs }),
    });
    return await act({ ...services, clock, log });
  });
}

/** What failed says who, what and what to do now; nothing that was said holds a secret. */
export function proveNamed({ error, said }: Met, what: string): void {
  const { vercel, github } = scene.sandbox.description;
  for (const secret of [vercel.token, github.token]) assert.ok(!said.includes(secret), `${what}: a secret was said`);
  if (error === undefined) return;
  const { reasonCode } = error as { reasonCode?: unknown };
  assert.match(String(reasonCode), /^(vercel|github)_[a-z_]+$/, `${what}: ${error.stack}`);
  assert.match(error.message, /GitHub|Vercel/, what);
  assert.match(error.message, /run (this|the job|it) again|again|See https|Check|check/i, `${what}: what to do now`);
}

/** Requests that Vercel took, of one kind, among those that came after `since` (a number of the request log). */
export function acceptedMoves(kind: 'promote' | 'rollback', since: number): number {
  return scene.sandbox.requests().filter(({ number, service, method, path, status }) => {
    return number > since && service === 'vercel' && method === 'POST' && path.includes(`/${kind}/`) && status < 300;
  }).length;
}

/** The number of the newest request. */
export function requestsSoFar(): number {
  return scene.sandbox.requests().at(-1)?.number ?? 0;
}

function pathOf({ path }: Passage): string {
  return path.split('?')[0] ?? '';
}

function chainOf(error: Error | undefined): Error[] {
  return error === undefined ? [] : [error, ...chainOf(error.cause instanceof Error ? error.cause : undefined)];
}
