import { reasonCodeOf } from '#http/error-reason';
import { cleanText } from '#http/text';
import { type AnswerGiven, answerInRecord } from './answer-given.ts';
import { findAnswer, openQuestion } from './asked.ts';
import { backendLeft } from './backend/decide-backend.ts';
import type { EntryPlan } from './decide-reconcile.ts';
import type { ReleaseDecision } from './decide-release-outcome.ts';
import { settleEnvironment } from './finish-release.ts';
import { type Finished, fixForwardOver, withFunctionsSaid } from './finished.ts';
import { type FixForward, timeOf } from './fix-forward.ts';
import { handleOfRecord } from './handle-of-record.ts';
import { openLedger } from './ledger.ts';
import { defaultLockExpiryMs, type Lock } from './lock.ts';
import { readServed } from './move-domains.ts';
import { nameOf } from './name-of-target.ts';
import { functionsLeft } from './plan-functions-back.ts';
import type { ReconcileDependencies, ReconcileRequest } from './reconcile.ts';
import type { ReleaseHandle, RollbackTarget } from './release-handle.ts';
import type { ReleaseRecord } from './release-record.ts';
import { writeMove } from './rollback-move.ts';
import { takeBack } from './take-back.ts';
import type { TakeBackOutcome } from './take-back-types.ts';
import type { FunctionsBack } from './take-functions-back.ts';
import { watchContinues } from './watch-record.ts';
import { reasonOfVerdict } from './would-have-been.ts';

export interface EntryContext {
  /** All entries of the environment that were read, newest first. */
  releases: readonly ReleaseRecord[];
  /** No newer entry reached promotion: a newer release that has ended restored auto-assign itself. */
  isNewest: boolean;
  warnings: string[];
}

/** Brings one dead release to its end, all but the closing of its record. @throws GitHubError, VercelError. */
export async function finishEntry(
  deps: ReconcileDependencies,
  request: ReconcileRequest,
  plan: EntryPlan,
  context: EntryContext,
): Promise<{ handle: ReleaseHandle; finished: Finished }> {
  const { release } = plan;
  const handle = handleOfRecord(release, request);
  const { functions, ...ended } = await endOf(deps, request, { plan, handle, context });
  const backend = backendLeft(release, ended.decision);
  const closing = await settleEnvironment(deps, handle, {
    // A release that handed its watch off has put auto-assign back itself.
    moved: context.isNewest && release.decision === undefined,
    names: [
      ...(release.deploymentId === undefined ? [] : [{ deploymentId: release.deploymentId, version: release.version }]),
      ...(release.rollbackTarget === undefined ? [] : [release.rollbackTarget]),
    ],
  });
  context.warnings.push(...closing.warnings);
  const finished: Finished = {
    key: release.key,
    environment: release.environment,
    production: handle.production,
    version: release.version,
    commit: release.commit,
    ...ended,
    what: [withFunctionsSaid(ended.what, functions), ...(backend === undefined ? [] : [backend])].join(' '),
    closing,
    functions,
    backendLeft: backend,
    rollbackTarget: release.rollbackTarget,
    openedAt: release.openedAt,
    runId: release.runId,
    slack: release.slack,
    facts: release.facts,
  };
  return { handle, finished };
}

function moveOf({ from, target }: Lock): string {
  return writeMove({ from, to: target?.deploymentId, reasonCode: 'rolled_back' });
}

type Ended = Pick<Finished, 'decision' | 'reasonCode' | 'what'>;
interface Dead {
  plan: EntryPlan;
  handle: ReleaseHandle;
  context: EntryContext;
}

