import type { KeptObject } from './object-list.ts';
import type { LiveObject } from './object-store.ts';

export interface ObjectRestorePlan {
  write: KeptObject[];
  /** There with the same bytes, as far as the target tells. */
  same: KeptObject[];
  /** There with other bytes, and left alone. */
  left: KeptObject[];
  /** Of those in `write` or `left`: `bucket/name` of what was written after the version that would take its place. */
  newer: string[];
}

/** Objects of the list that were asked for: `bucket`, `bucket/folder/` or `bucket/name`; nothing asked for: all. Pure. */
export function chooseObjects(
  objects: readonly KeptObject[],
  wanted: readonly string[] | undefined,
): { chosen: KeptObject[] /** Asked for, and in no list. */; unknown: string[] } {
  if (wanted === undefined) return { chosen: [...objects], unknown: [] };
  const fits = ({ bucket, name }: KeptObject, one: string) =>
    one === bucket || one === `${bucket}/${name}` || (one.endsWith('/') && `${bucket}/${name}`.startsWith(one));
  return {
    chosen: objects.filter((object) => wanted.some((one) => fits(object, one))),
    unknown: wanted.filter((one) => !objects.some((object) => fits(object, one))),
  };
}

/** What is there stays as it is unless it was said that it may be replaced. Pure. */
export function planObjectRestore(
  chosen: readonly KeptObject[],
  /** By `bucket/name`. */
  there: ReadonlyMap<string, Pick<LiveObject, 'bytes' | 'etag' | 'updatedAt'>>,
  replace: boolean,
): ObjectRestorePlan {
  const plan: ObjectRestorePlan = { write: [], same: [], left: [], newer: [] };
  for (const object of chosen) {
    const now = there.get(`${object.bucket}/${object.name}`);
    if (now === undefined) plan.write.push(object);
    else if (now.bytes === object.bytes && now.etag === object.etag && now.etag !== '') plan.same.push(object);
    else {
      if (Date.parse(now.updatedAt) > Date.parse(object.updatedAt)) plan.newer.push(`${object.bucket}/${object.name}`);
      (replace ? plan.write : plan.left).push(object);
    }
  }
  return plan;
}
