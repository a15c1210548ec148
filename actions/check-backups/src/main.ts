import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection, supabaseConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, type InputValues, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { decidePruning, type Retention, standardRetention } from '#backup/decide-pruning';
import { listBackups } from '#backup/find-verified-backup';
import { judgeFreshness } from '#backup/judge-freshness';
import { judgeGrowth } from '#backup/judge-growth';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { pruneBackups } from '#backup/prune-backups';
import { decideDocumentPruning, listDocuments, pruneDocuments } from '#backup/prune-documents';
import { createGitHub, type GitHub, GitHubError } from '#github/client';
import { tryReadDrills } from '#release/drill-record';
import { tryReadRehearsals } from '#release/rehearsal/rehearsal-record';
import { tryReadVerifications } from '#release/verification-record';
import { judgePlatformBackups, type PlatformFreshness } from '#supabase/judge-platform-backups';
import { openPlatformBackups } from '#supabase/platform-backups';
import { SupabaseError } from '#supabase/supabase-error';
import { inputs } from './inputs.ts';
import { type DrillKind, type DrillState, judgeDrills, overdueAfter } from './judge-drills.ts';
import { type CheckedPlace, renderCheck } from './render-check.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Looks at every place that keeps backups: is the newest verified one young, and whose time is over. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { database, drills } = await loadSettings(runner, given);
  const retention: Retention = {
    automatic: (given.retention ?? database.retentionMs?.automatic ?? standardRetention.automatic * dayMs) / dayMs,
    manual: (given.retentionManual ?? database.retentionMs?.manual ?? standardRetention.manual * dayMs) / dayMs,
  };
  // Read, not stored: nothing here is about what outlives the run.
  const where = givenDestinations(runner, given, database);
  const { logger, clock, signal, context } = runner;
  const { githubToken: token } = given;
  const github =
    token === undefined || context.repository === '' ? undefined : createGitHub(gitHubConnection(runner, token));
  const ofRepository = github === undefined || token === undefined ? undefined : { github, token };
  const { destinations, problems } = planDestinations({
    ...where,
    artifacts: ofRepository !== undefined,
    hosted: false,
    publicRepository: false,
  });
  const wrong: InputProblem[] = problems.map((problem) =>
    problem.given === 'artifact'
      ? {
          ...problem,
          message: 'is kept and removed by GitHub; other runs read it with a github-token that has actions: read',
        }
      : problem,
  );
  if (wrong.length > 0) throw new InputError(wrong);
  const { environment } = given;
  const log = (line: string) => logger.info(line);
  const now = clock.now() / 1000;
  const freshSeconds = given.maxAge / 1000;
  const checked: CheckedPlace[] = [];
  try {
    for (const destination of await openDestinations(destinations, destinationPorts(runner, ofRepository))) {
      const backups = await listBackups(destination, log);
      const place = destination.description;
      const freshness = judgeFreshness(backups, { environment, maxAgeSeconds: freshSeconds, now, place });
      log(freshness.message);
      const growth = judgeGrowth(backups, { environment, factor: given.sizeFactor, place });
      if (growth !== undefined) log(growth.message);
      // GitHub removes artifacts by its own clock.
      const own = destination.kind === 'artifact' ? [] : backups;
      const { prune, kept } = decidePruning(own, { environment, retention, freshSeconds, now });
      for (const line of kept) logger.warning(`${place}: ${line}`);
      const documents = destination.kind === 'artifact' ? [] : await listDocuments(destination, log);
      const over = decideDocumentPruning(documents, { environment, keepDays: retention.automatic, now });
      const due = [...prune, ...over].map(({ manifest }) => manifest.name);
      const pruned = given.prune
        ? [
            ...(await pruneBackups(destination, prune, { log, signal })),
            ...(await pruneDocuments(destination, over, { log, signal })),
          ]
        : [];
      checked.push({ place, freshness, ...(growth === undefined ? {} : { growth }), due, pruned });
    }
  } catch (error) {
    if (!(error instanceof BackupFailed || error instanceof GitHubError)) throw error;
    return { decision: 'could-not-run', reasonCode: error.reasonCode, summary: error.message, failed: true };
  }
  const wanted = given.retention ?? database.retentionMs?.automatic;
  const platform = await checkPlatform(runner, given, { project: database.project, freshSeconds, wanted });
  const read = { say: logger.warning, github, now };
  const { verifyEveryMs } = database;
  const verifiedAge =
    given.verificationMaxAge ?? (verifyEveryMs === undefined ? undefined : overdueAfter(verifyEveryMs));
  const verification = await checkDrills('verification', environment, verifiedAge, read);
  const drill = await checkDrills('drill', environment, given.drillMaxAge ?? drills?.overdueMs, read);
  const rehearsalAge = given.rehearsalMaxAge ?? drills?.rehearsalOverdueMs;
  const rehearsal = await checkDrills('rehearsal', given.rehearsedIn, rehearsalAge, read);
  return renderCheck(checked, {
    environment,
    prune: given.prune,
    ...(platform === undefined ? {} : { platform }),
    ...(verification === undefined ? {} : { verification }),
    ...(drill === undefined ? {} : { drill }),
    ...(rehearsal === undefined ? {} : { rehearsal }),
  });
}

/** The platform's own backups, where a token to ask with is given. Nobody's silence is taken for a backup. */
async function checkPlatform(
  runner: Runner,
  given: InputValues<typeof inputs>,
  { project, freshSeconds, wanted }: { project: string | undefined; freshSeconds: number; wanted: number | undefined },
): Promise<PlatformFreshness | undefined> {
  const named = given.supabaseProject ?? project;
  const connection = supabaseConnection(runner, { ...given, supabaseProject: named }, {});
  const { clock, logger, signal } = runner;
  if (connection === undefined) {
    if (given.supabaseAccessToken !== undefined)
      logger.warning(
        'The backups of the platform were not looked at: neither supabase-project nor supabase.project says of which project',
      );
    return undefined;
  }
  const wantedDays = wanted === undefined ? {} : { wantedDays: Math.round(wanted / dayMs) };
  try {
    const state = await openPlatformBackups(connection).read();
    const judged = judgePlatformBackups(state, { now: clock.now() / 1000, maxAgeSeconds: freshSeconds, ...wantedDays });
    logger.info(judged.message);
    if (judged.warning !== undefined) logger.warning(judged.warning);
    return judged;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SupabaseError)) throw error;
    return { verdict: 'stale', reasonCode: error.reasonCode, message: error.message };
  }
}

const readers = { verification: tryReadVerifications, drill: tryReadDrills, rehearsal: tryReadRehearsals };

/** Only where somebody said how often they are held. */
async function checkDrills(
  kind: DrillKind,
  environment: string,
  maxAgeMs: number | undefined,
  given: { github: GitHub | undefined; say: (line: string) => void /** Unix seconds. */; now: number },
): Promise<DrillState | undefined> {
  if (maxAgeMs === undefined) return undefined;
  const { github, say, now } = given;
  const records = await readers[kind](github, environment, say);
  return judgeDrills(records, { kind, environment, maxAgeSeconds: maxAgeMs / 1000, now });
}