async function endOf(
  deps: ReconcileDependencies,
  request: ReconcileRequest,
  dead: Dead,
): Promise<Ended & { functions?: FunctionsBack | undefined }> {
  const { plan, handle } = dead;
  const { release } = plan;
  if (plan.do === 'close') {
    const { decision, reasonCode, what, saidBy } = plan;
    if (saidBy !== undefined)
      await openLedger(deps.github, handle).record('rollback', 'outcome', 'rolled-back', moveOf(saidBy));
    return { decision, reasonCode, what, functions: await takeLeftFunctions(deps, dead) };
  }
  if (plan.do === 'end-fix-forward') return await endFixForward(deps, request, dead, plan.mending);
  const answer = answerInRecord(release.facts) ?? (await readAnswer(deps, release));
  if (answer?.leaves && plan.do !== 'finish-rollback') {
    const what = `Its run ended after ${answer.said}: nothing was moved.`;
    return { decision: 'would-roll-back', reasonCode: answer.word, what };
  }
  if (plan.do === 'mark-unwatched') {
    const served = release.decision === watchContinues ? await readServed(deps.project, handle) : undefined;
    if (served !== undefined && !served.mixed && served.deploymentId !== release.deploymentId) {
      const what = 'Its watch had no verdict yet when production moved on.';
      return { decision: 'superseded', reasonCode: 'superseded', what };
    }
    await openLedger(deps.github, handle).record('watch', 'outcome', 'unwatched', plan.why);
    const late = answer === undefined ? '' : `, although ${answer.said}, which nobody carried out in time`;
    const what = `${plan.why}${late}: nothing was moved, it is no rollback target until somebody proves it.`;
    return { decision: 'cancelled', reasonCode: 'unwatched', what };
  }
  // The run has ended, or its time is long over: nobody can answer any more.
  const silence = openQuestion(release.facts)?.fallback === 'auto' ? 'unanswered' : '';
  const word = answer === undefined || answer.leaves ? silence : answer.word;
  return await carryOut(deps, request, dead, word);
}

/** The time to mend it is over: it goes back, or people are told again, unless production moved on meanwhile (ARB-07). */
async function endFixForward(
  deps: ReconcileDependencies,
  request: ReconcileRequest,
  dead: Dead,
  { until, after }: FixForward,
): Promise<Ended & { functions?: FunctionsBack | undefined }> {
  const { release } = dead.plan;
  const over = `The time to mend it was over at ${timeOf(until)}, and no newer release is live`;
  if (after === 'rollback') {
    const ended = await carryOut(deps, request, dead, 'overdue');
    if (ended.decision !== 'rolled-back') return ended;
    return { ...ended, reasonCode: fixForwardOver, what: `${over}. ${ended.what}` };
  }
  const served = await readServed(deps.project, dead.handle);
  const movedOn = !served.mixed && served.deploymentId !== release.deploymentId;
  if (movedOn) {
    const what = 'Production has moved on since: nothing is left to mend.';
    return { decision: 'superseded', reasonCode: 'superseded', what };
  }
  const why = reasonOfVerdict(release.facts);
  const what = `${over}: it should go back${why === '' ? '' : ` (${why})`}, and a person decides. Nothing was moved.`;
  return { decision: 'would-roll-back', reasonCode: fixForwardOver, what };
}

/** Takes back what the record and Vercel say may have to go back; `word` is what the watch left. */
async function carryOut(
  deps: ReconcileDependencies,
  request: ReconcileRequest,
  dead: Dead,
  word: string,
): Promise<Ended & { functions?: FunctionsBack | undefined }> {
  const { plan, handle, context } = dead;
  const { release } = plan;
  let functions: FunctionsBack | undefined;
  const reached = plan.do === 'finish-rollback' ? ('skipped' as const) : ('cancelled' as const);
  const taken = await takeBack(deps, {
    handle,
    settings: request.settings,
    deploymentId: release.deploymentId ?? '',
    outcomes: {
      jobStatus: 'cancelled',
      // Without a decision: what is served now is asked of Vercel, whatever was recorded then.
      promote: { outcome: reached, decision: '' },
      health: { outcome: reached },
      smoke: { outcome: reached },
      watch: {
        outcome: reached,
        decision: word,
        reason: reasonOfVerdict(release.facts),
      },
    },
    lockExpiryMs: request.settings.release.lockExpiryMs ?? defaultLockExpiryMs,
    promoteInstead: request.settings.vercel.rollbackFallback !== 'none',
    beside: async (target: RollbackTarget) => {
      const recorded = target.deploymentId === handle.rollbackTarget?.deploymentId;
      functions = await deps.functions?.(recorded ? handle : { environment: handle.environment, target });
    },
  });
  context.warnings.push(...(taken.act === 'roll-back' ? taken.rollback.warnings : taken.warnings));
  // Functions have no staging: what was deployed before a promotion that never was is live.
  if (taken.act === 'not-needed' && taken.reasonCode === 'not_moved') functions = await takeLeftFunctions(deps, dead);
  return { ...describeTaken(taken, release), functions };
}

