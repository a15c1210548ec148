import type { RunReport } from '#local-runner/run-composite';
import { type Gate, type Passage, startGate, type Verdict } from '../../packages/release/test/gate.ts';
import { type CrashPoint, nameOf, type Outgoing, outgoingOf } from './points.ts';
import type { Run, World } from './world.ts';

/** Runs to the end and answers what went out. */
export async function recordRun(world: World, run: Run): Promise<{ report: RunReport; outgoing: Outgoing[] }> {
  const gate = await startGate(world.services, () => 'pass');
  try {
    const report = await world.run({ ...run, gate });
    return { report, outgoing: outgoingOf(gate.passages) };
  } finally {
    await gate.close();
  }
}

/**
 * Runs until the runner is lost at this point: every process is killed, no post step runs. False when the run ended without
 * making the request.
 */
export async function dieAt(world: World, run: Run, point: CrashPoint): Promise<boolean> {
  const death = new AbortController();
  const counts = new Map<string, number>();
  let fatal: Passage | undefined;
  const decide = (passage: Passage): Verdict => {
    const name = nameOf(passage);
    const occurrence = counts.get(name) ?? 0;
    counts.set(name, occurrence + 1);
    if (fatal !== undefined || name !== point.name || occurrence !== point.occurrence) return 'pass';
    fatal = passage;
    if (point.moment === 'after its answer') return 'pass';
    // Dead before the service acts, so that nothing can be done with the answer.
    death.abort();
    return point.moment === 'before sending' ? 'lose-request' : 'lose-answer';
  };
  const gate: Gate = await startGate(world.services, decide, (passage) => {
    if (passage === fatal) death.abort();
  });
  try {
    await world.run({ ...run, gate, lost: death.signal });
    await gate.idle();
    return fatal !== undefined;
  } finally {
    await gate.close();
  }
}
