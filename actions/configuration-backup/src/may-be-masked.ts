/**
 * Whether a value may be hidden from the log: an ordinary word (`production`, `true`, `1.2.3`, the name of a region) may not, for
 * the runner drops every output that contains what is masked (S15). Nothing prints values either way. Pure.
 */
export function mayBeMasked(value: string): boolean {
  return value.length >= 8 && !/^(?:[A-Za-z]+(?:[-_. ][A-Za-z]+)*|[\d.:-]+)$/.test(value);
}
