/** `OPS_ACTIONS_CRASH=all`: nothing is drawn, everything is walked. */
export const everything = process.env.OPS_ACTIONS_CRASH === 'all';

/** The seed that the runner of the tests prints. */
export const seed = Number(process.env.OPS_ACTIONS_SEED ?? 1);

/** Numbers from 0 to 1, the same for the same seed (mulberry32): what a test draws can be drawn again. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
