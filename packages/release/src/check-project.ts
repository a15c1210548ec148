import type { ProjectState } from '#vercel/project';
import { commandOn } from './command-line.ts';
import type { Finding } from './decide-preflight.ts';
import type { Lock } from './lock.ts';
import type { EnvironmentKind } from './release-handle.ts';

export interface ProjectFacts {
  environment: string;
  production: boolean;
  as: EnvironmentKind;
  build: 'remote' | 'prebuilt' | 'adopt';
  state: ProjectState;
  bypassSecretGiven: boolean;
  /** `git.deploymentEnabled` of vercel.json is false for the production branch. */
  gitDeploymentDisabled: boolean;
  /** Locks of this environment, lifted ones too. */
  locks: readonly Lock[];
  host?: string | undefined;
}

/** What of the project, as it is found, stands against a release, with the exact way out of each. Pure. */
export function checkProject(facts: ProjectFacts): Finding[] {
  return [...checkAutoAssign(facts), ...checkPin(facts), ...checkProtection(facts), ...checkPlace(facts)];
}

const autoAssignSetting =
  'Project Settings > Environments > Production > Branch Tracking > "Auto-assign Custom Production Domains"';

function checkAutoAssign({ as, build, state, production, gitDeploymentDisabled }: ProjectFacts): Finding[] {
  if (as !== 'production') return [];
  if (state.autoAssign === undefined) {
    return [
      {
        code: 'auto_assign_unknown',
        severity: 'refuse',
        message: `Vercel does not say whether ${state.name} assigns production domains by itself, so it could not be restored afterwards (trap 2)`,
        fix: 'use a token that may read the project settings',
      },
    ];
  }
  const { gitLink } = state;
  if (gitLink === undefined) {
    return build === 'adopt'
      ? [
          {
            code: 'nothing_to_adopt',
            severity: 'refuse',
            message: `build: adopt waits for Vercel’s Git integration, and ${state.name} is connected to no repository`,
            fix: 'connect the repository in Vercel, or set vercel.build: remote',
          },
        ]
      : [];
  }
  const branch = gitLink.productionBranch;
  if (gitDeploymentDisabled && build === 'adopt') {
    return [
      {
        code: 'nothing_to_adopt',
        severity: 'refuse',
        message: `build: adopt waits for a deployment of Vercel’s Git integration, which vercel.json disables for ${branch}`,
        fix: 'remove git.deploymentEnabled, or set vercel.build: remote',
      },
    ];
  }
  if (gitDeploymentDisabled || !state.autoAssign) return [];
  return [
    {
      code: 'push_goes_live',
      severity: production ? 'refuse' : 'warning',
      message: `every push to ${branch} of ${gitLink.repository} goes live by itself: Vercel’s Git integration builds it and assigns the production domains, past migration, tests and watch`,
      fix: `either let Vercel build and ops-actions promote: set vercel.build: adopt in ops.yml and switch off ${autoAssignSetting}; or let ops-actions build: put {"git": {"deploymentEnabled": {${JSON.stringify(branch)}: false}}} into vercel.json`,
    },
  ];
}

/** A rollback that pins production, made here or in the dashboard; lifting its lock is how a person takes it off. */
function checkPin(facts: ProjectFacts): Finding[] {
  const { as, state, locks } = facts;
  const pin = state.pinnedRollback;
  if (as !== 'production' || pin === undefined) return [];
  const lifted = locks.some(
    (lock) =>
      lock.target?.deploymentId === pin.deploymentId &&
      lock.releasedAt !== undefined &&
      // GitHub's times are whole seconds, Vercel's are not.
      (pin.at === undefined || lock.releasedAt >= pin.at - 1000),
  );
  if (lifted) return [];
  const by = pin.by === undefined ? '' : ` by ${pin.by}`;
  const why = pin.description === undefined ? '' : ` ("${pin.description}")`;
  return [
    {
      code: 'pinned_rollback',
      severity: 'refuse',
      message: `production is pinned to ${pin.deploymentId} by a rollback${by}${why}; a promotion would lift that silently`,
      fix: `when the cause is mended: ${commandOn(facts, 'unlock')}`,
    },
  ];
}

/** Protection types under which the address of a deployment asks for a login, by how the environment exists. */
const protectsProductionDeployments = new Set([
  'all',
  'prod_deployment_urls_and_all_previews',
  'all_except_custom_domains',
]);

function checkProtection({ as, state, bypassSecretGiven }: ProjectFacts): Finding[] {
  const { protection } = state;
  if (protection === undefined) return [];
  const protectedHere = as !== 'production' || protectsProductionDeployments.has(protection.deploymentType);
  if (!protectedHere) return [];
  if (!bypassSecretGiven) {
    return [
      {
        code: 'protected_without_bypass',
        severity: 'refuse',
        message: `deployments of ${state.name} are behind Vercel Authentication (${protection.deploymentType}), so the staged one could not be tested`,
        fix: protection.bypassConfigured
          ? 'store the project’s Protection Bypass for Automation secret (Project Settings > Deployment Protection) as VERCEL_AUTOMATION_BYPASS_SECRET and pass it as protection-bypass-secret'
          : 'create one under Project Settings > Deployment Protection > Protection Bypass for Automation, store it as VERCEL_AUTOMATION_BYPASS_SECRET and pass it as protection-bypass-secret',
      },
    ];
  }
  if (protection.bypassConfigured) return [];
  return [
    {
      code: 'bypass_not_configured',
      severity: 'warning',
      message: `a bypass secret is given, but Vercel lists none for ${state.name}: secrets are per project (trap 21)`,
    },
  ];
}

function checkPlace({ as, state, host, environment }: ProjectFacts): Finding[] {
  const findings: Finding[] = [];
  if (as !== 'production' && host === undefined) {
    findings.push({
      code: 'address_missing',
      severity: 'refuse',
      message: `the address of ${environment} is not known`,
      fix: `set environments.${environment}.url${as === 'alias' ? ' or vercel.alias' : ''} in ops.yml`,
    });
  }
  if (as !== 'production' && host !== undefined && state.productionDomains.includes(host)) {
    findings.push({
      code: 'production_domain',
      severity: 'refuse',
      message: `${host}, the address of ${environment}, is a production domain of ${state.name}: releasing there would move production, and every promotion would move ${environment}`,
      fix: 'give it an address of its own: in Project Settings > Domains a domain that is assigned to a Git branch, or one that is not listed there',
    });
  }
  return findings;
}
