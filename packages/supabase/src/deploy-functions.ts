import { messageOf, reasonCodeOf } from '#http/error-reason';
import type { DeployFunctionsOutcome } from './deploy-outcome.ts';
import { formatFunctionSet } from './function-set.ts';
import type { EdgeFunction, FunctionSource } from './function-types.ts';
import { formatReference, type SavedReference } from './functions-store.ts';
import { type Keeper, keepFunctions, readKept } from './keep-functions.ts';
import { type FunctionPlan, mergeSaved, planFunctions } from './plan-functions.ts';
import { type RestoreDependencies, restoreFunctions } from './restore-functions.ts';
import type { SavedFunctions } from './saved-functions.ts';
import type { VerifyComplaint } from './verify-function.ts';

export interface DeployDependencies extends RestoreDependencies {
  keeper: Keeper;
  /** Writes to the ledger; an intent that cannot be written stops the way forward (S5). */
  record(kind: 'intent' | 'outcome', word: string, text: string): Promise<void>;
  /** Configured checks once all are deployed; what is wrong, if anything. */
  check(): Promise<VerifyComplaint | undefined>;
  now(): number;
}

export interface DeployFunctionsRequest {
  sources: readonly FunctionSource[];
  /** Bundles and compares, publishes and stores nothing. */
  planOnly: boolean;
  /** Publishes also what is live as it is in the checkout already. */
  again?: boolean;
  /** Name for what is stored. */
  name: string;
  /** What an earlier attempt of this release stored, oldest first: the state before the release, not the mixed one of now. */
  earlier: readonly SavedReference[];
}

/**
 * All or none: every function bundles before the first is published, what is replaced is stored and in the ledger before that,
 * and a failure puts back what was live. Functions have no staging: from the first deploy on the old app runs against new ones.
 */
export async function deployFunctions(
  deps: DeployDependencies,
  request: DeployFunctionsRequest,
): Promise<DeployFunctionsOutcome> {
  const { sources } = request;
  const ready = await prepare(deps, request).catch((error: unknown) => refusal(error));
  if ('decision' in ready) return ready;
  const { plan, references, live } = ready;
  const pending = sources.filter(({ slug }) => !plan.unchanged.includes(slug));
  const deployed: DeployFunctionsOutcome['deployed'] = [];
  for (const source of pending) {
    const done = await deployOne(deps, source);
    if (typeof done !== 'number') return await putBack(deps, ready, done, deployed);
    deployed.push({ slug: source.slug, version: done });
    deps.log(`${source.slug}: version ${done} is live`);
  }
  const complaint = await deps.check();
  if (complaint !== undefined) return await putBack(deps, ready, complaint, deployed);
  const message = `${deployed.length} edge ${deployed.length === 1 ? 'function is' : 'functions are'} live: ${deployed.map(({ slug, version }) => `${slug} v${version}`).join(', ')}`;
  await recordSet(deps, { live, deployed, unchanged: plan.unchanged });
  return { decision: 'deployed', reasonCode: 'functions_deployed', message, plan, deployed, references };
}

interface Ready {
  /** As they were before the first deploy. */
  live: EdgeFunction[];
  plan: FunctionPlan;
  saved: SavedFunctions['functions'];
  references: string[];
}

async function prepare(
  deps: DeployDependencies,
  request: DeployFunctionsRequest,
): Promise<Ready | DeployFunctionsOutcome> {
  const { functions } = deps;
  const live = await functions.list();
  const bundled = new Map<string, EdgeFunction>();
  const broken: string[] = [];
  for (const source of request.sources) {
    try {
      bundled.set(source.slug, await functions.bundle(source));
    } catch (error) {
      if (reasonCodeOf(error) !== 'supabase_refused') throw error;
      const missing = source.missing.length > 0 ? ` Not in the checkout: ${source.missing.join(', ')}.` : '';
      broken.push(`${messageOf(error)}${missing}`);
    }
  }
  if (broken.length > 0) {
    const message = `${broken.join(' ')} Nothing was published.`;
    return { decision: 'refused', reasonCode: 'functions_do_not_bundle', message, deployed: [], references: [] };
  }
  // Without a digest to compare nothing counts as unchanged.
  const plan = planFunctions(request.sources, live, request.again ? new Map() : bundled);
  const pending = [...plan.changed, ...plan.created];
  const earlier = await Promise.all(request.earlier.map((reference) => readKept(deps.keeper, reference)));
  const references = request.earlier.map(formatReference);
  if (pending.length === 0 && request.earlier.length === 0) {
    if (!request.planOnly) await recordSet(deps, { live, deployed: [], unchanged: plan.unchanged });
    const message = `All ${request.sources.length} edge functions are live as they are in the checkout`;
    return {
      decision: 'nothing-to-deploy',
      reasonCode: 'functions_unchanged',
      message,
      plan,
      deployed: [],
      references,
    };
  }
  if (request.planOnly) {
    const message = `${describePlan(plan)}. Functions have no staging: from here the old app runs against the new ones`;
    return { decision: 'planned', reasonCode: 'functions_planned', message, plan, deployed: [], references };
  }
  const known = mergeSaved(earlier);
  const unsaved = pending.filter((slug) => !known.some((one) => one.slug === slug));
  if (unsaved.length === 0) return { live, plan, saved: known, references };
  const saved = await save(deps, live, unsaved);
  const reference = await keepFunctions(deps.keeper, request.name, saved);
  await recordIntent(deps, formatReference(reference));
  return {
    live,
    plan,
    saved: mergeSaved([...earlier, saved]),
    references: [...references, formatReference(reference)],
  };
}