/** What a reviewer said before the run died: nobody may be overruled because a runner was lost. @throws GitHubError. */
async function readAnswer(
  { github }: ReconcileDependencies,
  { facts, runId }: ReleaseRecord,
): Promise<AnswerGiven | undefined> {
  const question = openQuestion(facts);
  if (question?.environment === undefined || runId === 0) return undefined;
  try {
    const answer = findAnswer(await github.runApprovals(runId), question.environment, question.before);
    if (answer === undefined) return undefined;
    const by = cleanText(answer.by, 60) || 'a reviewer';
    return answer.word === 'approved'
      ? { word: 'approved', leaves: false, said: `${by} approved the rollback` }
      : { word: 'declined', leaves: true, said: `${by} declined the rollback` };
  } catch (error) {
    // A run that was deleted holds no answers.
    if (reasonCodeOf(error) === 'github_not_found') return undefined;
    throw error;
  }
}

/** Undoes what an unpromoted release deployed (S7), unless a newer one deployed its own since. */
async function takeLeftFunctions(
  deps: ReconcileDependencies,
  { plan, handle, context }: Dead,
): Promise<FunctionsBack | undefined> {
  const left = functionsLeft(plan.release, context.releases);
  if (left === 'none') return undefined;
  if (left === 'left') return await deps.functions?.(handle);
  const message = 'a newer release deployed edge functions since, so those of this one were left alone';
  return { outcome: 'not-needed', reasonCode: 'functions_overtaken', message, mixed: [] };
}

/** The end of a release from what its way back came to. Pure. */
function describeTaken(taken: TakeBackOutcome, release: Pick<ReleaseRecord, 'promotion' | 'decision'>): Ended {
  if (taken.act === 'roll-back') {
    const { rollback, reason } = taken;
    if (rollback.decision === 'superseded')
      return { decision: 'superseded', reasonCode: 'superseded', what: rollback.message };
    if (rollback.decision === 'failed')
      return { decision: 'rollback-failed', reasonCode: rollback.reasonCode, what: rollback.message };
    const had = release.decision === 'would-roll-back' || release.decision === 'rollback-failed';
    const ended = had ? '' : 'Its run ended without a verdict; ';
    const what = `${ended}rolled back to ${nameOf(rollback.target)}: ${reason}.`;
    return { decision: 'rolled-back', reasonCode: 'job_lost', what };
  }
  if (taken.act === 'hold') {
    const decision: ReleaseDecision = taken.reasonCode === 'no_previous_deployment' ? 'rollback-failed' : 'cancelled';
    return { decision, reasonCode: 'unwatched', what: taken.message };
  }
  if (taken.reasonCode === 'superseded')
    return { decision: 'superseded', reasonCode: 'superseded', what: taken.message };
  const what =
    release.promotion === 'promoted'
      ? 'Its run ended without a verdict; production has moved on since.'
      : 'Its run ended during the promotion, which did not reach production.';
  return { decision: release.promotion === 'promoted' ? 'superseded' : 'cancelled', reasonCode: 'job_lost', what };
}
