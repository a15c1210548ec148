import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import type { ProjectState } from '#vercel/project';
import type { VercelDeployment } from '#vercel/vercel-types';
import type { EnvironmentHistory, TargetChoice } from '../choose-rollback-target.ts';
import { commandOn } from '../command-line.ts';
import type { Finding } from '../decide-preflight.ts';
import type { DatabaseInspection } from '../inspect-database.ts';
import { placeOf } from '../read-environment.ts';
import type { ReleaseMode } from '../release-handle.ts';

export interface RehearsalFacts {
  settings: Pick<EnvironmentSettings, 'environment' | 'production' | 'productionHosts' | 'url'>;
  mode: ReleaseMode;
  /** Hosts that a promotion of this environment moves. */
  hosts: readonly string[];
  /** Migration files that this release would apply. */
  pending: number;
  /** A migration command of one's own, where this release would run it over a database that has not seen this commit yet. */
  command: string | undefined;
  /** What is served, and where a rollback would go; undefined where there is none. */
  currentId: string | undefined;
  targetId: string | undefined;
  /** True where the ledger of this environment does not know the target: whose it is nobody can say. */
  adopted: boolean;
}

/** The same from what preflight has read. Pure. */
export function rehearsalFacts(
  settings: EnvironmentSettings,
  read: {
    state: Pick<ProjectState, 'productionDomains'>;
    history: Pick<EnvironmentHistory, 'currentDeploymentId'> & { current?: Pick<VercelDeployment, 'meta'> | undefined };
    database: Pick<DatabaseInspection, 'toApply' | 'held' | 'command'>;
    target: TargetChoice;
    /** True where what is served is of the commit that is released. */
    live: boolean;
  },
): RehearsalFacts {
  const { as, host } = placeOf(settings);
  const ofEnvironment = `:${settings.environment}:`;
  const moved = as === 'production' ? read.state.productionDomains : [host];
  return {
    settings,
    mode: settings.watch.mode ?? defaults.watch.mode,
    hosts: moved.filter((one) => one !== undefined),
    // Held files are applied as well where a watch passes: a rehearsal that no rule ends would do so.
    pending: read.database.toApply.length + (settings.database.contract === 'same-run' ? read.database.held.length : 0),
    command: read.live ? undefined : read.database.command,
    currentId: read.history.currentDeploymentId,
    targetId: read.target.target?.deploymentId,
    // Older than the entries that are read, a release is known by what it wrote on its deployment.
    adopted: read.target.target?.adopted === true && !read.history.current?.meta.opsRelease?.includes(ofEnvironment),
  };
}

/**
 * What stands against a rehearsal of the way back (DRD-04): production in every disguise, and everything that would make the
 * rehearsal prove nothing or leave something else behind than it found. Pure.
 */
export function rehearsalFindings(facts: RehearsalFacts): Finding[] {
  const { settings, mode, pending, command, currentId, targetId, adopted } = facts;
  const { environment } = settings;
  const findings: Finding[] = [];
  const refuse = (code: string, message: string, fix: string): void => {
    findings.push({ code, severity: 'refuse', message, fix });
  };
  // The workflow file may mark an environment as throw-away; one that is called production stays what it is called.
  if (settings.production || /^prod(uction)?\b/i.test(environment)) {
    const message = `${environment} is production: the way back is rehearsed where nobody is served`;
    refuse('rehearsal_on_production', message, 'name the environment staging');
  }
  const shared = hostsOf(facts).filter((host) => settings.productionHosts?.includes(host));
  if (shared.length > 0) {
    const message = `${shared.join(', ')} of ${environment} is an address of production in ops.yml: a rehearsal would reach its users`;
    refuse('rehearsal_on_production', message, `give ${environment} an address of its own`);
  }
  if (mode !== 'auto') {
    const message = `the watch of ${environment} is in mode ${mode}, which takes nothing back by itself: there is no way back to rehearse`;
    refuse('rehearsal_mode', message, `set environments.${environment}.watch.mode: auto`);
  }
  if (pending > 0) {
    const message = `${pending} ${pending === 1 ? 'migration is' : 'migrations are'} pending on ${environment}, and a rehearsal would apply what no rollback takes back`;
    refuse('rehearsal_pending_migrations', message, `release to ${environment} first`);
  }
  if (command !== undefined) {
    const message = `"${command}" migrates the database of ${environment}, which serves another commit: what it would apply no rollback takes back`;
    refuse('rehearsal_pending_migrations', message, `release this commit to ${environment} first`);
  }
  if (targetId === undefined) {
    const message = `${environment} has no proven release to go back to`;
    refuse('rehearsal_no_target', message, `release to ${environment} first`);
  } else if (targetId !== currentId) {
    const message = `${environment} serves ${currentId ?? 'several deployments'}, which nobody has proven: the rollback would end elsewhere, at ${targetId}`;
    refuse('rehearsal_no_target', message, `see ${commandOn(settings, 'releases')}, then release to ${environment}`);
  } else if (adopted) {
    // It may be production's: a project that was mistaken for staging's has its users behind it.
    const message = `${targetId} is served, and no release of ${environment} brought it there: the project may be another environment's`;
    refuse('rehearsal_no_target', message, `check the Vercel project, then release to ${environment} first`);
  }
  return findings;
}

function hostsOf({ hosts, settings }: RehearsalFacts): string[] {
  return [...new Set([...hosts, ...(settings.url === undefined ? [] : [new URL(settings.url).host])])];
}
