import type { Rule } from '#config/rules';
import type { SourceName } from '#config/settings';
import type { OwnRequests } from '../own-requests.ts';
import { type ObservationSource, SourceError } from '../source.ts';
import { createSource, type SourceParts } from './registry.ts';

/** A further project of a group, as its requests are counted. */
export interface WatchedApp {
  name: string;
  /** Project id or name. */
  project: string;
  /** Its deployment; where nobody knows it, why. */
  deployment: { id: string } | { unknown: string };
  /** Our own requests to it. */
  own: OwnRequests;
}

/** Those that count what one project of Vercel serves. The others count what they are asked for, whatever serves it. */
const ofOneProject: readonly SourceName[] = ['vercel-runtime-logs', 'vercel-observability'];

/**
 * The sources of a watch: those that are named and, of each further project of a group, the same ones of Vercel with that project's
 * own requests. Without a rule about errors there is nothing to ask of the further ones. @throws SourceError.
 */
export async function createSources(
  plan: { sources: readonly SourceName[]; rules: readonly Rule[] },
  parts: SourceParts,
  apps: readonly WatchedApp[],
): Promise<ObservationSource[]> {
  const ruleMetrics = plan.rules.map(({ metric }) => metric);
  const named = plan.sources.map((name) => createSource(name, { ...parts, ruleMetrics }));
  const counting = plan.rules.some(({ metric }) => metric === 'error-rate')
    ? plan.sources.filter((name) => ofOneProject.includes(name))
    : [];
  const further = apps.flatMap((app) => counting.map((name) => sourceOf(app, name, parts)));
  return await Promise.all([...named, ...further]);
}

async function sourceOf(app: WatchedApp, name: SourceName, parts: SourceParts): Promise<ObservationSource> {
  const { vercel } = parts;
  const { deployment, own } = app;
  const isKnown = 'id' in deployment;
  const given = {
    ...parts,
    vercel: vercel && { ...vercel, project: app.project },
    deploymentId: isKnown ? deployment.id : 'unknown',
    // What is read since before the promotion is the deployment of the environment's own project.
    journal: undefined,
    own,
  };
  const source = await createSource(name, given);
  const isBlind = name === 'vercel-runtime-logs' && !isKnown;
  return {
    ...source,
    app: app.name,
    denominator: `${source.denominator} of ${app.name}`,
    ...(isBlind && {
      async open() {
        throw new SourceError('apps_unknown', deployment.unknown);
      },
    }),
  };
}
