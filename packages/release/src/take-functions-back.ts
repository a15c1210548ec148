import type { GitHub } from '#github/client';
import type { SavedReference } from '#supabase/functions-store';
import type { RestoreOutcome } from '#supabase/restore-functions';
import { openLedger } from './ledger.ts';
import { releasesSince, storedFunctions } from './plan-functions-back.ts';
import { readRecentReleases } from './read-environment.ts';
import type { RollbackTarget } from './release-handle.ts';
import { parseFact } from './release-record.ts';

/** What became of the edge functions on the way back; the domains have an outcome of their own (S2). */
export interface FunctionsBack {
  outcome: 'restored' | 'not-needed' | 'planned' | 'failed';
  reasonCode: string;
  message: string;
  /** Functions that may not be those of the target (I6). */
  mixed: string[];
}

export interface TakeFunctionsBackDependencies {
  github: GitHub;
  /** Puts back what was stored; absent where no access token was given. */
  restore?: ((references: readonly SavedReference[]) => Promise<RestoreOutcome>) | undefined;
  log(line: string): void;
}

/** Which functions: those that one release replaced, or all that were replaced since a target. */
export type FunctionsScope = { ledgerId: number } | { environment: string; target: RollbackTarget };

/** Puts the functions back that were live before. Never throws: what could not be put back is named, the domains move anyway. */
export async function takeFunctionsBack(
  deps: TakeFunctionsBackDependencies,
  scope: FunctionsScope,
  dryRun = false,
): Promise<FunctionsBack> {
  try {
    const entries = await readEntries(deps.github, scope);
    if (entries === undefined) {
      const message = 'the ledger does not know the target, so nobody knows which edge functions ran beside it';
      return {
        outcome: 'failed',
        reasonCode: 'functions_unknown',
        message: `${message}: they stay as they are`,
        mixed: [],
      };
    }
    const touched = entries.filter(({ references }) => references.length > 0);
    const references = touched.flatMap((entry) => entry.references);
    if (references.length === 0) {
      return {
        outcome: 'not-needed',
        reasonCode: 'functions_untouched',
        message: 'no edge functions were replaced',
        mixed: [],
      };
    }
    if (deps.restore === undefined) {
      const message = 'edge functions were replaced and stay as they are: no supabase-access-token or project is given';
      return { outcome: 'failed', reasonCode: 'functions_not_taken_back', message, mixed: [] };
    }
    if (dryRun) {
      const message = `would put back the edge functions that ${touched.length} ${touched.length === 1 ? 'release' : 'releases'} replaced`;
      return { outcome: 'planned', reasonCode: 'dry_run', message, mixed: [] };
    }
    const back = describe(await deps.restore(references));
    await record(deps, touched.at(-1)?.ledgerId ?? 0, back);
    return back;
  } catch (error) {
    const message = `edge functions were not taken back: ${(error as Error).message}`;
    const code = (error as { reasonCode?: unknown }).reasonCode;
    return {
      outcome: 'failed',
      reasonCode: typeof code === 'string' ? code : 'functions_not_taken_back',
      message,
      mixed: [],
    };
  }
}

async function readEntries(github: GitHub, scope: FunctionsScope) {
  if ('target' in scope) {
    const releases = await readRecentReleases(github, scope.environment);
    return releasesSince(releases, scope.target)?.map(({ id, facts }) => ({
      ledgerId: id,
      references: storedFunctions(facts),
    }));
  }
  const { ledgerId } = scope;
  const statuses = ledgerId === 0 ? [] : await github.listStatuses(ledgerId);
  const facts = statuses.flatMap((status) => parseFact(status.description ?? '', status.createdAt) ?? []);
  return [{ ledgerId, references: storedFunctions(facts) }];
}

function describe({ restored, already, failed }: RestoreOutcome): FunctionsBack {
  if (failed.length === 0) {
    const message = `edge functions are as they were: ${restored.length} put back, ${already.length} were there already`;
    return { outcome: 'restored', reasonCode: 'functions_restored', message, mixed: [] };
  }
  const names = failed.map(({ slug, message }) => `${slug} (${message})`).join(', ');
  return {
    outcome: 'failed',
    reasonCode: 'functions_mixed',
    message: `MIXED edge functions, not put back: ${names}. Run the rollback again with parts: functions`,
    mixed: failed.map(({ slug }) => slug),
  };
}

async function record(
  { github, log }: TakeFunctionsBackDependencies,
  ledgerId: number,
  back: FunctionsBack,
): Promise<void> {
  const word = back.outcome === 'restored' ? 'restored' : 'mixed';
  await openLedger(github, { ledgerId })
    .record('functions', 'outcome', word, back.mixed.join(' '))
    .catch((error: unknown) => log(`The ledger could not be written: ${(error as Error).message}`));
}
