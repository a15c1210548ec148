import type { InputProblem } from '#action-kit/input-error';
import type { EnvironmentSettings } from '#config/settings';
import { DRILL_META } from '#vercel/choose-drill-deployments';
import type { DeployRequest } from '#vercel/deploy';

/** What a deployment against the database of a drill has beside the others. */
interface DrillPart {
  environment: Record<string, string>;
  meta: Record<string, string>;
}

/**
 * A deployment that reads another database than its environment: a preview that is built here, of the one app, whose checks ask
 * itself. Undefined without a database of its own. Pure.
 */
export function planDrill(
  given: { databaseUrl?: string | undefined; databaseVariable: string; release?: string | undefined },
  { as, build }: Pick<DeployRequest, 'as' | 'build'>,
  settings: Pick<EnvironmentSettings, 'environment' | 'apps' | 'health' | 'smoke'>,
): { drill: DrillPart | undefined; problems: InputProblem[] } {
  if (given.databaseUrl === undefined) return { drill: undefined, problems: [] };
  const problems: InputProblem[] = [];
  const refuse = (message: string, allowed: string) => problems.push({ name: 'database-url', message, allowed });
  if (as !== 'alias') refuse('is only for a preview: what is promoted keeps its variables', 'target: preview');
  if (build === 'adopt') refuse('cannot be given to what Vercel built already', 'build: remote or prebuilt');
  if (given.release !== undefined) refuse('is for a drill, which is no release', 'no release');
  if (settings.apps !== undefined)
    refuse(
      'is for one app: the others of this environment would be asked where they serve',
      'an environment of one app',
    );
  const checks = [...(settings.health.checks ?? []), ...(settings.smoke.checks ?? [])];
  const elsewhere = checks.map(({ path }) => path).filter((path) => !path.startsWith('/'));
  if (elsewhere.length > 0)
    refuse(`is of no use to checks that ask another address: ${elsewhere.join(', ')}`, 'checks that begin with /');
  const { environment } = settings;
  const drill = { environment: { [given.databaseVariable]: given.databaseUrl }, meta: { [DRILL_META]: environment } };
  return { drill, problems };
}
