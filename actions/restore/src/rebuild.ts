import type { InputProblem } from '#action-kit/input-error';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { emptyDrillDatabase, markDrillDatabase, readDrillDatabase } from '#backup/drill-database';
import type { Decryption } from '#backup/encryption';
import type { FoundBackup } from '#backup/find-verified-backup';
import { span } from '#backup/judge-drill';
import { judgeDrillDatabase } from '#backup/judge-drill-database';
import { makeRoles } from '#backup/make-roles';
import { openBackup } from '#backup/restore-backup';
import { compareRestoredRows, readLive, restoreLive } from '#backup/restore-live';
import type { GitHub } from '#github/client';
import { DatabaseUrlError, parseDatabaseUrl, weakConnection } from '#postgres/database-url';
import { readReleases } from '#release/ledger';
import { refuseWeakTls } from '#supabase/resolve-database';
import { describeDatabaseFailure } from './describe-database-failure.ts';
import { openDrillSource, orReason, type Reason } from './drill-source.ts';
import type { Given } from './inputs.ts';

/**
 * First half of a rebuild: the newest verified backup goes into a database that is there for drills alone, and the commit of the
 * newest release that passed is named, for another job to deploy against it. What a drill that died left in it is removed before.
 */
export async function rebuild(runner: Runner, given: Given): Promise<Result> {
  const { clock, context, signal } = runner;
  const { targetUrl = '', confirm, deadline: deadlineMs } = given;
  const source = await openDrillSource(runner, given, problemsOf(given.targetUrl));
  const { settings, environment, github, decryption } = source;
  try {
    const started = clock.now();
    const released = await findRelease(github, environment, context.sha);
    if ('reasonCode' in released) return refused(environment, released);
    const found = await source.findNewest(started / 1000);
    if ('reasonCode' in found) return refused(environment, found);
    const { project: pinned, scratchImage, tlsReason } = settings.database;
    const [weakness] = weakConnection(targetUrl, tlsReason);
    if (weakness !== undefined) runner.logger.warning(weakness);
    const copied = await orReason(
      signal,
      copyInto(targetUrl, found, { runner, decryption, pinned, confirm, deadlineMs, scratchImage, tlsReason }),
    );
    if ('reasonCode' in copied) return refused(environment, copied);
    const restoreSeconds = (clock.now() - started) / 1000;
    const { commit, version } = released;
    return {
      decision: 'restored',
      reasonCode: 'restored_for_drill',
      summary: `${found.manifest.name} is in the database of the drill, ${copied.tables} tables equal, in ${span(restoreSeconds)}; ${version} (${commit.slice(0, 7)}) is what ran on ${environment}${weakness === undefined ? '' : `. ${weakness}`}`,
      failed: false,
      details: { target: 'drill', environment, backup: found.manifest.name, commit, version, restoreSeconds },
      outputs: { commit },
    };
  } finally {
    await decryption.close();
  }
}

/** Only into a database that is there for drills. @throws BackupFailed, DatabaseTargetError */
async function copyInto(
  url: string,
  { manifest, manifestFile, manifestDigest, destination }: FoundBackup,
  given: {
    runner: Runner;
    decryption: Decryption;
    pinned: string | undefined;
    confirm: string | undefined;
    deadlineMs: number;
    /** The only image that pg_restore may come from. */
    scratchImage: string | undefined;
    tlsReason: string | undefined;
  },
): Promise<{ tables: number } | Reason> {
  const { runner, decryption, pinned, confirm, deadlineMs, scratchImage, tlsReason } = given;
  const { logger, signal } = runner;
  refuseWeakTls(parseDatabaseUrl(url), tlsReason);
  try {
    const drill = await readDrillDatabase(url);
    const refusal = judgeDrillDatabase(drill, { source: manifest.source.identity, pinned, confirm });
    if (refusal !== undefined) return refusal;
    const digests = { digest: manifest.object.sha256, manifestDigest: manifestDigest.sha256 };
    const backup = await openBackup({ destination, manifestFile, ...digests, decryption, signal });
    if (drill.marked && (await emptyDrillDatabase(url))) logger.info('removed what an earlier drill had left');
    await markDrillDatabase(url, []);
    const { made, remarks } = await makeRoles(url, backup);
    await markDrillDatabase(url, made);
    for (const remark of remarks) logger.warning(`Roles: ${remark}`);
    logger.info(`restoring ${manifest.name} into ${drill.name}, a database for drills`);
    await restoreLive(url, backup, { deadlineMs, signal, rolesMade: made, scratchImage });
    const { contents } = backup.contents;
    const [different] = compareRestoredRows(await readLive(url, contents), contents);
    if (different === undefined) return { tables: contents.tables.length };
    return { reasonCode: 'restored_differs', message: `restored, and not what was backed up: ${different}` };
  } catch (error) {
    const message = describeDatabaseFailure(error);
    if (message === undefined) throw error;
    return { reasonCode: 'drill_database_failed', message: `the database of the drill: ${message}` };
  }
}

/** Nobody but the branch that this run is of says which code may see a copy of the data: the ledger proposes (S9). */
async function findRelease(
  github: GitHub,
  environment: string,
  head: string,
): Promise<{ commit: string; version: string } | Reason> {
  for await (const record of readReleases(github, { environment })) {
    if (record.decision !== 'released' || record.rehearsal === true || record.rolledBack) continue;
    const { commit, version } = record;
    const { status } = commit === head ? { status: 'identical' } : await github.compare(head, commit);
    if (status === 'identical' || status === 'behind') return { commit, version };
    const message = `the newest release that passed on ${environment}, ${version} (${commit.slice(0, 7)}), is of no commit below the one of this run: run the drill from the branch that is released`;
    return { reasonCode: 'release_not_of_branch', message };
  }
  return { reasonCode: 'no_release', message: `no release of ${environment} that passed is in the ledger` };
}

function problemsOf(url: string | undefined): InputProblem[] {
  const name = 'target-url';
  if (url === undefined)
    return [{ name, message: 'is needed by mode: rebuild: a database that is there for drills alone' }];
  try {
    parseDatabaseUrl(url);
    return [];
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    return error.problems.map((message) => ({ name, message }));
  }
}

/** Pure. */
function refused(environment: string, { reasonCode, message }: Reason): Result {
  return {
    decision: 'refused',
    reasonCode,
    summary: `${environment} was not rebuilt: ${message}`,
    failed: true,
    details: { target: 'drill', environment, notRestored: { reasonCode, message } },
  };
}
