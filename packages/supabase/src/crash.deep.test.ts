import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleDigest } from './bundle-bytes.ts';
import { type DeployDependencies, deployFunctions } from './deploy-functions.ts';
import { readKept } from './keep-functions.ts';
import { mergeSaved } from './plan-functions.ts';
import { restoreFunctions } from './restore-functions.ts';
import { functionsProject, source } from './testing/functions-project.ts';

const slugs = ['alpha', 'beta', 'gamma'];
/** The third is new in version two. */
const before = slugs.slice(0, 2).map((slug) => source(slug, `${slug}-one`));
const after = slugs.map((slug) => source(slug, `${slug}-two`));

type Moment = 'before sending' | 'after the effect';

/** The runner dies at its n-th act: from then on nothing of it has an effect, no catch and no finally. */
function dying(deps: DeployDependencies, at: number, moment: Moment) {
  let acts = 0;
  const mortal = <A extends unknown[], T>(act: (...given: A) => Promise<T>) => {
    return async (...given: A): Promise<T> => {
      acts += 1;
      if (acts > at || (acts === at && moment === 'before sending')) throw new Error('dead');
      const result = await act(...given);
      if (acts === at) throw new Error('dead');
      return result;
    };
  };
  const { functions, keeper } = deps;
  const mortals: DeployDependencies = {
    ...deps,
    functions: {
      list: mortal(functions.list),
      get: mortal(functions.get),
      body: mortal(functions.body),
      bundle: mortal(functions.bundle),
      deploy: mortal(functions.deploy),
      putBack: mortal(functions.putBack),
      remove: mortal(functions.remove),
    },
    keeper: {
      ...keeper,
      store: { ...keeper.store, write: mortal(keeper.store.write), read: mortal(keeper.store.read) },
    },
    record: mortal(deps.record),
    verify: mortal(deps.verify),
    check: mortal(deps.check),
  };
  return { mortals, died: () => acts >= at };
}

test('I6: a death at every act of a deploy, then run again, or taken back: all new, or all old', async (t) => {
  const project = await functionsProject(t);
  const { sandbox, open, facts, earlier } = project;
  // By version: a process for every request would be most of the test's time; other tests ask the functions.
  const quick = (): DeployDependencies => {
    const deps = open();
    return {
      ...deps,
      verify: async (slug, version) =>
        (await deps.functions.get(slug))?.version === version
          ? undefined
          : { reasonCode: 'function_version', message: `${slug} is another one` },
    };
  };
  const live = () =>
    Object.fromEntries(sandbox.supabase.functions().map(({ slug, bundle }) => [slug, bundleDigest(bundle)]));
  let round = 0;
  const begin = async () => {
    round += 1;
    sandbox.supabase.reset();
    facts.length = 0;
    project.stored.clear();
    await deployFunctions(quick(), { sources: before, planOnly: false, name: `start-${round}`, earlier: [] });
    facts.length = 0;
    return live();
  };
  const old = await begin();
  const reached = await deployFunctions(quick(), { sources: after, planOnly: false, name: 'whole', earlier: [] });
  assert.equal(reached.decision, 'deployed', reached.message);
  const fresh = live();
  assert.notDeepEqual(old, fresh);

  let deaths = 0;
  for (const moment of ['before sending', 'after the effect'] as const) {
    for (const way of ['again', 'back'] as const) {
      for (let at = 1; ; at += 1) {
        assert.deepEqual(await begin(), old);
        const { mortals, died } = dying(quick(), at, moment);
        const request = { sources: after, planOnly: false, name: `first-${round}`, earlier: [] };
        await deployFunctions(mortals, request).catch(() => undefined);
        if (!died()) break;
        deaths += 1;
        const place = `${moment} act ${at}, then ${way}`;
        if (way === 'again') {
          const again = { ...request, name: `second-${round}`, earlier: earlier() };
          const outcome = await deployFunctions(quick(), again);
          assert.ok(['deployed', 'nothing-to-deploy'].includes(outcome.decision), `${place}: ${outcome.message}`);
          assert.deepEqual(live(), fresh, place);
          // What the first attempt stored still leads all the way back.
          const kept = await Promise.all(earlier().map((one) => readKept(quick().keeper, one)));
          if (kept.length > 0) await restoreFunctions(quick(), mergeSaved(kept));
          if (kept.length > 0) assert.deepEqual(live(), old, `${place}, and back`);
        } else {
          const kept = await Promise.all(earlier().map((one) => readKept(quick().keeper, one)));
          const outcome = await restoreFunctions(quick(), mergeSaved(kept));
          assert.deepEqual(outcome.failed, [], place);
          assert.deepEqual(live(), old, place);
        }
      }
    }
  }
  assert.ok(deaths > 60, `${deaths}`);
});

test('I6: a death at every act of the way back, then once more: all old; what cannot be put back is named', async (t) => {
  const { sandbox, open, earlier, facts } = await functionsProject(t);
  const deps = open();
  deps.verify = async () => undefined;
  await deployFunctions(deps, { sources: before, planOnly: false, name: 'one', earlier: [] });
  const old = sandbox.supabase.functions().map(({ slug, bundle }) => [slug, bundleDigest(bundle)]);
  facts.length = 0;
  await deployFunctions(deps, { sources: after, planOnly: false, name: 'two', earlier: [] });
  const [reference] = earlier();
  assert.ok(reference);
  const kept = mergeSaved([await readKept(deps.keeper, reference)]);
  for (const moment of ['before sending', 'after the effect'] as const) {
    for (let at = 1; ; at += 1) {
      await deployFunctions(deps, { sources: after, planOnly: false, name: `${moment} ${at}`, earlier: [] });
      const { mortals, died } = dying(deps, at, moment);
      const first = await restoreFunctions(mortals, kept);
      if (!died()) break;
      const now = new Map(sandbox.supabase.functions().map(({ slug, bundle }) => [slug, bundleDigest(bundle)]));
      const notBack = slugs.filter((slug) => now.get(slug) !== new Map(old as [string, string][]).get(slug));
      const named = first.failed.map(({ slug }) => slug);
      assert.ok(
        notBack.every((slug) => named.includes(slug)),
        `${moment} ${at}: ${notBack} live, ${named} named`,
      );
      const second = await restoreFunctions(deps, kept);
      assert.deepEqual(second.failed, []);
      assert.deepEqual(
        sandbox.supabase.functions().map(({ slug, bundle }) => [slug, bundleDigest(bundle)]),
        old,
      );
    }
  }
});
