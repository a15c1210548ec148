import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentSettings } from '#config/settings';
import { decideFunctionsStep, type FunctionsStep } from './decide-functions-step.ts';

/** Reads only whether the folder is there. */
export async function readFunctionsStep(
  workspace: string,
  given: { supabaseAccessToken?: string | undefined; supabaseProject?: string | undefined },
  settings: Pick<EnvironmentSettings, 'functions'>,
): Promise<FunctionsStep> {
  const directory = settings.functions?.directory ?? 'supabase/functions';
  const found = await stat(join(workspace, directory)).catch(() => undefined);
  return decideFunctionsStep(given, settings, { directory, exists: found?.isDirectory() ?? false });
}
