import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { checkAnswers, openChallenges } from '#backup/challenges';
import { type Decryption, openDecryption } from '#backup/encryption';
import { PostgresMissing } from '#backup/find-postgres';
import { type FoundBackup, findVerifiedBackup } from '#backup/find-verified-backup';
import { type DrillTargets, judgeDrill, standardTargets } from '#backup/judge-drill';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { openBackup, rehearseRestore } from '#backup/restore-backup';
import { createGitHub, type GitHub, GitHubError } from '#github/client';
import { openBackupLedger } from '#release/backup-record';
import { type DrillRecord, lastOpened, readDrills, recordDrill } from '#release/drill-record';
import { releaseKey } from '#release/release-handle';
import { type Given, privateKey } from './inputs.ts';
import { type DrillOutcome, renderDrillRun } from './render-drill-run.ts';

/**
 * Restores the newest verified backup of an environment on a scratch server with a real private key, measures how long that
 * takes and how old the data is, and asks who holds which key (S27). Its record goes into the ledger.
 */
export async function drill(runner: Runner, given: Given): Promise<Result> {
  const settings = await loadSettings(runner, given);
  // Read, not stored: nothing here is about what outlives the run.
  const where = givenDestinations(runner, given, settings.database);
  const planned = planDestinations({ ...where, hosted: false, publicRepository: false });
  const problems: InputProblem[] = [...planned.problems];
  const { environment, githubToken } = given;
  const { context, clock, logger, signal } = runner;
  if (environment === undefined) {
    const message = 'is needed by mode: drill, which restores the newest verified backup of an environment';
    problems.push({ name: 'environment', message });
  }
  if (githubToken === undefined || context.repository === '') {
    const message =
      'is needed by mode: drill: the ledger says which backup is ours (S26), and keeps how the drill ended';
    problems.push({ name: 'github-token', message, allowed: 'a token with deployments: write' });
  }
  const decryption = await openDecryption(privateKey(given), signal).catch((error: unknown) => {
    if (!(error instanceof BackupFailed)) throw error;
    problems.push({
      name: given.gpgPrivateKey === undefined ? 'age-identity' : 'gpg-private-key',
      message: error.message,
    });
    return undefined;
  });
  try {
    if (problems.length > 0 || decryption === undefined || environment === undefined || githubToken === undefined)
      throw new InputError(problems);
    const github = createGitHub(gitHubConnection(runner, githubToken));
    const { production } = settings;
    const place = { environment, production, ref: context.sha };
    const ledger = openBackupLedger(github, place, logger);
    const earlier = await readDrills(github, environment);
    const destinations = await openDestinations(planned.destinations, destinationPorts(runner));
    const log = (line: string) => logger.info(line);
    const started = clock.now();
    const at = started / 1000;
    const targets: DrillTargets = {
      restoreSeconds:
        seconds(given.restoreWithin ?? settings.drills?.restoreWithinMs) ?? standardTargets.restoreSeconds,
      ageSeconds: seconds(given.dataAge ?? settings.drills?.dataAgeMs) ?? standardTargets.ageSeconds,
    };
    const found = await orReason(
      signal,
      findVerifiedBackup(destinations, { environment, now: at, recorded: ledger.knows }, log),
    );
    const rehearsal =
      found === undefined || 'reasonCode' in found
        ? notRestored(found ?? noBackup(environment))
        : await logger.group('Restore', () => rehearse(found, decryption, given.deadline, { log, signal }));
    const restoreSeconds = (clock.now() - started) / 1000;
    const backup = found === undefined || 'reasonCode' in found ? undefined : found.manifest;
    const challenges = backup?.challenges ?? [];
    const answers = checkAnswers(challenges, words(given.answers));
    const opened = [...new Set([...answers.opened, ...(await openChallenges(challenges, decryption))])];
    const keys = challenges.map(({ recipient }) => {
      const openedAt = opened.includes(recipient) ? at : lastOpened(earlier, recipient);
      const isNew = !earlier.some(({ recipients }) => recipients.includes(recipient));
      return { recipient, isNew: isNew && earlier.length > 0, ...(openedAt === undefined ? {} : { openedAt }) };
    });
    const age =
      backup === undefined
        ? {}
        : { ageSeconds: Math.max(0, at - (backup.source.snapshotAt ?? backup.createdAt)), backup: backup.name };
    const { ageSeconds } = age;
    const facts = {
      verification: rehearsal,
      restoreSeconds,
      ...(ageSeconds === undefined ? {} : { ageSeconds }),
      keys,
      wrongAnswers: answers.wrong,
    };
    const outcome: DrillOutcome = {
      environment,
      facts,
      targets,
      judged: judgeDrill(facts, targets, at),
      backup,
      missing: challenges.filter(({ recipient }) => !opened.includes(recipient)),
      seconds: rehearsal.seconds,
    };
    const unrecorded = await keep(github, place, {
      schemaVersion: 1,
      key: releaseKey({ ...context, environment }),
      at,
      passed: outcome.judged.passed,
      reasonCode: outcome.judged.reasonCode,
      ...age,
      verdict: rehearsal.verdict,
      restoreSeconds,
      targets,
      recipients: keys.map(({ recipient }) => recipient),
      opened,
    });
    return renderDrillRun(outcome, unrecorded);
  } finally {
    await decryption?.close();
  }
}

interface Rehearsal {
  verdict: 'verified' | 'mismatch' | 'could-not-verify';
  reasonCode: string;
  message: string;
  seconds?: { readBack: number; restore: number; compare: number };
}

async function rehearse(
  { manifest, manifestFile, destination }: FoundBackup,
  decryption: Decryption,
  deadlineMs: number,
  run: { log: (line: string) => void; signal: AbortSignal },
): Promise<Rehearsal> {
  run.log(`${manifest.name} is the newest verified backup that the ledger knows; restoring it into a scratch server`);
  const { sha256: digest } = manifest.object;
  const rehearsed = await orReason(
    run.signal,
    (async () => {
      const backup = await openBackup({ destination, manifestFile, digest, decryption, signal: run.signal });
      return await rehearseRestore(backup, { deadlineMs, ...run });
    })(),
  );
  return 'verdict' in rehearsed ? rehearsed : notRestored(rehearsed);
}

function notRestored({ reasonCode, message }: { reasonCode: string; message: string }): Rehearsal {
  return { verdict: 'could-not-verify', reasonCode, message };
}

function noBackup(environment: string) {
  const message = `there is no verified backup of ${environment} that the ledger knows`;
  return { reasonCode: 'no_backup', message };
}

/** A drill that cannot go on has failed; only an abort ends it without a record. */
async function orReason<T>(
  signal: AbortSignal,
  made: Promise<T>,
): Promise<T | { reasonCode: string; message: string }> {
  try {
    return await made;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BackupFailed || error instanceof PostgresMissing)) throw error;
    return { reasonCode: error.reasonCode, message: error.message };
  }
}

/** Why the drill is in no record; undefined where it is. */
async function keep(
  github: GitHub,
  place: { environment: string; production: boolean; ref: string },
  record: DrillRecord,
): Promise<string | undefined> {
  try {
    await recordDrill(github, record, place);
    return undefined;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return `the drill is not recorded, so it does not count: ${error.message}`;
  }
}

/** A run by hand has one line for all of them. */
function words(answers: readonly string[] = []): string[] {
  return answers.flatMap((line) => line.split(/\s+/)).filter((word) => word !== '');
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
