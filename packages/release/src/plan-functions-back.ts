import { parseReference, type SavedReference } from '#supabase/functions-store';
import type { RollbackTarget } from './release-handle.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';

/** Where the functions lie that a release replaced, oldest first, from the facts of its entry. Pure. */
export function storedFunctions(facts: readonly LedgerFact[]): SavedReference[] {
  return facts.flatMap(({ step, kind, word, text }) =>
    step === 'functions' && kind === 'intent' && word === 'stored' ? (parseReference(text) ?? []) : [],
  );
}

/** The commit whose functions were live before the newest release that replaced some; undefined where no record says it. Pure. */
export function commitBeforeFunctions(
  releases: readonly Pick<ReleaseRecord, 'id' | 'rollbackTarget' | 'facts'>[],
): string | undefined {
  const replacing = releases.filter(({ facts }) => storedFunctions(facts).length > 0);
  return replacing.toSorted((a, b) => b.id - a.id)[0]?.rollbackTarget?.commit;
}

/**
 * The releases whose functions are taken back on the way to a target, oldest first: what the oldest replaced is what was live
 * beside the target. Undefined when the ledger does not know the target. Pure.
 */
export function releasesSince(
  releases: readonly Pick<ReleaseRecord, 'id' | 'deploymentId' | 'promotion' | 'rollbackTarget' | 'facts'>[],
  target: Pick<RollbackTarget, 'deploymentId'>,
) {
  const oldestFirst = releases.toSorted((a, b) => a.id - b.id);
  const { deploymentId } = target;
  const own = oldestFirst.find((one) => one.deploymentId === deploymentId && one.promotion === 'promoted');
  // A target that no release of ours brought: the first release that recorded it as its way back came right after it.
  const first = own ?? oldestFirst.find((one) => one.rollbackTarget?.deploymentId === deploymentId);
  if (first === undefined) return undefined;
  return oldestFirst.filter((one) => (own === undefined ? one.id >= first.id : one.id > first.id));
}

/**
 * What is left of the edge functions of a release that ended without a promotion: `left` to be put back, `overtaken` where a
 * newer release replaced or kept them since, so that putting back would undo its own. Pure.
 */
export function functionsLeft(
  release: Pick<ReleaseRecord, 'id' | 'facts'>,
  releases: readonly Pick<ReleaseRecord, 'id' | 'facts' | 'promotion'>[],
): 'none' | 'left' | 'overtaken' {
  const isBack = (fact: LedgerFact) => fact.step === 'functions' && fact.kind === 'outcome' && fact.word === 'restored';
  if (storedFunctions(release.facts.slice(release.facts.findLastIndex(isBack) + 1)).length === 0) return 'none';
  const newer = releases.filter(({ id }) => id > release.id);
  const overtaken = newer.some(({ facts, promotion }) => promotion !== 'none' || storedFunctions(facts).length > 0);
  return overtaken ? 'overtaken' : 'left';
}
