import type { ProjectState } from '#vercel/project';
import { checkProject, type ProjectFacts } from './check-project.ts';
import { decideRollingRelease, type RollingFacts } from './check-rolling-release.ts';
import type { Finding } from './decide-preflight.ts';
import type { Lock } from './lock.ts';

/** One project of a group as preflight finds it; the first app goes by the name of its project. */
export interface FoundApp {
  name: string;
  state: ProjectState;
  gitDeploymentDisabled: boolean;
  /** Public address that ops.yml gives a further app. */
  url?: string | undefined;
}

export interface AppsFacts extends Omit<ProjectFacts, 'state' | 'gitDeploymentDisabled'> {
  lead: FoundApp;
  others: readonly FoundApp[];
  settings: RollingFacts['settings'];
  /** True while an earlier release may have left the projects half moved: then their settings are not those of the consumer. */
  isUnderWay: boolean;
  target: { deploymentId: string; apps?: Readonly<Record<string, string>> | undefined } | undefined;
}

/** What of the further projects, and of all together, stands against a release of the group; each names its app. Pure. */
export function checkApps(facts: AppsFacts): Finding[] {
  const { lead, others, target } = facts;
  const findings: Finding[] = [];
  const hosts = new Map<string, string>(lead.state.productionDomains.map((host) => [host, lead.name]));
  const ids = new Map([[lead.state.id, lead.name]]);
  for (const { name, state, gitDeploymentDisabled, url } of others) {
    const own = { ...facts, state, gitDeploymentDisabled, locks: facts.locks.map((lock) => ofApp(lock, name)) };
    const rolling = { name: state.name, as: facts.as, isOn: state.rollingRelease, stages: undefined };
    findings.push(
      ...[...checkProject(own), ...decideRollingRelease({ ...rolling, settings: facts.settings })].map((finding) => ({
        ...finding,
        message: `apps.${name}: ${finding.message}`,
      })),
    );
    const twin = ids.get(state.id);
    if (twin === undefined) ids.set(state.id, name);
    else
      findings.push(
        refused(
          'apps_same_project',
          `apps.${name} and ${twin} are one Vercel project (${state.name})`,
          'name each project once',
        ),
      );
    for (const host of twin === undefined ? state.productionDomains : []) {
      const owner = hosts.get(host);
      if (owner === undefined) hosts.set(host, name);
      else
        findings.push(
          refused(
            'apps_share_domain',
            `${host} is a production domain of ${owner} and of ${name}`,
            'give it to one of the two projects in Vercel',
          ),
        );
    }
    const host = url === undefined ? undefined : new URL(url).host;
    // Where its checks go and, through Deployment Protection, the bypass secret: only to the app itself (S20).
    if (host !== undefined && !state.productionDomains.includes(host))
      findings.push(
        refused(
          'app_url_elsewhere',
          `apps.${name}.url: ${host} is no production domain of ${state.name} (${state.productionDomains.join(', ') || 'it has none'})`,
          'give the domain that serves this app, or add it to the project in Vercel',
        ),
      );
    if (state.accountId !== lead.state.accountId)
      findings.push(
        refused(
          'apps_of_two_teams',
          `apps.${name} belongs to another team than ${lead.name}`,
          'move it: one token and one team reach all apps of an environment',
        ),
      );
    if (
      !facts.isUnderWay &&
      state.autoAssign !== undefined &&
      lead.state.autoAssign !== undefined &&
      state.autoAssign !== lead.state.autoAssign
    )
      findings.push(
        refused(
          'apps_auto_assign_differs',
          `auto-assignment of production domains is ${onOff(lead.state)} in ${lead.name} and ${onOff(state)} in ${name}; after the release it could not be put back as it was`,
          'set Project Settings > Environments > Production > Branch Tracking > "Auto-assign Custom Production Domains" alike in both',
        ),
      );
  }
  return [...findings, ...checkBegun([lead, ...others]), ...checkTarget(others, target)];
}

/** A project's first deployment is live at once, and there is nothing to go back to. */
function checkBegun(apps: readonly FoundApp[]): Finding[] {
  return apps
    .filter(({ state }) => state.currentDeploymentId === undefined)
    .map(({ name }) =>
      refused(
        'app_without_deployment',
        `${name} has never been in production: its first deployment would be live at once, before the others, and without a way back`,
        'bring it to production once by itself (vercel deploy --prod in its folder), then release the group',
      ),
    );
}

function checkTarget(others: readonly FoundApp[], target: AppsFacts['target']): Finding[] {
  if (target === undefined) return [];
  return others
    .filter(({ name, state }) => state.currentDeploymentId !== undefined && !target.apps?.[name])
    .map(({ name }) =>
      refused(
        'app_without_target',
        `no deployment of ${name} is known to go together with the rollback target ${target.deploymentId}`,
        'promote what shall serve in each project, in Vercel; what all of them serve then is the way back',
      ),
    );
}

/** The lock as this app has to see it: what it names for it. */
function ofApp(lock: Lock, name: string): Lock {
  const { target, ...rest } = lock;
  const deploymentId = target?.apps?.[name];
  return deploymentId === undefined ? rest : { ...rest, target: { deploymentId } };
}

function onOff({ autoAssign }: ProjectState): string {
  return autoAssign ? 'on' : 'off';
}

function refused(code: string, message: string, fix: string): Finding {
  return { code, severity: 'refuse', message, fix };
}
