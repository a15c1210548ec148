/** A map of a parsed file. */
export type Part = { [key: string]: unknown };

/** True for a map, not for a list. */
export function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lays `over` on `base`: maps are merged key by key, lists and single values are replaced, undefined says nothing. */
export function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isPart(over)) return over;
  const merged: Part = Object.create(null);
  const below = isPart(base) ? base : {};
  for (const key of [...Object.keys(below), ...Object.keys(over)]) merged[key] = merge(own(below, key), own(over, key));
  return { ...merged };
}

// A name of the user may be `toString`: what every object inherits is not a value of the file.
function own(part: Part, key: string): unknown {
  return Object.hasOwn(part, key) ? part[key] : undefined;
}
