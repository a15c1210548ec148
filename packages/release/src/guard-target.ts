import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { VercelProject } from '#vercel/project';
import { assessCandidates, type EnvironmentHistory } from './choose-rollback-target.ts';
import { type Guard, guardRollback } from './guard-rollback.ts';
import { type MigrationRecord, readMigrationRecords } from './migration-record.ts';
import { settle, within } from './patience.ts';
import type { ReleaseHandle, RollbackTarget } from './release-handle.ts';

/** The guard for a target that a person chose, judged from the whole history of the environment. Pure. */
export function guardChosen(
  history: EnvironmentHistory,
  { deploymentId }: Pick<RollbackTarget, 'deploymentId'>,
  migrations: readonly MigrationRecord[] | undefined,
): Guard {
  const target = assessCandidates(history).find(({ deployment }) => deployment.id === deploymentId);
  if (target === undefined) {
    const reason = 'Vercel does not list the target, so nobody knows which migrations ran since';
    return { verdict: 'unknown', reasonCode: 'schema_unknown', named: [], reason };
  }
  const { deployment, release } = target;
  const since = history.deployments.filter(({ createdAt }) => createdAt > deployment.createdAt);
  return guardRollback({ target: deployment, release, migrations, since });
}

/** How long the ledger may take before a release that takes itself back goes by what Vercel says (S1, S3). */
const ledgerPatienceMs = 3_000;

/**
 * The guard for a release that takes itself back to the target it recorded: production served that one until this release
 * opened, so only what ran since counts. Never throws: what cannot be read is `unknown`.
 */
export async function guardOwn(
  { github, project, clock }: { github: GitHub; project: VercelProject; clock: Clock },
  handle: Pick<ReleaseHandle, 'environment' | 'key' | 'ledgerId' | 'rollbackTarget'>,
  deploymentId: string,
): Promise<Guard> {
  const read = await within(clock, ledgerPatienceMs, settle(readMigrationRecords(github, handle.environment)));
  const known = read !== undefined && 'value' in read ? read.value : undefined;
  const migrations = known?.filter(
    ({ id, key }) => key === handle.key || (handle.ledgerId > 0 && id > handle.ledgerId),
  );
  const blind = { target: { createdAt: 0, meta: {} }, migrations, since: [], bornUntil: 0 };
  // Nothing ran that older code cannot bear: Vercel need not be asked.
  if (migrations !== undefined && guardRollback(blind).verdict !== 'unsafe') return guardRollback(blind);
  const [target, current] = await Promise.all(
    [handle.rollbackTarget?.deploymentId, deploymentId].map((id) =>
      id === undefined || id === '' ? undefined : project.deployment(id).catch(() => undefined),
    ),
  );
  return guardRollback({
    ...blind,
    target: target ?? blind.target,
    since: current === undefined ? [] : [current],
  });
}
