/**
 * Cuts a stream into parts of one size; only the last one may be smaller, and there is always a last one. Two buffers take
 * turns: a part may be read until the next but one is asked for.
 */
export async function* fillParts(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ bytes: Uint8Array; last: boolean }> {
  let filling: Uint8Array = Buffer.allocUnsafeSlow(size);
  let other: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (rest.length > 0) {
      // Given out only when more is there: so the last one is known to be the last.
      if (filled === size) {
        yield { bytes: filling, last: false };
        [filling, other] = [other ?? Buffer.allocUnsafeSlow(size), filling];
        filled = 0;
      }
      const taken = rest.subarray(0, size - filled);
      filling.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  yield { bytes: filling.subarray(0, filled), last: true };
}
