import { chooseOwnDeployment, RELEASE_META } from '#vercel/choose-own-deployment';
import type { GoesWith, VercelDeployment } from '#vercel/project';

/** What the ledger recorded beside one deployment of the first app: those of the others, by name. */
export interface KnownGroup {
  deploymentId: string;
  apps: Readonly<Record<string, string>>;
}

/** One further app as Vercel shows it. */
export interface AppFacts {
  name: string;
  deployments: readonly VercelDeployment[];
  /** What its domains serve. */
  served?: string | undefined;
}

export interface GroupFacts {
  /** Deployments of the first app. */
  leads: readonly VercelDeployment[];
  /** What the domains of the first app serve. */
  served?: string | undefined;
  /** Absent where the ledger was not asked, or did not answer. */
  known?: readonly KnownGroup[] | undefined;
}

type Lead = Pick<VercelDeployment, 'id' | 'meta' | 'readySubstate' | 'isRollbackCandidate'>;

/**
 * Which deployment of an app goes together with one of the first app: the one of the same release (S6), else what both serve
 * now, unless the app serves that of another release, else what the ledger recorded. An app that no release has moved, new in
 * ops.yml, stays where it is: it must not stand in the way back of the others. Undefined where nobody knows. Pure.
 */
export function findMate(lead: Lead, app: AppFacts, group: GroupFacts): string | undefined {
  const key = lead.meta[RELEASE_META];
  const own = key === undefined ? undefined : chooseOwnDeployment(app.deployments, key, 'production').use?.id;
  if (own !== undefined) return own;
  const elsewhere = app.served && findLead(app.served, app, { ...group, known: [] });
  if (lead.id === group.served && (elsewhere === undefined || elsewhere === lead.id)) return app.served;
  const recorded = group.known?.filter(({ apps }) => apps[app.name] !== undefined);
  // Forward every app moves: only what was live before may go without it.
  const isNew = elsewhere === undefined && recorded?.every(({ apps }) => apps[app.name] === app.served);
  if (isNew && wasLive(lead)) return app.served;
  return recorded?.find(({ deploymentId }) => deploymentId === lead.id)?.apps[app.name];
}

/** The deployment of the first app whose release, or whose record, a deployment of this app belongs to. Pure. */
export function findLead(id: string, app: AppFacts, { leads, known }: GroupFacts): string | undefined {
  const key = app.deployments.find((deployment) => deployment.id === id)?.meta[RELEASE_META];
  const byKey = key === undefined ? undefined : chooseOwnDeployment(leads, key, 'production').use?.id;
  return byKey ?? known?.find(({ apps }) => apps[app.name] === id)?.deploymentId;
}

/** The same with the reason why it could not be served again: a target is one only where all of its apps are (S9). Pure. */
export function goesWith(lead: Lead, app: AppFacts, group: GroupFacts): GoesWith {
  const { name } = app;
  const deploymentId = findMate(lead, app, group);
  if (deploymentId === undefined) return { name, problem: `no deployment of ${name} is known to go with it` };
  const problem = whyNotAgain(deploymentId, app);
  const mate = deploymentId === app.served ? undefined : app.deployments.find(({ id }) => id === deploymentId);
  const key = lead.meta[RELEASE_META];
  const isOfRelease = key !== undefined && mate?.meta[RELEASE_META] === key;
  return {
    name,
    deploymentId,
    ...(mate !== undefined && !isOfRelease && { built: { createdAt: mate.createdAt, meta: mate.meta } }),
    ...(problem !== undefined && { problem }),
  };
}

function whyNotAgain(id: string, { name, deployments, served }: AppFacts): string | undefined {
  const deployment = deployments.find((one) => one.id === id);
  if (deployment === undefined) return `${id} of ${name} is not listed by Vercel any more`;
  if (deployment.readyState !== 'READY') return `${id} of ${name} is ${deployment.readyState}`;
  if (id === served) return undefined;
  if (deployment.readySubstate === 'STAGED') return `${id} of ${name} was never in production`;
  if (deployment.isRollbackCandidate === false) return `Vercel does not offer ${id} of ${name} as a rollback candidate`;
  return wasLive(deployment) ? undefined : `${id} of ${name} was never in production`;
}

function wasLive({ isRollbackCandidate, readySubstate }: Omit<Lead, 'id' | 'meta'>): boolean {
  return isRollbackCandidate === true || readySubstate === 'PROMOTED';
}
