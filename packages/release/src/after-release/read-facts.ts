import type { GitHub } from '#github/client';
import { type LedgerFact, parseFact } from '../release-record.ts';

/** The facts of one ledger entry, oldest first. @throws GitHubError. */
export async function readFacts(github: GitHub, ledgerId: number): Promise<LedgerFact[]> {
  const statuses = await github.listStatuses(ledgerId);
  return statuses.flatMap(({ description, createdAt }) => parseFact(description ?? '', createdAt) ?? []);
}
