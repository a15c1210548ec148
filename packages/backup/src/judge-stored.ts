/** What became of the newest verified backup of one place. */
export interface StoredState {
  place: string;
  /** Its name; absent where there is none. */
  backup?: string;
  /** `verified` means restored and compared anew, and nothing less. */
  verdict: 'verified' | 'mismatch' | 'could-not-verify';
  /** True when the level that was asked for was reached. */
  sufficient: boolean;
  reasonCode: string;
  message: string;
}

const worstFirst: readonly StoredState['verdict'][] = ['mismatch', 'could-not-verify', 'verified'];

/** The worst place decides; one that was to be read only is not verified by that. Pure. */
export function judgeStored(states: readonly StoredState[]): {
  decision: StoredState['verdict'];
  reasonCode: string;
  failed: boolean;
} {
  const short = states.filter(({ sufficient }) => !sufficient);
  const [worst] = (short.length > 0 ? short : states).toSorted(
    (a, b) => worstFirst.indexOf(a.verdict) - worstFirst.indexOf(b.verdict),
  );
  if (worst === undefined) throw new Error('no place was looked at');
  return { decision: worst.verdict, reasonCode: worst.reasonCode, failed: short.length > 0 };
}