async function save(deps: DeployDependencies, live: readonly EdgeFunction[], slugs: string[]): Promise<SavedFunctions> {
  const saved: SavedFunctions = { project: deps.keeper.project, savedAt: deps.now() / 1000, functions: [] };
  for (const slug of slugs) {
    const now = live.find((one) => one.slug === slug && one.status !== 'REMOVED');
    if (now === undefined) {
      saved.functions.push({ slug });
      continue;
    }
    const { name, version, entrypointPath, importMapPath, verifyJwt = true } = now;
    const body = await deps.functions.body(slug);
    saved.functions.push({
      slug,
      previous: {
        ...{ slug, name, version, verifyJwt, body },
        ...(entrypointPath === undefined ? {} : { entrypointPath }),
        ...(importMapPath === undefined ? {} : { importMapPath }),
      },
    });
  }
  return saved;
}

async function recordIntent(deps: DeployDependencies, reference: string): Promise<void> {
  try {
    await deps.record('intent', 'stored', reference);
  } catch (cause) {
    throw Object.assign(new Error(`The ledger could not be written: ${messageOf(cause)}`, { cause }), {
      reasonCode: 'functions_not_recorded',
    });
  }
}

/** The new version, or what went wrong. */
async function deployOne(deps: DeployDependencies, source: FunctionSource): Promise<number | VerifyLike> {
  try {
    const { version } = await deps.functions.deploy(source);
    return (await deps.verify(source.slug, version)) ?? version;
  } catch (error) {
    return { reasonCode: reasonCodeOf(error) ?? 'function_not_deployed', message: messageOf(error) };
  }
}

interface VerifyLike {
  reasonCode: string;
  message: string;
}

async function putBack(
  deps: DeployDependencies,
  { plan, saved, references }: Ready,
  complaint: VerifyLike,
  deployed: DeployFunctionsOutcome['deployed'],
): Promise<DeployFunctionsOutcome> {
  deps.log(`${complaint.message}: the earlier functions are put back`);
  const restore = await restoreFunctions(deps, saved);
  const left = restore.failed.map(({ slug }) => slug);
  const state =
    left.length === 0
      ? 'All functions are as they were before.'
      : `MIXED: ${left.join(', ')} may be new, the others are as before. Next: actions/edge-functions with mode restore.`;
  await recordLater(deps, left.length === 0 ? 'restored' : 'mixed', left.join(' '));
  const { reasonCode, message } = complaint;
  return { decision: 'failed', reasonCode, message: `${message}. ${state}`, plan, deployed, references, restore };
}

/** The versions that this release's app goes with: the new ones, and those that were live already (I6). */
async function recordSet(
  deps: DeployDependencies,
  set: { live: readonly EdgeFunction[]; deployed: DeployFunctionsOutcome['deployed']; unchanged: readonly string[] },
): Promise<void> {
  const kept = set.live.filter(({ slug }) => set.unchanged.includes(slug));
  for (const text of formatFunctionSet([...set.deployed, ...kept])) await recordLater(deps, 'deployed', text);
}

/** Supabase's own state is right where this cannot be written (S5). */
async function recordLater(deps: DeployDependencies, word: string, text: string): Promise<void> {
  await deps.record('outcome', word, text).catch((error: unknown) => {
    deps.log(`The outcome could not be written to the ledger: ${messageOf(error)}`);
  });
}

function refusal(error: unknown): DeployFunctionsOutcome {
  const reasonCode = reasonCodeOf(error);
  if (reasonCode === undefined) throw error;
  const message = `${messageOf(error)} Nothing was published.`;
  return { decision: 'refused', reasonCode, message, deployed: [], references: [] };
}

function describePlan({ changed, created, unchanged }: FunctionPlan): string {
  const part = (word: string, slugs: string[]) => (slugs.length === 0 ? [] : [`${word} ${slugs.join(', ')}`]);
  const parts = [...part('replaces', changed), ...part('creates', created), ...part('leaves', unchanged)];
  return parts.length === 0 ? 'nothing to deploy' : parts.join('; ');
}
