import type { StepOutcome } from './decide-rollback-needed.ts';
import { describeFilesBehind, filesNotKnown } from './describe-files-behind.ts';
import type { ReleaseMode } from './release-handle.ts';

/** How a release can end (design §10). */
export const releaseDecisions = [
  'released',
  'watch-continues',
  'staged',
  'held',
  'would-roll-back',
  'asked',
  'rolled-back',
  'rollback-failed',
  'refused',
  'failed',
  'already-current',
  'superseded',
  'planned',
  'cancelled',
] as const;
export type ReleaseDecision = (typeof releaseDecisions)[number];

export interface StepFacts {
  outcome: StepOutcome;
  decision: string;
  reason: string;
  summary: string;
}

/** What the steps of deploy/action.yml left behind. */
export interface OutcomeFacts {
  mode: ReleaseMode;
  jobStatus: string;
  stopAfter: string;
  preflight: StepFacts;
  migrate: StepFacts;
  deploy: StepFacts;
  /** Edge functions, before or after the promotion; absent where they are no part of the release. */
  functions?: StepFacts | undefined;
  /** A backend that is not on Vercel; absent where it is no part of the release. */
  backend?: StepFacts | undefined;
  stagedHealth: StepFacts;
  stagedSmoke: StepFacts;
  promote: StepFacts;
  health: StepFacts;
  smoke: StepFacts;
  watch: StepFacts;
  /** What older code needs, removed in the same release; absent or without an outcome where it is not. */
  contract?: StepFacts | undefined;
  rollback: StepFacts;
  /** Decision about the backend that is not on Vercel, on the way back; empty where none went. */
  backendBack?: string | undefined;
  /** Files of this release that rollback SQL was to take back because the app failed behind them; without an outcome where none were. */
  databaseBack?: StepFacts | undefined;
  /** That undo was begun and is not known to have ended well, as the ledger says. */
  undoOpen?: boolean | undefined;
  /** Of releases before it: what they have applied and not promoted, in words; read only where nothing was pending. */
  filesOfEarlier?: string | undefined;
  /** What health and smoke tests said of what was restored; empty where they did not run. */
  restored?: { health: StepOutcome; smoke: StepOutcome } | undefined;
  /** Why the checks after the way back could not run; empty where they ran, or where there was none. */
  unverifiedBack?: string | undefined;
  /** What the record says of a bad stage that mode observe led on, also where an earlier job saw it. */
  badStage?: string | undefined;
}

export interface ReleaseOutcome {
  decision: ReleaseDecision;
  reasonCode: string;
  /** What happened, one sentence, without what serves now. */
  what: string;
  red: boolean;
  /** A yellow mark although the run is green. */
  warning: boolean;
  incident: boolean;
}

/** The domains are back, the backend is not: another target would not mend that. */
export const backendNotBack = 'backend_not_taken_back';

const green = new Set<ReleaseDecision>(['released', 'watch-continues', 'staged', 'held', 'already-current', 'planned']);

/** The one decision of a release, from the outcomes of its steps; what cannot be explained is a failure. Pure. */
export function decideReleaseOutcome(facts: OutcomeFacts): ReleaseOutcome {
  const reached = decide(facts);
  const contract = reached.decision === 'released' ? afterContract(facts) : undefined;
  const { decision } = reached;
  const reasonCode = contract?.reasonCode ?? reached.reasonCode;
  const told = contract === undefined ? reached.what : `${reached.what.replace(/\.$/, '')}. ${contract.what}`;
  const { rollback } = facts;
  // Nothing had to move, but functions that were deployed before could not be put back (I6).
  const mixed = rollback.decision === 'not-needed' && rollback.outcome === 'failure' ? ` ${rollback.summary}` : '';
  const what = `${told}${mixed}`;
  const observed = decision === 'would-roll-back' && facts.mode === 'observe';
  return {
    decision,
    reasonCode,
    what,
    red: (!green.has(decision) && !observed) || contract?.reasonCode !== undefined,
    warning: decision === 'held' || observed,
    incident:
      decision === 'rolled-back' ||
      decision === 'rollback-failed' ||
      leftUnproven(facts, decision) ||
      // Production serves what it did, on a database that nobody has proven.
      facts.undoOpen === true,
  };
}

/** The release is live and proven, whatever became of the files that it was to remove something with. */
function afterContract({ contract, jobStatus }: OutcomeFacts): { reasonCode?: string; what: string } | undefined {
  if (contract === undefined || contract.outcome === '' || contract.outcome === 'skipped') return undefined;
  if (contract.outcome === 'success') return { what: `Contract: ${contract.summary}` };
  const fallback = jobStatus === 'cancelled' ? 'cancelled' : 'the step did not finish';
  return {
    reasonCode: 'contract_failed',
    what: `The contract migration was not applied whole: ${contract.summary === '' ? fallback : contract.summary}`,
  };
}

type Decided = Pick<ReleaseOutcome, 'decision' | 'reasonCode' | 'what'>;

function decide(facts: OutcomeFacts): Decided {
  return (
    finishedEarlier(facts) ??
    endedInPreflight(facts) ??
    takenBack(facts) ??
    stoppedBeforePromotion(facts) ??
    notPromoted(facts) ??
    watched(facts)
  );
}

