import { supabaseConnection } from '#action-kit/connections';
import type { InputValues } from '#action-kit/inputs';
import { openKeptFiles } from '#action-kit/kept-files';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { type FunctionsBack, type FunctionsScope, takeFunctionsBack } from '#release/take-functions-back';
import { openEdgeFunctions } from '#supabase/edge-functions';
import { projectAddress } from '#supabase/functions-address';
import { readKept } from '#supabase/keep-functions';
import { mergeSaved } from '#supabase/plan-functions';
import { restoreFunctions } from '#supabase/restore-functions';
import { verifyFunction } from '#supabase/verify-function';
import type { inputs } from './inputs.ts';

/** The part `functions` of a rollback: what its last call did is kept for the result. */
export interface FunctionsPart {
  back(scope: FunctionsScope, dryRun?: boolean): Promise<FunctionsBack>;
  last: FunctionsBack | undefined;
}

export function openFunctionsPart(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
  github: GitHub,
): FunctionsPart {
  const { clock, signal, logger } = runner;
  const connection = supabaseConnection(runner, given, settings);
  const expected = connection !== undefined || settings.functions?.wanted === true;
  const restore =
    connection === undefined
      ? undefined
      : async (references: Parameters<NonNullable<Parameters<typeof takeFunctionsBack>[0]['restore']>>[0]) => {
          const { apiUrl, token, project } = connection;
          const functions = openEdgeFunctions(connection);
          const projectUrl = projectAddress(apiUrl, project);
          const store = openKeptFiles(runner, { directory: given.snapshotPath, githubToken: given.githubToken });
          const kept = await Promise.all(references.map((one) => readKept({ store, token, project }, one)));
          return await restoreFunctions(
            {
              functions,
              verify: (slug, version) => verifyFunction(slug, version, { functions, projectUrl, clock, signal }),
              log: logger.info,
            },
            mergeSaved(kept),
          );
        };
  const part: FunctionsPart = {
    last: undefined,
    async back(scope, dryRun) {
      part.last = await takeFunctionsBack({ github, restore, expected, clock, log: logger.info }, scope, dryRun);
      logger[part.last.outcome === 'failed' ? 'error' : 'info'](part.last.message);
      return part.last;
    },
  };
  return part;
}

/** Adds the outcome of the functions to the one of the domains; red where a person must act. Pure. */
export function withFunctions(result: Result, back: FunctionsBack | undefined, redWhenFailed: boolean): Result {
  if (back === undefined) return result;
  const told = back.outcome === 'not-needed' ? '' : ` Functions: ${back.message}.`;
  const failed = back.outcome === 'failed';
  return {
    ...result,
    reasonCode: failed && !result.failed ? back.reasonCode : result.reasonCode,
    summary: `${result.summary}${told}`,
    failed: result.failed || (redWhenFailed && failed),
    details: { ...result.details, functions: { ...back } },
    outputs: { ...result.outputs, functions: back.outcome },
  };
}
