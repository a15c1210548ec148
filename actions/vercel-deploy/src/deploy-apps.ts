import type { Logger } from '#action-kit/logger';
import type { AppSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { type Ledger, openLedger } from '#release/ledger';
import { openApp } from '#release/open-apps';
import type { ReleaseHandle } from '#release/release-handle';
import { createDeployment, type DeployOutcome, type DeployRequest } from '#vercel/deploy';
import { openVercelProject } from '#vercel/project';

export interface DeployedApp {
  name: string;
  outcome: DeployOutcome;
}

/**
 * Brings the further apps of the environment to Vercel, all at once, each under the key of this release in its own project;
 * none of them has its domains before all are ready. @throws VercelError with the name of the app, GitHubError (S5).
 */
export async function deployApps(
  apps: readonly AppSettings[],
  request: Omit<DeployRequest, 'workingDirectory' | 'deploymentId'>,
  record: { github: GitHub | undefined; handle: ReleaseHandle | undefined; logger: Logger },
): Promise<DeployedApp[]> {
  const { github, handle, logger } = record;
  const ledger = github === undefined || handle === undefined ? undefined : openLedger(github, handle);
  for (const { name } of apps) await ledger?.record('deploy-app', 'intent', 'create', name);
  const settled = await Promise.allSettled(
    apps.map(async (app): Promise<DeployedApp> => {
      const log = (line: string) => logger.info(`${app.name}: ${line}`);
      const connection = { ...request.connection, project: app.project, log };
      const project = await openApp(openVercelProject, connection, app);
      const folder = app.workingDirectory === undefined ? {} : { workingDirectory: app.workingDirectory };
      const outcome = await createDeployment(project, { ...request, ...folder, connection });
      await tell(ledger, logger, app.name, outcome);
      return { name: app.name, outcome };
    }),
  );
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Vercel is asked about it anyway, by the release's key. */
async function tell(ledger: Ledger | undefined, logger: Logger, name: string, outcome: DeployOutcome): Promise<void> {
  const { deployment, reasonCode } = outcome;
  const text = [deployment?.id, name, reasonCode].filter(Boolean).join(' ');
  await ledger?.record('deploy-app', 'outcome', outcome.outcome, text).catch((error: Error) => {
    logger.warning(`The ledger could not be written: ${error.message}`);
  });
}

/** The release is ready where each of its apps is; the first that is not tells why. Pure. */
export function joinOutcomes(lead: DeployOutcome, apps: readonly DeployedApp[]): DeployOutcome {
  if (apps.length === 0) return lead;
  const bad = apps.find(({ outcome }) => outcome.outcome !== 'ready');
  const told = apps.map(({ name, outcome }) => `${name}: ${outcome.message}`);
  const message = [lead.message, ...told].join(' ');
  if (lead.outcome !== 'ready' || bad === undefined) return { ...lead, message };
  const { outcome, reasonCode } = bad.outcome;
  return { ...lead, outcome, reasonCode, message };
}
