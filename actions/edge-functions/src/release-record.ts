import { gitHubConnection } from '#action-kit/connections';
import { InputError, type InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { openLedger } from '#release/ledger';
import { parseReleaseHandle } from '#release/release-handle';
import { parseFact } from '#release/release-record';
import type { DeployDependencies } from '#supabase/deploy-functions';
import { parseReference, type SavedReference } from '#supabase/functions-store';
import type { inputs } from './inputs.ts';

/** The ledger of the release that was given, and what an earlier attempt stored; without one nothing is written. @throws InputError. */
export async function releaseRecord(
  runner: Runner,
  given: InputValues<typeof inputs>,
): Promise<{ write: DeployDependencies['record']; earlier: SavedReference[] }> {
  if (given.release === undefined) return { write: async () => {}, earlier: [] };
  const handle = parseReleaseHandle(given.release);
  if (given.githubToken === undefined) {
    throw new InputError([{ name: 'github-token', message: 'is needed to write the record of the release' }]);
  }
  const github = createGitHub(gitHubConnection(runner, given.githubToken));
  const ledger = openLedger(github, handle);
  const statuses = handle.ledgerId === 0 ? [] : await github.listStatuses(handle.ledgerId);
  const earlier = statuses.flatMap((status) => {
    const fact = parseFact(status.description ?? '', status.createdAt);
    const stored = fact?.step === 'functions' && fact.kind === 'intent' && fact.word === 'stored';
    return stored ? (parseReference(fact.text) ?? []) : [];
  });
  return { write: (kind, word, text) => ledger.record('functions', kind, word, text), earlier };
}
