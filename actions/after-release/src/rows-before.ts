import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { isPublic } from '#action-kit/public-repository';
import type { Runner } from '#action-kit/runner';
import { findVerifiedBackup } from '#backup/find-verified-backup';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { RowsBefore } from '#release/after-release/judge-row-counts';
import { openBackupLedger } from '#release/backup-ledger';
import type { Given } from './look.ts';

/** An older backup says too little of how many rows there were. */
const hoursBefore = 26;

/**
 * How many rows each table had before the release, by the manifest of the newest verified backup from before its promotion, where
 * backups keep such numbers anyway: the record of the release may not hold any (S5). Only a manifest that the ledger knows counts
 * (S26). Else why there are none, and what would be needed. @throws BackupFailed, GitHubError where a store or the ledger does not answer.
 */
export async function readRowsBefore(
  runner: Runner,
  given: Given,
  settings: Pick<EnvironmentSettings, 'database' | 'environment' | 'production'>,
  { github, promotedAt }: { github: GitHub; promotedAt: number },
): Promise<{ tables: RowsBefore[] } | { notJudged: string }> {
  const { clock, context, logger } = runner;
  const { githubToken: token } = given;
  if (isPublic(context.event))
    return { notJudged: 'in a public repository the counts of a backup lie inside its encryption' };
  const where = givenDestinations(runner, given, settings.database);
  const { destinations, problems } = planDestinations({
    ...where,
    artifacts: token !== undefined,
    hosted: false,
    publicRepository: false,
  });
  const [problem] = problems;
  if (problem !== undefined)
    return {
      notJudged: `the backups cannot be read: ${problem.name} ${problem.message}${problem.allowed === undefined ? '' : ` (${problem.allowed})`}`,
    };
  const { environment, production } = settings;
  const ledger = openBackupLedger(github, { environment, production, ref: '' }, logger);
  const log = (line: string) => logger.info(line);
  const ofRepository = token === undefined ? undefined : { github, token };
  const found = await findVerifiedBackup(
    await openDestinations(destinations, destinationPorts(runner, ofRepository)),
    {
      environment,
      since: promotedAt / 1000 - hoursBefore * 60 * 60,
      before: promotedAt / 1000,
      beforeRestore: false,
      now: clock.now() / 1000,
      recorded: ledger.knows,
    },
    log,
  );
  if (found === undefined)
    return {
      notJudged: `no verified backup from the ${hoursBefore} h before the release is there that the ledger knows: a daily backup makes one`,
    };
  const { tables, rows, name } = found.manifest;
  if (tables.length === 0 && rows > 0) return { notJudged: `the manifest of ${name} holds no counts of single tables` };
  log(`rows are compared with those of ${name}`);
  return { tables };
}
