import {
  assessCandidates,
  type Candidate,
  choosePrevious,
  type EnvironmentHistory,
  findGone,
  toTarget,
} from './choose-rollback-target.ts';
import { wayAround } from './guard-rollback.ts';
import { nameOf } from './name-of-target.ts';
import { offer } from './next-target.ts';
import type { RollbackTarget } from './release-handle.ts';

export type TargetResolution =
  | { target: RollbackTarget; warnings: string[] }
  | {
      reasonCode:
        | 'unknown_target'
        | 'ambiguous_target'
        | 'never_in_production'
        | 'rollback_target_deleted'
        | 'no_previous_deployment'
        | 'crosses_contract'
        | 'bad_target';
      message: string;
    };

/** How a person wrote the target (FRB-03). */
export type WantedTarget =
  | { kind: 'previous' }
  | { kind: 'deployment'; id: string }
  | { kind: 'url'; host: string }
  | { kind: 'commit'; sha: string }
  | { kind: 'version'; version: string };

/** Reads what was typed; 7 to 40 hexadecimal digits are a commit. Pure. */
export function readWantedTarget(text: string): WantedTarget {
  const given = text.trim();
  if (given === '' || given.toLowerCase() === 'previous') return { kind: 'previous' };
  if (/^dpl_\w+$/.test(given)) return { kind: 'deployment', id: given };
  const host =
    /^https?:\/\/([^/?#]+)/i.exec(given)?.[1] ?? (/^[\w-]+(\.[\w-]+)*\.vercel\.app$/i.test(given) ? given : undefined);
  if (host !== undefined) return { kind: 'url', host: host.toLowerCase() };
  if (/^[0-9a-f]{7,40}$/i.test(given)) return { kind: 'commit', sha: given.toLowerCase() };
  return { kind: 'version', version: given };
}

/**
 * The one deployment that is meant, or why none can be taken; unknown, ambiguous and never-in-production ones are refused
 * before anything is changed (FRB-02, FRB-03). Pure.
 */
export function resolveTarget(wanted: WantedTarget, history: EnvironmentHistory): TargetResolution {
  if (wanted.kind === 'previous') return resolvePrevious(history);
  const candidates = assessCandidates(history);
  const matching = candidates.filter((candidate) => matches(wanted, candidate));
  const label = labelOf(wanted);
  const [first, ...more] = matching;
  if (first === undefined) {
    const gone = findGone(history).filter((candidate) => matches(wanted, candidate));
    if (gone.length > 0) {
      const reasons = gone.map(({ reason }) => reason).join('; ');
      const message = `${label} cannot be taken: ${reasons}. ${offer(candidates)}`;
      return { reasonCode: 'rollback_target_deleted', message };
    }
    return {
      reasonCode: 'unknown_target',
      message: `no deployment of ${history.environment} matches ${label}. ${offer(candidates)}`,
    };
  }
  const eligible = matching.filter((candidate) => candidate.standing !== 'ineligible');
  const [taken, ...others] = eligible;
  if (taken === undefined) {
    const reasons = matching.map((candidate) => candidate.reason).join('; ');
    const crosses = matching.flatMap((candidate) => candidate.crosses ?? []);
    if (crosses.length > 0) return refuseCrossing(`${label} cannot be taken: it ${reasons}`, crosses);
    return { reasonCode: 'never_in_production', message: `${label} cannot be taken: ${reasons}. ${offer(candidates)}` };
  }
  if (others.length > 0) {
    const ids = eligible.map((candidate) => describe(candidate)).join(', ');
    return {
      reasonCode: 'ambiguous_target',
      message: `${label} matches ${eligible.length} deployments: ${ids}. Give the deployment id.`,
    };
  }
  const warnings =
    taken.standing === 'failed' || taken.standing === 'unproven' || taken.standing === 'overtaken'
      ? [`${describe(taken)} ${taken.reason}; it is taken because it was named`]
      : [];
  if (more.length > 0) warnings.push(`${more.length} other deployment(s) of ${label} were never in production`);
  return { target: toTarget(taken), warnings };
}

function resolvePrevious(history: EnvironmentHistory): TargetResolution {
  const { target, skipped } = choosePrevious(history);
  const passed = skipped.map((candidate) => `${describe(candidate)} (${candidate.reason})`);
  if (target !== undefined) {
    const { unjudged } = target;
    const doubt = unjudged === undefined ? [] : [`${nameOf(target)} was ${unjudged}; no proven one is known`];
    return { target, warnings: [...passed.map((text) => `passed over ${text}`), ...doubt] };
  }
  const [crossing] = skipped.filter((candidate) => candidate.crosses !== undefined);
  if (crossing?.crosses !== undefined)
    return refuseCrossing(`${describe(crossing)} cannot be taken: it ${crossing.reason}`, crossing.crosses);
  const looked = passed.length === 0 ? 'there is none' : `looked at ${passed.slice(0, 5).join(', ')}`;
  return {
    reasonCode: 'no_previous_deployment',
    message: `no earlier good deployment of ${history.environment} is known: ${looked}. Name a target, or fix forward.`,
  };
}

/** Refused before anything is touched (S3); the database can be taken back first, or a person answers for it. */
function refuseCrossing(what: string, files: readonly string[]): TargetResolution {
  return { reasonCode: 'crosses_contract', message: `${what}. ${wayAround(files)}` };
}

function matches(wanted: WantedTarget, candidate: Candidate): boolean {
  const { deployment } = candidate;
  switch (wanted.kind) {
    case 'deployment':
      return deployment.id === wanted.id;
    case 'url':
      return deployment.url.toLowerCase() === wanted.host;
    case 'commit':
      return candidate.commit?.toLowerCase().startsWith(wanted.sha) === true;
    case 'version':
      return candidate.version === wanted.version;
    default:
      return false;
  }
}

function labelOf(wanted: WantedTarget): string {
  switch (wanted.kind) {
    case 'deployment':
      return `deployment ${wanted.id}`;
    case 'url':
      return `address ${wanted.host}`;
    case 'commit':
      return `commit ${wanted.sha}`;
    case 'version':
      return `version ${wanted.version}`;
    default:
      return 'previous';
  }
}

/** `v1.2.0 (dpl_…)`, for messages. */
export function describe(candidate: Candidate): string {
  const { version } = candidate;
  return nameOf({ deploymentId: candidate.deployment.id, ...(version === undefined ? {} : { version }) });
}
