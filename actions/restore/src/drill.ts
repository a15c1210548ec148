import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { checkAnswers, openChallenges } from '#backup/challenges';
import type { Decryption } from '#backup/encryption';
import type { FoundBackup } from '#backup/find-verified-backup';
import { type DrillTargets, judgeDrill, standardTargets } from '#backup/judge-drill';
import { openBackup, rehearseRestore } from '#backup/restore-backup';
import { type GitHub, GitHubError } from '#github/client';
import { type DrillRecord, lastOpened, readDrills, recordDrill } from '#release/drill-record';
import { newestWayBack, type WayBackTime } from '#release/newest-way-back';
import { releaseKey } from '#release/release-handle';
import { rollbackLimitMs } from '#release/way-back';
import { openDrillSource, orReason, type Reason } from './drill-source.ts';
import type { Given } from './inputs.ts';
import { readRebuild, recordedRebuild } from './read-rebuild.ts';
import { type DrillOutcome, renderDrillRun } from './render-drill-run.ts';

/**
 * Restores the newest verified backup of an environment on a scratch server with a real private key, measures how long that
 * takes and how old the data is, and asks who holds which key (S27). Its record goes into the ledger.
 */
export async function drill(runner: Runner, given: Given): Promise<Result> {
  const { context, clock, logger, signal } = runner;
  const source = await openDrillSource(runner, given);
  const { settings, environment, github, place, decryption } = source;
  try {
    const earlier = await readDrills(github, environment);
    const log = (line: string) => logger.info(line);
    const started = clock.now();
    const at = started / 1000;
    const targets: DrillTargets = {
      restoreSeconds:
        seconds(given.restoreWithin ?? settings.drills?.restoreWithinMs) ?? standardTargets.restoreSeconds,
      ageSeconds: seconds(given.dataAge ?? settings.drills?.dataAgeMs) ?? standardTargets.ageSeconds,
      frontendSeconds: (settings.release.rollbackLimitMs ?? rollbackLimitMs) / 1000,
    };
    const back = await newestWayBack(github, [environment, given.rehearsedIn]).catch((error: unknown) => {
      if (!(error instanceof GitHubError)) throw error;
      logger.warning(`How long the newest way back of the app took cannot be read: ${error.message}`);
      return undefined;
    });
    const found = await source.findNewest(at);
    const rehearsal =
      'reasonCode' in found
        ? notRestored(found)
        : await logger.group('Restore', () =>
            rehearse(found, decryption, given.deadline, { scratchImage: settings.database.scratchImage, log, signal }),
          );
    const restoreSeconds = (clock.now() - started) / 1000;
    const backup = 'reasonCode' in found ? undefined : found.manifest;
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
    const rebuilt = given.rebuild ? readRebuild(given.rebuildResult) : undefined;
    const facts = {
      verification: rehearsal,
      restoreSeconds,
      ...(ageSeconds === undefined ? {} : { ageSeconds }),
      keys,
      wrongAnswers: answers.wrong,
      ...(back === undefined ? {} : { frontend: { seconds: back.seconds, what: describeBack(back) } }),
      ...(rebuilt === undefined ? {} : { rebuild: rebuilt }),
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
      ...(back === undefined ? {} : { frontendSeconds: back.seconds }),
      ...(rebuilt === undefined ? {} : { rebuild: recordedRebuild(rebuilt) }),
      recipients: keys.map(({ recipient }) => recipient),
      opened,
    });
    return renderDrillRun(outcome, unrecorded);
  } finally {
    await decryption.close();
  }
}

interface Rehearsal {
  verdict: 'verified' | 'mismatch' | 'could-not-verify';
  reasonCode: string;
  message: string;
  seconds?: { readBack: number; restore: number; compare: number };
}

async function rehearse(
  { manifest, manifestFile, manifestDigest, destination }: FoundBackup,
  decryption: Decryption,
  deadlineMs: number,
  run: { scratchImage: string | undefined; log: (line: string) => void; signal: AbortSignal },
): Promise<Rehearsal> {
  run.log(`${manifest.name} is the newest verified backup that the ledger knows; restoring it into a scratch server`);
  const digests = { digest: manifest.object.sha256, manifestDigest: manifestDigest.sha256 };
  const rehearsed = await orReason(
    run.signal,
    (async () => {
      const backup = await openBackup({ destination, manifestFile, ...digests, decryption, signal: run.signal });
      return await rehearseRestore(backup, { deadlineMs, ...run });
    })(),
  );
  return 'verdict' in rehearsed ? rehearsed : notRestored(rehearsed);
}

function notRestored({ reasonCode, message }: Reason): Rehearsal {
  return { verdict: 'could-not-verify', reasonCode, message };
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

/** Pure. */
function describeBack({ environment, at, rehearsal }: WayBackTime): string {
  return `${rehearsal ? 'rehearsed' : 'in earnest'} on ${environment}, ${new Date(at * 1000).toISOString().slice(0, 10)}`;
}

/** A run by hand has one line for all of them. */
function words(answers: readonly string[] = []): string[] {
  return answers.flatMap((line) => line.split(/\s+/)).filter((word) => word !== '');
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
