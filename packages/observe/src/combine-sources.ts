import type { Combination } from '#config/settings';

/** What is known of one source while a watch runs. */
export interface SourceState {
  /** How many intervals it knows. */
  known: number;
  verdict?: 'pass' | 'fail' | 'inconclusive' | undefined;
  /** `waiting`: it decides nothing until the time before can be read; `read`: it is compared with its own. Absent: there is none. */
  comparison?: 'waiting' | 'read' | undefined;
}

/** Which source speaks for all of them. `disagree`: others say that the release is bad, and the rule wants all to say so. */
export interface DecisiveSource {
  index: number;
  disagree: boolean;
}

/** What the sources of one project of a group say together. */
export interface AppState {
  /** True where they saw enough of the time to speak for it. */
  seen: boolean;
  verdict?: SourceState['verdict'];
  /** True where its requests fell to a small share of what they were: few errors among the rest prove nothing. */
  collapsed?: boolean;
  /** True where the breach ends the watch. */
  final?: boolean | undefined;
  disagree: boolean;
}

// As for one source: of a window of which more than a quarter was not seen, nobody can say that it was good.
export const SEEN_SHARE = 0.75;

/**
 * Chooses the source whose own counts, baseline and verdict stand for the watch. Counts of different sources are never added and
 * never compared: each is judged alone, for each counts something else. Where the first one waits for its time before, those that
 * are compared with theirs speak for it, with primary. Pure.
 * - primary: the first in order that saw enough; a blind one is passed over.
 * - any: the first that fails; else the first that is not sure; else the first that saw enough.
 * - all: fails only when every source that saw enough fails.
 */
export function chooseDecisive(states: readonly SourceState[], combine: Combination, elapsed: number): DecisiveSource {
  const all = states.map((state, index) => ({ ...state, index }));
  const seen = all.filter(({ known }) => known > 0 && known >= elapsed * SEEN_SHARE);
  const best = all.toSorted((a, b) => b.known - a.known || a.index - b.index)[0]?.index ?? 0;
  const first = seen[0]?.index ?? best;
  const unsure = seen.find(({ verdict }) => verdict !== 'pass' && verdict !== 'fail')?.index;
  const failing = (combine === 'any' ? all : seen).filter(({ verdict }) => verdict === 'fail');
  if (combine === 'primary') {
    const compared =
      seen[0]?.comparison === 'waiting' ? seen.find(({ comparison }) => comparison === 'read') : undefined;
    return { index: compared?.index ?? first, disagree: false };
  }
  if (combine === 'any') return { index: failing[0]?.index ?? unsure ?? first, disagree: false };
  if (failing.length === seen.length) return { index: first, disagree: false };
  const calm = seen.find(({ verdict }) => verdict !== 'fail')?.index ?? first;
  return { index: unsure ?? calm, disagree: failing.length > 0 };
}

/**
 * Chooses the project that speaks for a group: what goes forward and back together is bad where one of it is, and good only where
 * all of it was seen to be. Each is judged by its own counts, which are never added. Pure.
 */
export function chooseApp(apps: readonly AppState[]): number {
  const bad = apps.map(({ verdict, final, disagree }, index) => ({
    index,
    final,
    isBad: verdict === 'fail' && !disagree,
  }));
  const failing = bad.filter(({ isBad }) => isBad);
  const first = failing.find(({ final }) => final) ?? failing[0];
  if (first !== undefined) return first.index;
  const unseen = apps.findIndex(({ seen }) => !seen);
  const unsure = apps.findIndex(({ verdict, disagree, collapsed }) => disagree || collapsed || verdict !== 'pass');
  return Math.max(0, unseen >= 0 ? unseen : unsure);
}
