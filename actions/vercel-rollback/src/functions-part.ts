import { supabaseConnection } from '#action-kit/connections';
import type { InputValues } from '#action-kit/inputs';
import { openKeptFiles } from '#action-kit/kept-files';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { type FunctionsPart, openFunctionsPart } from '#release/functions-part';
import type { FunctionsBack } from '#release/take-functions-back';
import type { inputs } from './inputs.ts';

/** The part `functions` with the services that this step was given. */
export function functionsPartOf(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
  github: GitHub,
): FunctionsPart {
  return openFunctionsPart(runner, {
    settings,
    github,
    connection: supabaseConnection(runner, given, settings),
    store: openKeptFiles(runner, { directory: given.snapshotPath, githubToken: given.githubToken }),
  });
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
