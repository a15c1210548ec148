import { supabaseConnection, vercelConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { type ConfigurationSnapshot, takeSnapshot } from '#release/configuration-snapshot';
import { openEdgeFunctions } from '#supabase/edge-functions';
import { listSecretNames } from '#supabase/secret-names';
import { openProjectVariables, type ProjectVariables } from '#vercel/project-variables';
import type { Given } from './inputs.ts';
import { mayBeMasked } from './may-be-masked.ts';

/** What the platforms are asked with; what is missing is said with everything else. */
export function planSources(runner: Runner, given: Given, settings: EnvironmentSettings) {
  const vercel = vercelConnection(runner, given, settings);
  const supabaseProject = given.supabaseProject ?? settings.database.project;
  const supabase = supabaseConnection(runner, { ...given, supabaseProject }, settings);
  const problems: InputProblem[] = [];
  if (given.vercelToken !== undefined && vercel === undefined)
    problems.push({ name: 'vercel-project', message: 'is neither given nor in the configuration' });
  if (given.supabaseAccessToken !== undefined && supabase === undefined)
    problems.push({
      name: 'supabase-project',
      message: 'is neither given nor in the configuration (supabase.project)',
    });
  return { vercel, supabase, problems };
}

/** Every value is masked before anybody else has it, and none is ever printed. @throws VercelError. */
export function openVariables(
  runner: Runner,
  connection: NonNullable<ReturnType<typeof vercelConnection>>,
): Promise<ProjectVariables> {
  return openProjectVariables(connection, (value) => {
    if (mayBeMasked(value)) runner.mask(value);
  });
}

/** The configuration as it is now. @throws VercelError, SupabaseError. */
export async function readConfiguration(
  runner: Runner,
  { vercel, supabase }: ReturnType<typeof planSources>,
  open?: ProjectVariables,
): Promise<ConfigurationSnapshot> {
  const variables = open ?? (vercel === undefined ? undefined : await openVariables(runner, vercel));
  return takeSnapshot({
    readAt: runner.clock.now() / 1000,
    ...(variables === undefined ? {} : { vercel: { project: variables.project, variables: await variables.read() } }),
    ...(supabase === undefined
      ? {}
      : {
          supabase: {
            project: supabase.project,
            secrets: await listSecretNames(supabase),
            functions: await openEdgeFunctions(supabase).list(),
          },
        }),
  });
}