/** A refused attempt that finished the rollback of the one before it. */
function finishedEarlier(facts: OutcomeFacts): Decided | undefined {
  const { rollback, preflight } = facts;
  if (isUnderWay(preflight) || !['rolled-back', 'failed'].includes(rollback.decision)) return undefined;
  return takenBack(facts) ?? brokenWayBack(rollback);
}

/** Begun now, or begun by an earlier job that asked people. */
function isUnderWay({ decision }: StepFacts): boolean {
  return decision === 'ready' || decision === 'asked';
}

function endedInPreflight({ preflight }: OutcomeFacts): Decided | undefined {
  if (isUnderWay(preflight)) return undefined;
  const known = (['refused', 'already-current', 'superseded', 'planned', 'staged'] as const).find(
    (decision) => decision === preflight.decision,
  );
  if (known !== undefined) return ended(known, preflight, 'refused by preflight');
  if (preflight.decision === 'cancelled' || preflight.outcome === 'cancelled') {
    return ended('cancelled', preflight, 'cancelled before anything was changed');
  }
  // An input mistake is found before anything is touched, too.
  if (preflight.decision === 'could-not-run' && preflight.reason === 'bad_input') {
    return ended('refused', preflight, 'the inputs cannot be used');
  }
  return ended('failed', preflight, 'preflight could not run; nothing was changed');
}

function takenBack({
  rollback,
  promote,
  watch,
  restored,
  backendBack,
  unverifiedBack = '',
}: OutcomeFacts): Decided | undefined {
  switch (rollback.decision) {
    case 'rolled-back':
    case 'already-current':
      // The app is back, and beside it runs what nobody has tried it with.
      if (backendBack === 'failed') return { ...ended('rollback-failed', rollback, ''), reasonCode: backendNotBack };
      // Nothing says that what went back is sick: a further target would be a guess.
      if (rollback.outcome === 'failure' && unverifiedBack !== '') {
        const what = notVerified(rollback.summary, unverifiedBack);
        return { decision: 'rolled-back', reasonCode: 'restored_not_verified', what };
      }
      // What is served is well; something else of the way back is not, and its summary says what: edge functions, for one.
      if (rollback.outcome === 'failure' && restored?.health === 'success' && restored.smoke !== 'failure')
        return ended('rollback-failed', rollback, 'rolled back, but not all of it');
      // The swap is done, but the checks of the way back failed: production is still broken (FRB-06).
      return rollback.outcome === 'failure'
        ? ended(
            'rollback-failed',
            { ...rollback, summary: `${rollback.summary} Its checks failed, too.`.trim() },
            '',
            'unhealthy_after_rollback',
          )
        : ended('rolled-back', rollback, 'rolled back');
    case 'superseded':
      return ended('superseded', rollback, 'a rollback took over');
    case 'held':
      // Without a target, or without a verdict in a mode that asks: locked, and people decide.
      return rollback.reason === 'cancelled'
        ? ended('cancelled', rollback, 'cancelled after promotion; locked, unwatched')
        : ended('rollback-failed', rollback, 'nothing could be taken back; locked');
    case 'not-needed':
      if (promote.decision === 'superseded')
        return ended('superseded', promote, 'a rollback or a newer release took over');
      if (watch.decision === 'approved' || watch.decision === 'unanswered')
        return ended('superseded', rollback, 'production has moved on');
      if (watch.decision === 'superseded') return ended('superseded', watch, 'a rollback took over');
      return rollback.reason === 'superseded' ? ended('superseded', rollback, 'production has moved on') : undefined;
    default:
      // The step itself broke after a promotion: nobody knows that the way back was taken.
      return promote.outcome === '' || promote.outcome === 'skipped' ? undefined : brokenWayBack(rollback);
  }
}

function brokenWayBack(rollback: StepFacts): Decided {
  return ended('rollback-failed', rollback, 'the rollback step did not finish');
}

function stoppedBeforePromotion(facts: OutcomeFacts): Decided | undefined {
  const { migrate, databaseBack } = facts;
  if (migrate.outcome === 'failure') {
    return ended(
      migrate.decision === 'refused' ? 'refused' : 'failed',
      migrate,
      'the migration failed; nothing was deployed',
    );
  }
  const ending = stoppedBehindMigration(facts);
  // An earlier attempt may have applied what this one takes back.
  const wentBack = databaseBack !== undefined && !['', 'skipped'].includes(databaseBack.outcome);
  // What became of the files that the app failed behind (MIG-10).
  const files =
    migrate.decision === 'applied' || wentBack ? describeFilesBehind(migrate, databaseBack) : facts.filesOfEarlier;
  if (ending === undefined || files === undefined) return ending;
  return { ...ending, what: `${ending.what.replace(/\.$/, '')}. ${files}` };
}

