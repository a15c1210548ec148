import type { Combination } from '#config/settings';

/** What is known of one source while a watch runs. */
export interface SourceState {
  /** How many intervals it knows. */
  known: number;
  verdict?: 'pass' | 'fail' | 'inconclusive' | undefined;
}

/** Which source speaks for all of them. `disagree`: others say that the release is bad, and the rule wants all to say so. */
export interface DecisiveSource {
  index: number;
  disagree: boolean;
}

// As for one source: of a window of which more than a quarter was not seen, nobody can say that it was good.
const SEEN_SHARE = 0.75;

/**
 * Chooses the source whose own counts, baseline and verdict stand for the watch. Counts of different sources are never added and
 * never compared: each is judged alone, for each counts something else. Pure.
 * - primary: the first in order that saw enough; a blind one is passed over.
 * - any: the first that fails; else the first that is not sure; else the first that saw enough.
 * - all: fails only when every source that saw enough fails.
 */
export function chooseDecisive(states: readonly SourceState[], combine: Combination, elapsed: number): DecisiveSource {
  const all = states.map((state, index) => ({ ...state, index }));
  const seeing = all.filter(({ known }) => known > 0 && known >= elapsed * SEEN_SHARE);
  const best = all.toSorted((a, b) => b.known - a.known || a.index - b.index)[0]?.index ?? 0;
  const first = seeing[0]?.index ?? best;
  const unsure = seeing.find(({ verdict }) => verdict !== 'pass' && verdict !== 'fail')?.index;
  const failing = (combine === 'any' ? all : seeing).filter(({ verdict }) => verdict === 'fail');
  if (combine === 'primary') return { index: first, disagree: false };
  if (combine === 'any') return { index: failing[0]?.index ?? unsure ?? first, disagree: false };
  if (failing.length === seeing.length) return { index: first, disagree: false };
  const calm = seeing.find(({ verdict }) => verdict !== 'fail')?.index ?? first;
  return { index: unsure ?? calm, disagree: failing.length > 0 };
}
