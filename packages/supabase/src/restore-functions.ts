import { messageOf } from '#http/error-reason';
import type { EdgeFunctions } from './edge-functions.ts';
import { isBack, planWayBack } from './plan-functions.ts';
import type { SavedFunctions } from './saved-functions.ts';
import type { VerifyComplaint } from './verify-function.ts';

export interface RestoreDependencies {
  functions: EdgeFunctions;
  verify(slug: string, version: number): Promise<VerifyComplaint | undefined>;
  log(line: string): void;
}

/** Each function by name; a failed one keeps nobody else from being put back. */
export interface RestoreOutcome {
  /** Put back now and proven. */
  restored: string[];
  /** Was as saved already. */
  already: string[];
  failed: { slug: string; message: string }[];
}

/** Puts the saved functions back, every one on its own. Never throws for what Supabase refuses. */
export async function restoreFunctions(
  deps: RestoreDependencies,
  saved: SavedFunctions['functions'],
): Promise<RestoreOutcome> {
  const outcome: RestoreOutcome = { restored: [], already: [], failed: [] };
  for (const one of saved) {
    try {
      const did = await restoreOne(deps, one);
      outcome[did].push(one.slug);
      if (did === 'restored')
        deps.log(`${one.slug}: ${one.previous === undefined ? 'removed, as before' : 'put back'}`);
    } catch (error) {
      outcome.failed.push({ slug: one.slug, message: messageOf(error) });
      deps.log(`${one.slug}: not put back: ${messageOf(error)}`);
    }
  }
  return outcome;
}

async function restoreOne(
  deps: RestoreDependencies,
  one: SavedFunctions['functions'][number],
): Promise<'restored' | 'already'> {
  const { functions } = deps;
  const plan = planWayBack(one, await readLive(functions, one.slug));
  if (plan.act === 'none') return 'already';
  if (plan.act === 'remove') {
    await functions.remove(one.slug);
    if ((await functions.get(one.slug)) !== undefined) throw new Error('it is still there after it was removed');
    return 'restored';
  }
  const put = await functions.putBack(plan.saved);
  const complaint = await deps.verify(one.slug, put.version);
  if (complaint !== undefined) throw new Error(complaint.message);
  if (!isBack(plan.saved, await readLive(functions, one.slug))) {
    throw new Error('what is live is not what was saved: bundle, JWT rule, entry point or import map differ');
  }
  return 'restored';
}

async function readLive(functions: EdgeFunctions, slug: string) {
  const live = await functions.get(slug);
  return live === undefined ? undefined : { function: live, body: await functions.body(slug) };
}
