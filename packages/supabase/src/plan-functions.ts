import { bundleDigest } from './bundle-bytes.ts';
import type { EdgeFunction, FunctionSource, SavedFunction } from './function-types.ts';
import type { SavedFunctions } from './saved-functions.ts';

/** Which functions a release replaces, creates, and leaves as they are. */
export interface FunctionPlan {
  changed: string[];
  created: string[];
  unchanged: string[];
}

/**
 * A function is unchanged only where Supabase tells the digest of both bundles and they are one, with the same JWT rule;
 * where it does not tell, the function is deployed. Pure.
 */
export function planFunctions(
  sources: readonly Pick<FunctionSource, 'slug' | 'verifyJwt'>[],
  live: readonly EdgeFunction[],
  bundled: ReadonlyMap<string, Pick<EdgeFunction, 'bundleSha256'>>,
): FunctionPlan {
  const plan: FunctionPlan = { changed: [], created: [], unchanged: [] };
  for (const { slug, verifyJwt } of sources) {
    const now = live.find((one) => one.slug === slug && one.status !== 'REMOVED');
    const digest = bundled.get(slug)?.bundleSha256;
    if (now === undefined) plan.created.push(slug);
    else if (
      digest !== undefined &&
      digest === now.bundleSha256 &&
      now.verifyJwt === verifyJwt &&
      now.status === 'ACTIVE'
    )
      plan.unchanged.push(slug);
    else plan.changed.push(slug);
  }
  return plan;
}

/** One function on the way back. */
export type WayBack = { slug: string } & (
  | { act: 'none' }
  | { act: 'put-back'; saved: SavedFunction }
  | { act: 'remove' }
);

/** Of several records of what was live before, the oldest counts for each function: the way back may cross releases. Pure. */
export function mergeSaved(oldestFirst: readonly SavedFunctions[]): SavedFunctions['functions'] {
  const merged = new Map<string, SavedFunctions['functions'][number]>();
  for (const { functions } of oldestFirst) {
    for (const one of functions) if (!merged.has(one.slug)) merged.set(one.slug, one);
  }
  return [...merged.values()];
}

/** What puts exactly the saved function back; nothing where it is live already. Pure. */
export function planWayBack(
  { slug, previous }: SavedFunctions['functions'][number],
  live: { function: EdgeFunction; body: Uint8Array } | undefined,
): WayBack {
  if (previous === undefined) return { slug, act: live === undefined ? 'none' : 'remove' };
  return isBack(previous, live) ? { slug, act: 'none' } : { slug, act: 'put-back', saved: previous };
}

/** True when what is live is what was saved: bundle, JWT rule, entry point, import map; its version number is a new one. Pure. */
export function isBack(
  saved: SavedFunction,
  live: { function: EdgeFunction; body: Uint8Array } | undefined,
): live is { function: EdgeFunction; body: Uint8Array } {
  return (
    live !== undefined &&
    live.function.status !== 'REMOVED' &&
    (live.function.verifyJwt ?? true) === saved.verifyJwt &&
    live.function.entrypointPath === saved.entrypointPath &&
    live.function.importMapPath === saved.importMapPath &&
    bundleDigest(live.body) === bundleDigest(saved.body)
  );
}
