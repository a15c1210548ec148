import type { AppSettings, EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { systemClock } from '#http/clock';
import { messageOf, reasonCodeOf } from '#http/error-reason';
import { openProjectOfWayBack, openVercelProject, type VercelConnection, type VercelProject } from '#vercel/project';
import type { KnownGroup } from './go-together.ts';
import { settle } from './patience.ts';
import { ledgerTask, readLedgerPayload } from './release-record.ts';

export interface OpenApps {
  connection: VercelConnection;
  settings: Pick<EnvironmentSettings, 'environment' | 'apps'>;
  /** Knows which deployments went together before the first release of the group; not needed for those of a release. */
  github: GitHub | undefined;
  /** True where calls have to outlast an outage; see openProjectOfWayBack. */
  wayBack?: boolean;
}

/**
 * The Vercel project of an environment, or all of them as one where `apps` names further ones.
 * @throws VercelError, naming the app, as openVercelProject does.
 */
export async function openApps({ connection, settings, github, wayBack }: OpenApps): Promise<VercelProject> {
  const open = wayBack === true ? openProjectOfWayBack : openVercelProject;
  const apps = settings.apps ?? [];
  if (apps.length === 0) return await open(connection);
  const { openAppGroup } = await import('./app-group.ts');
  const { clock = systemClock, log = () => {} } = connection;
  const [lead, ...others] = await Promise.all([
    open(connection),
    ...apps.map(async (app) => ({ name: app.name, project: await openApp(open, connection, app) })),
  ]);
  const readKnown = async () => {
    try {
      return github && (await readKnownGroups(github, settings.environment));
    } catch (error) {
      log(`The ledger does not say which deployments go together: ${messageOf(error)}`);
      return undefined;
    }
  };
  return openAppGroup(lead, others, { readKnown, clock });
}

/** The same token and team reach every app. @throws VercelError with the name of the app. */
export async function openApp(
  open: typeof openVercelProject,
  connection: VercelConnection,
  { name, project }: AppSettings,
): Promise<VercelProject> {
  try {
    return await open({ ...connection, project });
  } catch (error) {
    const { VercelError } = await import('#vercel/vercel-error');
    if (!(error instanceof VercelError)) throw error;
    throw new VercelError(error.reasonCode, `apps.${name}: ${error.message}`, { cause: error });
  }
}

/** Whether Vercel says that a host is a domain or a deployment of one of the environment's projects (S20). @throws VercelError. */
export async function ownsHost(
  lead: VercelProject,
  connection: VercelConnection,
  apps: readonly AppSettings[],
  host: string,
): Promise<boolean> {
  if (apps.length === 0) return await isOf(lead, host);
  const others = await Promise.all(apps.map((app) => openApp(openVercelProject, connection, app)));
  const owners = await Promise.all([lead, ...others].map((project) => settle(isOf(project, host))));
  if (owners.some((owner) => 'value' in owner && owner.value)) return true;
  // A deployment of another project is refused by each that is asked and does not have it.
  const failed = owners.find((owner) => 'error' in owner && reasonCodeOf(owner.error) !== 'wrong_project');
  if (failed !== undefined && 'error' in failed) throw failed.error;
  return false;
}

async function isOf(project: VercelProject, host: string): Promise<boolean> {
  return (await project.servedBy(host)) !== undefined || (await project.deployment(host)) !== undefined;
}

/** What releases recorded as their way back before they started: one request, for a payload never changes (S5). */
async function readKnownGroups(github: GitHub, environment: string): Promise<KnownGroup[]> {
  const entries = await github.listDeployments({ environment, task: ledgerTask, perPage: 100 });
  return entries.flatMap(({ payload }) => {
    const target = readLedgerPayload(payload)?.rollbackTarget;
    return target?.apps === undefined ? [] : [{ deploymentId: target.deploymentId, apps: target.apps }];
  });
}
