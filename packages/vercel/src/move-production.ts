import { DEADLINE, type Move, type MovePort, Mover } from './mover.ts';
import { refuseMove } from './refuse-move.ts';
import { VercelError } from './vercel-error.ts';
import type { MoveOutcome } from './vercel-types.ts';

/**
 * Moves the production domains with at most one accepted request: whatever got no answer is looked up before it is sent
 * again, and only domains that were seen on the target count as success (traps 4, 16). Restores no auto-assignment.
 * Throws the abort reason and what `beforeRepeat` throws; every other ending is an outcome.
 */
export async function moveProduction(port: MovePort, move: Move): Promise<MoveOutcome> {
  const { clock } = port;
  const startedAt = clock.now();
  const deadlineAt = startedAt + (move.deadlineMs ?? 180_000);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(DEADLINE), deadlineAt - startedAt);
  const signal = AbortSignal.any([limit.signal, ...(port.signal ? [port.signal] : [])]);
  try {
    const [state, deployment] = await Promise.all([port.readState(signal), port.deployment(move.target, signal)]);
    const refusal = refuseMove(move, state, deployment);
    if (refusal) return { outcome: 'failed', ...refusal, requestedAt: startedAt, requests: 0 };
    return await new Mover(port, move, state, { startedAt, deadlineAt, signal }).run();
  } catch (error) {
    if (port.signal?.aborted) throw port.signal.reason;
    if (error instanceof VercelError || error === DEADLINE) return readingFailed(error, move, startedAt);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function readingFailed(error: unknown, move: Move, requestedAt: number): MoveOutcome {
  const { reasonCode, message } =
    error instanceof VercelError
      ? error
      : { reasonCode: 'vercel_unreachable', message: 'Vercel did not answer in time.' };
  const what = move.type === 'promote' ? 'promotion' : 'rollback';
  return {
    outcome: 'failed',
    reasonCode,
    message: `The ${what} to ${move.target} was not sent. ${message}`,
    requestedAt,
    requests: 0,
  };
}
