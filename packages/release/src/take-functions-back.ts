import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import { messageOf, reasonCodeOf } from '#http/error-reason';
import type { SavedReference } from '#supabase/functions-store';
import type { RestoreOutcome } from '#supabase/restore-functions';
import { openLedger } from './ledger.ts';
import { settle, within } from './patience.ts';
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
  /** True where settings or inputs say that functions are a part of this environment. */
  expected: boolean;
  clock: Clock;
  log(line: string): void;
}

/** Which functions: those that one release replaced, or all that were replaced since a target. */
export type FunctionsScope = { ledgerId: number } | { environment: string; target: RollbackTarget };

/** How long the ledger is asked: less where nothing says that functions are a part of this environment at all. */
const ledgerPatienceMs = { expected: 30_000, unexpected: 5_000 };

/** Puts the functions back that were live before. Never throws: what could not be put back is named, the domains move anyway. */
export async function takeFunctionsBack(
  deps: TakeFunctionsBackDependencies,
  scope: FunctionsScope,
  dryRun = false,
): Promise<FunctionsBack> {
  const patienceMs = deps.expected ? ledgerPatienceMs.expected : ledgerPatienceMs.unexpected;
  const read = await within(deps.clock, patienceMs, settle(readEntries(deps.github, scope)));
  if (read === undefined || 'error' in read) {
    const why = read === undefined ? 'GitHub does not answer' : messageOf(read.error);
    // Where no functions are known of, a ledger that is silent must not make a rollback red (S1).
    if (!deps.expected) return notNeeded(`nothing says that edge functions were replaced (${why})`);
    return failed('functions_unknown', `edge functions stay as they are, the ledger could not be read: ${why}`);
  }
  const { entries, known } = read.value;
  const touched = entries.filter(({ references }) => references.length > 0);
  const references = touched.flatMap((entry) => entry.references);
  if (references.length === 0) return notNeeded('no edge functions were replaced');
  if (!known) {
    const message = 'the ledger does not know the target, so nobody knows which edge functions ran beside it';
    return failed('functions_unknown', `${message}: they stay as they are`);
  }
  if (deps.restore === undefined) {
    const message = 'edge functions were replaced and stay as they are: no supabase-access-token or project is given';
    return failed('functions_not_taken_back', message);
  }
  if (dryRun) {
    const message = `would put back the edge functions that ${touched.length} ${touched.length === 1 ? 'release' : 'releases'} replaced`;
    return { outcome: 'planned', reasonCode: 'dry_run', message, mixed: [] };
  }
  const restored = await settle(deps.restore(references));
  if ('error' in restored) {
    const { error } = restored;
    const code = reasonCodeOf(error) ?? 'functions_not_taken_back';
    return failed(code, `edge functions were not taken back: ${messageOf(error)}`);
  }
  const back = describe(restored.value);
  await record(deps, touched.at(-1)?.ledgerId ?? 0, back);
  return back;
}

function notNeeded(message: string): FunctionsBack {
  return { outcome: 'not-needed', reasonCode: 'functions_untouched', message, mixed: [] };
}

function failed(reasonCode: string, message: string): FunctionsBack {
  return { outcome: 'failed', reasonCode, message, mixed: [] };
}

/** For a target that the ledger does not know, every recent release: where one replaced functions, nobody knows the way. */
async function readEntries(github: GitHub, scope: FunctionsScope) {
  if ('target' in scope) {
    const releases = await readRecentReleases(github, scope.environment);
    const since = releasesSince(releases, scope.target);
    const entries = (since ?? releases).map(({ id, facts }) => ({ ledgerId: id, references: storedFunctions(facts) }));
    return { entries, known: since !== undefined };
  }
  const { ledgerId } = scope;
  const statuses = ledgerId === 0 ? [] : await github.listStatuses(ledgerId);
  const facts = statuses.flatMap((status) => parseFact(status.description ?? '', status.createdAt) ?? []);
  return { entries: [{ ledgerId, references: storedFunctions(facts) }], known: true };
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
