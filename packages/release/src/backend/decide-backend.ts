import type { ReleaseDecision } from '../decide-release-outcome.ts';
import { nameOf } from '../name-of-target.ts';
import { releasesSince } from '../plan-functions-back.ts';
import type { RollbackTarget } from '../release-handle.ts';
import type { LedgerFact, ReleaseRecord } from '../release-record.ts';
import { type BackendState, backendState, backendWentTo, mayRunStill } from './backend-facts.ts';

/** What an attempt does about the deploy command. Pure. */
export function decideBackendDeploy(
  state: BackendState,
  { repeatable }: { repeatable: boolean },
): 'run' | 'prove' | 'ask' {
  if (state === 'deployed') return 'prove';
  // Its run died in between: what is not idempotent must not run twice because nobody looked.
  return state === 'unknown' && !repeatable ? 'ask' : 'run';
}

/** What the way back of the app came to: decision and reason code of the step that moves the domains. */
export interface AppBack {
  decision: string;
  reasonCode: string;
}

export type BackendBack =
  | { do: 'nothing'; message: string }
  | { do: 'fail'; reasonCode: string; message: string }
  | { do: 'roll-back'; target: Pick<RollbackTarget, 'deploymentId' | 'version' | 'commit'>; from: ReleaseRecord };

/** The app is, or still is, what was served before. */
const neverLive = new Set(['not_promoted', 'not_moved']);

/**
 * Whether the backend goes back, and to what: where the app went, or stayed because the release never reached it. `to` is the
 * deployment that the app went back to; empty where it did not move. Pure.
 */
export function decideBackendBack(given: {
  app: AppBack;
  to: string;
  /** Key of the release that takes itself back; absent for a rollback by hand. */
  own?: string | undefined;
  releases: readonly ReleaseRecord[];
}): BackendBack {
  const { app, to, own, releases } = given;
  const stayed = app.decision === 'not-needed' && neverLive.has(app.reasonCode);
  const moved = app.decision === 'rolled-back' || app.decision === 'already-current';
  if (!stayed && !moved)
    return { do: 'nothing', message: `the app was not taken back (${app.decision || 'no decision'})` };
  const release = releases.find(({ key }) => own !== undefined && key === own);
  if (stayed && release !== undefined) {
    const why = whyItStays(release, releases, app.reasonCode);
    if (why !== undefined) return { do: 'nothing', message: why };
  }
  const recorded = release?.rollbackTarget;
  const deploymentId = to === '' ? recorded?.deploymentId : to;
  const isRecorded = release !== undefined && deploymentId === recorded?.deploymentId;
  const since = isRecorded ? [release] : releasesSince(releases, { deploymentId: deploymentId ?? '' });
  const touched = releases.filter(({ facts }) => mayRunStill(backendState(facts)));
  if (deploymentId === undefined || since === undefined) {
    return touched.length === 0
      ? { do: 'nothing', message: 'no release deployed the backend' }
      : {
          do: 'fail',
          reasonCode: 'backend_target_unknown',
          message: `the ledger does not know ${deploymentId ?? 'the target'}, so nobody knows which backend ran beside it: it stays as it is`,
        };
  }
  const isSince = ({ id }: ReleaseRecord) => since.some((one) => one.id === id);
  const newest = releases.find((one) => isSince(one) && backendState(one.facts) !== 'untouched');
  if (newest === undefined) return { do: 'nothing', message: 'the backend was not deployed since' };
  const named = releases.find((one) => one.deploymentId === deploymentId);
  const known = isRecorded ? recorded : undefined;
  const version = named?.version ?? known?.version;
  const commit = named?.commit ?? known?.commit;
  // The newest one says where the backend went, for all that came before it; by hand it may have gone further than it should be now.
  if (!mayRunStill(backendState(newest.facts)) && backendWentTo(newest.facts) === (version ?? deploymentId))
    return { do: 'nothing', message: `the backend was taken back to ${version ?? deploymentId} before` };
  const from = touched.find(isSince) ?? newest;
  return {
    do: 'roll-back',
    from,
    target: {
      deploymentId,
      ...(version === undefined ? {} : { version }),
      ...(commit === undefined ? {} : { commit }),
    },
  };
}

/**
 * A run that is started again and ends before its promotion says nothing about the attempt before: the app may serve what that one
 * brought, or a newer release. Undefined where it is known that neither does. Pure.
 */
function whyItStays(
  release: ReleaseRecord,
  releases: readonly ReleaseRecord[],
  reasonCode: string,
): string | undefined {
  const { id, version, promotion, facts } = release;
  const newer = releases.find((one) => one.id > id && mayRunStill(backendState(one.facts)));
  if (newer !== undefined) return `${newer.version} has deployed it since`;
  const isBack = (fact: LedgerFact) =>
    fact.step === 'rollback' && fact.kind === 'outcome' && fact.word === 'rolled-back';
  const wentBack = facts.findLastIndex(isBack) > facts.findLastIndex(({ step }) => step === 'promote');
  const maybeLive = promotion === 'promoted' || (promotion === 'intended' && reasonCode === 'not_promoted');
  return maybeLive && !wentBack ? `an earlier attempt of this run promoted ${version}, whose backend it is` : undefined;
}

/**
 * What a release whose run died left of the backend, where the app is not on it any more or never was; undefined where nothing is
 * left. Whoever finishes such a release has neither the commands' checkout nor their secret. Pure.
 */
export function backendLeft(
  {
    version,
    promotion,
    rollbackTarget,
    facts,
  }: Pick<ReleaseRecord, 'version' | 'promotion' | 'rollbackTarget' | 'facts'>,
  decision: ReleaseDecision,
): string | undefined {
  if (!mayRunStill(backendState(facts))) return undefined;
  if (decision !== 'rolled-back' && promotion !== 'none') return undefined;
  const target = rollbackTarget === undefined ? 'the release before' : nameOf(rollbackTarget);
  return `The backend may still be that of ${version}: dispatch the rollback workflow with ${target} as its target.`;
}
