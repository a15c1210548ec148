import { missingForSupabase, supabaseConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { deployFunctions } from '#supabase/deploy-functions';
import type { EdgeFunctions } from '#supabase/edge-functions';
import type { EdgeFunction } from '#supabase/function-types';
import { parseReference } from '#supabase/functions-store';
import { readKept } from '#supabase/keep-functions';
import { mergeSaved } from '#supabase/plan-functions';
import { readFunctionSources } from '#supabase/read-sources';
import { restoreFunctions } from '#supabase/restore-functions';
import { SupabaseError } from '#supabase/supabase-error';
import { describeDeploy, describeRestore } from './describe-functions.ts';
import { inputs } from './inputs.ts';
import { releaseRecord } from './release-record.ts';
import { openAdapters } from './services.ts';

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
    const sources = await readFunctionSources({
      root: context.workspace,
      directory: given.functionsDir ?? settings.functions?.directory ?? 'supabase/functions',
      names: given.names ?? settings.functions?.names,
    });
    const outcome = await deployFunctions(adapters, {
      sources,
      planOnly: given.mode === 'plan',
      name: snapshotName(settings.environment, context),
      earlier: record.earlier,
    });
    return describeDeploy(outcome, await listed(adapters.functions));
  } catch (error) {
    if (!(error instanceof SupabaseError)) throw error;
    return { decision: 'refused', reasonCode: error.reasonCode, summary: error.message, failed: true };
  }
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
