import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import { openEdgeFunctions, type SupabaseConnection } from '#supabase/edge-functions';
import { projectAddress } from '#supabase/functions-address';
import type { FunctionsStore } from '#supabase/functions-store';
import { readKept } from '#supabase/keep-functions';
import { mergeSaved } from '#supabase/plan-functions';
import { restoreFunctions } from '#supabase/restore-functions';
import { verifyFunction } from '#supabase/verify-function';
import { type FunctionsBack, type FunctionsScope, takeFunctionsBack } from './take-functions-back.ts';

export interface FunctionsPartOptions {
  settings: Pick<EnvironmentSettings, 'functions'>;
  github: GitHub;
  /** Absent where no access token or no project was given: then what would have to go back is only named. */
  connection: SupabaseConnection | undefined;
  /** Where earlier runs stored what they replaced. */
  store: FunctionsStore;
}

/** What the part needs of whoever runs it: the runner of an action has it. */
export interface FunctionsPartRunner {
  clock: Clock;
  signal?: AbortSignal | undefined;
  logger: Record<'info' | 'error', (line: string) => void>;
}

/** The part `functions` of a way back: what its last call did is kept for the result. */
export interface FunctionsPart {
  back(scope: FunctionsScope, dryRun?: boolean): Promise<FunctionsBack>;
  last: FunctionsBack | undefined;
}

export function openFunctionsPart(runner: FunctionsPartRunner, options: FunctionsPartOptions): FunctionsPart {
  const { clock, signal, logger } = runner;
  const { github, connection, store, settings } = options;
  const expected = connection !== undefined || settings.functions?.wanted === true;
  const log = (line: string) => logger.info(line);
  const restore =
    connection === undefined
      ? undefined
      : async (references: Parameters<NonNullable<Parameters<typeof takeFunctionsBack>[0]['restore']>>[0]) => {
          const { apiUrl, token, project } = connection;
          const functions = openEdgeFunctions(connection);
          const projectUrl = projectAddress(apiUrl, project);
          const kept = await Promise.all(references.map((one) => readKept({ store, token, project }, one)));
          return await restoreFunctions(
            {
              functions,
              verify: (slug, version) => verifyFunction(slug, version, { functions, projectUrl, clock, signal }),
              log,
            },
            mergeSaved(kept),
          );
        };
  const part: FunctionsPart = {
    last: undefined,
    async back(scope, dryRun) {
      part.last = await takeFunctionsBack({ github, restore, expected, clock, log }, scope, dryRun);
      logger[part.last.outcome === 'failed' ? 'error' : 'info'](part.last.message);
      return part.last;
    },
  };
  return part;
}
