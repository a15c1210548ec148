import type { Runner } from '#action-kit/runner';
import { OwnRequests } from '#observe/own-requests';
import type { ProbeRound } from '#observe/probe-rounds';
import { type ProbeContext, type ProbeOutcome, runProbe } from '#probe/probe';
import { hostsOfSecret } from '#probe/secret-hosts';
import type { VercelConnection } from '#vercel/project';
import type { WatchPlan } from './plan-watch.ts';
import { belongsToProject } from './services.ts';

/** The checks that a watch repeats itself. */
export interface OwnChecks {
  context: ProbeContext;
  /** Filled by the watch. */
  rounds: ProbeRound[];
  /** What was sent, so that it is not counted as traffic of users. */
  own: OwnRequests;
  /** The same of each further project of a group, by its name. */
  ownOf(app: string): OwnRequests;
  run(): Promise<ProbeOutcome[]>;
}

/** Prepares the checks of a plan; asks Vercel once whose hosts they go to where there is a secret to protect (S20). */
export async function ownChecks(
  { signal, clock, logger }: Pick<Runner, 'signal' | 'clock' | 'logger'>,
  plan: WatchPlan,
  given: { bypassSecret?: string | undefined; connection?: VercelConnection | undefined },
): Promise<OwnChecks> {
  const { listedHosts, baseUrl } = plan;
  const { bypassSecret, connection } = given;
  const host = baseUrl === undefined ? '' : new URL(baseUrl).host;
  const owner = connection && { owns: (each: string) => belongsToProject(connection, each, plan.apps) };
  const secretHosts = bypassSecret ? await hostsOfSecret(listedHosts, host, owner, logger.warning) : undefined;
  const context: ProbeContext = { listedHosts, bypassSecret, secretHosts, signal, clock };
  const own = new OwnRequests();
  const ofApps = new Map(plan.apps.map(({ name }) => [name, new OwnRequests()]));
  const ownOf = (app: string | undefined) => (app === undefined ? own : (ofApps.get(app) ?? own));
  const check = async (each: WatchPlan['checks'][number]): Promise<ProbeOutcome> => {
    ownOf(each.app).sent(each.url.pathname, clock.now());
    return await runProbe(each, context);
  };
  return { context, rounds: [], own, ownOf, run: () => Promise.all(plan.checks.map(check)) };
}
