import { isAbsolute, relative } from 'node:path';
import { vercelConnection } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { MigrationFinding } from '#postgres/classify-migrations';
import type { MigrationInspection } from '#postgres/inspect-migrations';
import type { RemovedName } from '#postgres/statement-finding';
import { deployedCodeFindings, describeUnused, removedNames } from '#release/deployed-code-findings';
import type { DeployedCode, DeployedUses } from '#release/search-deployed-code';
import type { MigrationPorts } from './migrate.ts';
import type { Given } from './plan-options.ts';

/** What the code that serves now says about the names that pending files take away; nothing is asked where none go. */
export async function usesInDeployedCode(
  { findings }: Pick<MigrationInspection, 'findings'>,
  ports: Pick<MigrationPorts, 'deployedUses' | 'log'>,
): Promise<MigrationFinding[]> {
  const removed = removedNames(findings);
  const found = removed.length === 0 ? undefined : await ports.deployedUses?.(removed);
  if (found === undefined) return [];
  const unused = describeUnused(findings, found);
  if (unused !== undefined) ports.log(unused);
  return deployedCodeFindings(findings, found);
}

/** An inspection with what the deployed code says beside its findings. */
export async function withDeployedUses(
  inspection: MigrationInspection,
  ports: Pick<MigrationPorts, 'deployedUses' | 'log'>,
): Promise<MigrationInspection> {
  return { ...inspection, findings: [...inspection.findings, ...(await usesInDeployedCode(inspection, ports))] };
}

/** Vercel names the commit, the checkout or GitHub has its source. Loaded only where a name goes. */
export async function searchDeployed(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  github: GitHub | undefined,
  { folder, removed }: { folder: string; removed: readonly RemovedName[] },
): Promise<DeployedUses | undefined> {
  const { searchDeployedCode } = await import('#release/search-deployed-code');
  const { workspace } = runner.context;
  const deployed = await askVercel(runner, given, settings);
  if (deployed === undefined) return undefined;
  const migrations = isAbsolute(folder) ? relative(workspace, folder) : folder;
  return await searchDeployedCode({ deployed, removed, workspace, migrations, github, signal: runner.signal });
}

async function askVercel(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
): Promise<DeployedCode | undefined> {
  const connection = vercelConnection(runner, given, settings);
  if (connection === undefined) {
    const missing = given.vercelToken === undefined ? 'vercel-token is not given' : 'no Vercel project is named';
    return { unknown: `${missing}, so nobody knows which commit is deployed` };
  }
  const [{ openVercelProject }, { readDeployedCode }, { VercelError }] = await Promise.all([
    import('#vercel/project'),
    import('#release/read-deployed-code'),
    import('#vercel/vercel-error'),
  ]);
  try {
    return await readDeployedCode(await openVercelProject(connection), settings);
  } catch (error) {
    if (!(error instanceof VercelError)) throw error;
    return { unknown: error.message };
  }
}
