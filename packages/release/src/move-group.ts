import { messageOf, reasonCodeOf } from '#http/error-reason';
import type { MovedApp, MoveOptions, MoveOutcome, VercelProject } from '#vercel/project';
import { readServed } from './move-domains.ts';
import { settle } from './patience.ts';

/** One project of a group and where it is to go. */
export interface GroupPart {
  app: string;
  project: VercelProject;
  deploymentId: string;
}

type MoveOne = (part: GroupPart) => Promise<MoveOutcome>;

/**
 * Moves the projects of a group one after the other, the first app first, and stops at the first that is not there:
 * whoever reads the first app then knows whether anything moved. The lock is looked at before each further one (S1).
 */
export async function moveInTurn(
  parts: readonly GroupPart[],
  move: MoveOne,
  { beforeRepeat }: Pick<MoveOptions, 'beforeRepeat'>,
): Promise<MoveOutcome> {
  const moved: Moved[] = [];
  for (const part of parts) {
    if (moved.length > 0) await beforeRepeat?.();
    const one = await settleOne(part, move);
    moved.push(one);
    if (!isThere(one)) break;
  }
  return concludeMoves(parts, moved);
}

/** Moves all of them, none waiting for another. */
export async function moveTogether(parts: readonly GroupPart[], move: MoveOne): Promise<MoveOutcome> {
  const settled = await Promise.allSettled(parts.map((part) => settleOne(part, move)));
  const thrown = settled.find((one) => one.status === 'rejected');
  if (thrown !== undefined) throw thrown.reason;
  return concludeMoves(
    parts,
    settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
  );
}

/**
 * Looks once more at all of them when the last has moved: somebody may have moved one while it was waited for another. Only what
 * domains and project both say counts; what cannot be read leaves the outcome as it is.
 */
export async function stillThere(parts: readonly GroupPart[], moved: MoveOutcome): Promise<MoveOutcome> {
  if (!isThere(moved)) return moved;
  const left = await Promise.all(
    parts.map(async ({ project, deploymentId }) => {
      const seen = await settle(whereElse(project, deploymentId));
      return 'error' in seen ? undefined : seen.value;
    }),
  );
  if (left.every((one) => one === undefined)) return moved;
  const apps = (moved.apps ?? []).map((one, index): MovedApp => {
    const now = left[index];
    if (now === undefined) return one;
    const message = `it had moved, but somebody moved it to ${now} since`;
    return { ...one, outcome: 'failed', reasonCode: 'overtaken', message };
  });
  const { settledAt: _, ...rest } = moved;
  return {
    ...rest,
    outcome: 'failed',
    reasonCode: 'overtaken',
    message: `${apps.map(describeMove).join('; ')}.`,
    apps,
  };
}

/** What a project serves where domains and project both say that it is not this deployment. */
async function whereElse(project: VercelProject, deploymentId: string): Promise<string | undefined> {
  const { deploymentId: served, mixed } = await readServed(project, { as: 'production' });
  if (served === deploymentId && !mixed) return undefined;
  const { currentDeploymentId = 'nothing' } = await project.readState();
  return currentDeploymentId === deploymentId ? undefined : currentDeploymentId;
}

/** A project of a group that moved or did not, with the times of its own move. */
type Moved = MovedApp & Pick<MoveOutcome, 'requestedAt' | 'settledAt'>;

/** What Vercel refuses of one project must not hide what became of the others; an abort ends all. */
async function settleOne(part: GroupPart, move: MoveOne): Promise<Moved> {
  const { app, deploymentId } = part;
  try {
    const { outcome, reasonCode, message, requests, requestedAt, settledAt } = await move(part);
    const at = settledAt === undefined ? {} : { settledAt };
    return { app, deploymentId, outcome, reasonCode, message, requests, requestedAt, ...at };
  } catch (error) {
    if ((error as Error).name !== 'VercelError') throw error;
    const reasonCode = reasonCodeOf(error) ?? 'move_failed';
    return { app, deploymentId, outcome: 'failed', reasonCode, message: messageOf(error), requests: 0, requestedAt: 0 };
  }
}

function isThere({ outcome }: Pick<MovedApp, 'outcome'>): boolean {
  return outcome === 'moved' || outcome === 'already-current';
}

/** One outcome for all: there only where each is there, and each is told by name. Pure. */
export function concludeMoves(parts: readonly GroupPart[], moved: readonly Moved[]): MoveOutcome {
  const bad = moved.find((one) => !isThere(one));
  const apps = moved.map(({ requestedAt: _requested, settledAt: _settled, ...told }) => told);
  const requestedAt = Math.min(...moved.map((one) => one.requestedAt).filter((at) => at > 0), Number.MAX_SAFE_INTEGER);
  const settledAt = Math.max(0, ...moved.map((one) => one.settledAt ?? 0));
  const untried = parts.slice(moved.length).map(({ app }) => `${app}: not asked to move`);
  const told = [...moved.map(describeMove), ...untried].join('; ');
  const common = {
    requestedAt,
    requests: moved.reduce((sum, { requests }) => sum + requests, 0),
    apps,
  };
  if (bad !== undefined) return { ...common, outcome: 'failed', reasonCode: bad.reasonCode, message: `${told}.` };
  const first = moved.find(({ outcome }) => outcome === 'moved') ?? moved[0];
  return {
    ...common,
    outcome: first?.outcome ?? 'failed',
    reasonCode: first?.reasonCode ?? 'move_failed',
    message: `${told}.`,
    ...(settledAt > 0 && { settledAt }),
  };
}

function describeMove({ app, deploymentId, outcome, message }: MovedApp): string {
  if (outcome === 'moved') return `${app}: moved to ${deploymentId}`;
  if (outcome === 'already-current') return `${app}: serves ${deploymentId} already`;
  return `${app}: NOT on ${deploymentId}: ${message.replace(/\.$/, '')}`;
}
