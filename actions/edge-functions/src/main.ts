import { missingForSupabase, supabaseConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { type DeployDependencies, deployFunctions } from '#supabase/deploy-functions';
import type { EdgeFunctions } from '#supabase/edge-functions';
import type { EdgeFunction } from '#supabase/function-types';
import { parseReference } from '#supabase/functions-store';
import { readKept } from '#supabase/keep-functions';
import { mergeSaved } from '#supabase/plan-functions';
import { restoreFunctions } from '#supabase/restore-functions';
import { SupabaseError } from '#supabase/supabase-error';
import { describeDeploy, describeRestore } from './describe-functions.ts';
import { givenSources } from './given-sources.ts';
import { inputs } from './inputs.ts';
import { releaseRecord } from './release-record.ts';
import { openAdapters } from './services.ts';
import { showLogs, withLogs } from './show-logs.ts';

/** Edge functions forward (all or none) and back (exactly what was live). */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const connection = supabaseConnection(runner, given, settings);
  if (connection === undefined) throw new InputError(missingForSupabase(given, settings));
  const { context } = runner;
  const record = await releaseRecord(runner, given);
  const adapters = openAdapters(runner, { ...given, connection, settings, record: record.write });
  try {
    if (given.mode === 'restore') {
      const kept = await Promise.all(references(given.snapshot).map((one) => readKept(adapters.keeper, one)));
      return describeRestore(await restoreFunctions(adapters, mergeSaved(kept)), await listed(adapters.functions));
    }
    if (given.mode === 'logs') {
      const about = { connection, names: given.names, sinceMs: given.since };
      return await showLogs(runner, adapters.functions, about);
    }
    const startedAt = runner.clock.now();
    const touched = new Map<string, EdgeFunction>();
    const { sources, commit } = await givenSources(runner, given, settings);
    const outcome = await deployFunctions(noting(adapters, touched), {
      sources,
      planOnly: given.mode === 'plan',
      again: given.again || given.secrets !== undefined,
      name: snapshotName(settings.environment, context),
      earlier: record.earlier,
    });
    const result = describeDeploy(outcome, await listed(adapters.functions), commit);
    return await withLogs(runner, result, { connection, functions: [...touched.values()], from: startedAt });
  } catch (error) {
    if (!(error instanceof SupabaseError)) throw error;
    return { decision: 'refused', reasonCode: error.reasonCode, summary: error.message, failed: true };
  }
}

/** Remembers what was published: a function that failed may be gone afterwards, and its logs are known by its id only. */
function noting(adapters: DeployDependencies, touched: Map<string, EdgeFunction>): DeployDependencies {
  const deploy: EdgeFunctions['deploy'] = async (source) => {
    const made = await adapters.functions.deploy(source);
    touched.set(made.slug, made);
    return made;
  };
  return { ...adapters, functions: { ...adapters.functions, deploy } };
}

/** The state at the end is for people: an API that is down must not hide what happened before. */
async function listed(functions: EdgeFunctions): Promise<EdgeFunction[]> {
  return await functions.list().catch(() => []);
}

function references(given: readonly string[] = []) {
  if (given.length === 0) {
    throw new InputError([
      { name: 'snapshot', message: 'is required with mode restore: output snapshot of the deploy' },
    ]);
  }
  return given.map((text) => {
    const reference = parseReference(text);
    if (reference !== undefined) return reference;
    throw new InputError([{ name: 'snapshot', given: text, message: 'is no output snapshot of this action' }]);
  });
}

/** One name for each attempt: artifacts are never replaced. */
function snapshotName(environment: string, { runId, runAttempt, job }: Runner['context']): string {
  return `edge-functions-${[environment, job, `${runId}.${runAttempt}`].join('-').replaceAll(/[^\w.-]+/g, '-')}`;
}