function stoppedBehindMigration(facts: OutcomeFacts): Decided | undefined {
  const { deploy, functions, backend, promote, stagedHealth, stagedSmoke } = facts;
  if (deploy.outcome === 'failure') return ended('failed', deploy, 'the deployment failed; nothing was promoted');
  if (functions?.outcome === 'failure' && (promote.outcome === '' || promote.outcome === 'skipped')) {
    const word = functions.decision === 'refused' ? 'refused' : 'failed';
    return ended(word, functions, 'the edge functions failed; nothing was promoted');
  }
  if (backend?.outcome === 'failure') return ended('failed', backend, 'the backend failed; nothing was promoted');
  if (stagedHealth.outcome === 'failure') {
    return ended(
      'failed',
      stagedHealth,
      'the staged deployment is not healthy; nothing was promoted',
      'staged_health_failed',
    );
  }
  if (stagedSmoke.outcome === 'failure') {
    return ended(
      'failed',
      stagedSmoke,
      'the smoke tests failed on the staged deployment; nothing was promoted',
      'staged_smoke_failed',
    );
  }
  return undefined;
}

function notPromoted(facts: OutcomeFacts): Decided | undefined {
  const { promote, deploy, jobStatus, stopAfter } = facts;
  if (promote.decision === 'promoted' || promote.decision === 'already-current') return undefined;
  if (jobStatus === 'cancelled' || promote.outcome === 'cancelled' || deploy.outcome === 'cancelled') {
    const files = filesOfCancelled(facts);
    return {
      decision: 'cancelled',
      reasonCode: 'cancelled',
      what: `cancelled before promotion; production was not touched${files === undefined ? '' : `. ${files}`}`,
    };
  }
  if (promote.decision === 'would-roll-back')
    return ended('would-roll-back', promote, 'a stage is bad; it keeps its share');
  if (promote.decision === 'refused') return ended('refused', promote, 'the promotion was refused');
  if (promote.outcome === 'failure') return ended('failed', promote, 'the promotion failed; production was not moved');
  if (stopAfter === 'staged' && deploy.outcome === 'success') {
    return { decision: 'staged', reasonCode: 'staged', what: 'staged and tested, not promoted' };
  }
  return {
    decision: 'failed',
    reasonCode: 'not_promoted',
    what: 'the release ended before its promotion for no recorded reason',
  };
}

/** Production is its domains; its database may have moved. */
function filesOfCancelled({ migrate, databaseBack }: OutcomeFacts): string | undefined {
  if (migrate.decision === 'applied') return describeFilesBehind(migrate, databaseBack);
  return migrate.outcome === 'cancelled' ? filesNotKnown : undefined;
}

function watched({ promote, watch, health, smoke, jobStatus, badStage }: OutcomeFacts): Decided {
  // The rollback step is the one that acts on failures here; "not needed" after one of them would be a contradiction.
  if (health.outcome === 'failure')
    return ended('rollback-failed', health, 'production is not healthy', 'health_failed');
  if (smoke.outcome === 'failure') return ended('rollback-failed', smoke, 'the smoke tests failed', 'smoke_failed');
  // Mode observe led it on; what its stages said is no less true for what came after.
  const isJudged = watch.decision === 'pass' || watch.decision === 'held';
  if (promote.reason === 'stage_observed' && isJudged)
    return ended('would-roll-back', promote, 'a stage of the rolling release was bad');
  if (badStage !== undefined && isJudged) {
    const what = `live, but a stage of the rolling release was bad: ${badStage}`;
    return { decision: 'would-roll-back', reasonCode: 'stage_observed', what };
  }
  switch (watch.decision) {
    case 'pass':
      return ended('released', watch, 'released', 'passed');
    case 'watch-continues':
      return ended('watch-continues', watch, 'promoted, the watch continues');
    case 'held':
      return ended('held', watch, 'live, not proven');
    case 'asked':
      return ended('asked', watch, 'the error rate is above its limit; people are asked', 'asked');
    case 'declined':
    case 'breach':
    case 'would-roll-back':
      return ended('would-roll-back', watch, 'the error rate is above its limit; nothing was taken back');
    default:
      return jobStatus === 'cancelled'
        ? { decision: 'cancelled', reasonCode: 'cancelled', what: 'cancelled after promotion, without a verdict' }
        : ended('failed', watch, 'the watch ended without a verdict', 'no_verdict');
  }
}

/** Said where the domains are back and nothing could ask whether what they serve is well. Pure. */
export function notVerified(restored: string, why: string): string {
  return `${restored.replace(/\.$/, '')}. Restored, not verified: its checks could not run: ${why}`;
}

function ended(decision: ReleaseDecision, step: StepFacts, fallback: string, reasonCode?: string): Decided {
  return {
    decision,
    reasonCode:
      step.reason !== '' && reasonCode === undefined ? step.reason : (reasonCode ?? decision.replaceAll('-', '_')),
    what: step.summary === '' ? fallback : step.summary,
  };
}

/** Production was left on the new deployment although nothing proves it. */
function leftUnproven(facts: OutcomeFacts, decision: ReleaseDecision): boolean {
  const live = facts.promote.decision === 'promoted' || facts.promote.decision === 'already-current';
  return live && (decision === 'failed' || (decision === 'cancelled' && facts.rollback.decision !== 'not-needed'));
}
