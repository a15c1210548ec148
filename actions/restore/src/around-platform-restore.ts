import { destinationPorts } from '#action-kit/backup-destinations';
import type { Runner } from '#action-kit/runner';
import { checkRestored } from '#backup/check-restored';
import { createBackup } from '#backup/create-backup';
import type { DatabaseContents } from '#backup/database-contents';
import { openDestinations } from '#backup/open-destinations';
import type { PlannedDestination } from '#backup/plan-destinations';
import { readLive } from '#backup/restore-live';
import type { Given } from './inputs.ts';
import type { PointInTimePlan } from './plan-point-in-time.ts';
import { describeChange, type PointInTimeEnd } from './render-point-in-time.ts';
import { howToResume, liftStop, stopWrites, writesAreStopped } from './write-stop.ts';

export type Note = (item: string, outcome: string) => void;

/** What was kept before the database was given up. */
export interface PresentState {
  manifestFile: string;
  contents: DatabaseContents;
  /** This run stopped writes in the database itself. */
  fenced: boolean;
  /** They were stopped before this run, by a person: it never lifts that. */
  already: boolean;
  /** ISO time before the stop. */
  since: string;
}

/**
 * Stops writes where our role may, and makes a proven backup of what is there; without one the writes go on as before.
 * `taken`: the stop that stands is that of an earlier run, and becomes this one's.
 */
export async function savePresentState(
  runner: Runner,
  given: Given,
  around: { url: string; destinations: readonly PlannedDestination[]; note: Note; taken: boolean },
): Promise<PresentState | { reasonCode: string; message: string }> {
  const { clock, context, logger, signal } = runner;
  const { url, destinations, note, taken } = around;
  const warn = (line: string) => logger.warning(line);
  const already = !taken && (await writesAreStopped(url, signal));
  const since = new Date(clock.now()).toISOString();
  const until = clock.now() / 1000 + 2 * (given.deadline / 1000);
  const refused = already ? undefined : await stopWrites(url, until, { signal, warn });
  const fenced = !already && refused === undefined;
  const proven = 'new sessions are read-only, proven by a refused write';
  const stopped = already ? `were stopped already, not by this run, which does not lift it; ${howToResume}` : proven;
  note('Writes stopped', refused === undefined ? stopped : `no: ${refused}`);
  if (refused !== undefined) logger.warning(`Writes go on until the platform takes the project away: ${refused}`);
  let kept = false;
  try {
    const at = new Date(clock.now()).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
    const saved = await createBackup({
      url,
      name: `before-restore-${at}-${context.runId}.${context.runAttempt}`,
      ...(given.environment === undefined ? {} : { environment: given.environment }),
      destinations: await openDestinations(destinations, destinationPorts(runner)),
      recipients: given.ageRecipients ?? [],
      gpgRecipients: given.gpgRecipients ?? [],
      clock,
      deadlineMs: given.deadline,
      log: (line) => logger.info(line),
      signal,
    });
    const { verification, object } = saved.manifest;
    if (verification.verdict !== 'verified') {
      const message = `the present state could not be saved first (${verification.verdict}: ${verification.message}); nothing was asked for`;
      return { reasonCode: 'present_state_not_saved', message };
    }
    const { contents } = await readLive(url);
    kept = true;
    note('Present state saved', `${saved.manifestFile}, sha256:${object.sha256}: the way back from this restore`);
    return { manifestFile: saved.manifestFile, contents, fenced, already, since };
  } finally {
    if (fenced && !kept) await liftStop(url, warn);
  }
}

/** Tables, queries and the difference; writes go on only when all of it is as it must be. */
export async function checkAfter(
  runner: Runner,
  { plan, present, note }: { plan: PointInTimePlan; present: PresentState | undefined; note: Note },
): Promise<Omit<PointInTimeEnd, 'checklist'>> {
  const { clock, logger, signal } = runner;
  const warn = (line: string) => logger.warning(line);
  const { project, url, checks } = plan;
  if (url === undefined) {
    note('Verified', 'no: without target-url nobody looked into the database');
    return {
      decision: 'restored',
      reasonCode: 'restored_by_platform',
      summary: `Project ${project} was restored by the platform and is healthy; nobody has looked into its database (no target-url)`,
    };
  }
  const stopped = await writesAreStopped(url, signal);
  const after = (await readLive(url)).contents;
  const loss = present === undefined ? [] : describeChange(present.contents, after);
  for (const line of loss) logger.warning(`Lost or changed by going back: ${line}`);
  const { faults, seen } = await checkRestored(url, checks, signal);
  const looked = `${checks.tables.length} tables and ${checks.queries.length} queries`;
  if (faults.length > 0) {
    note('Verified', `no: ${faults.join('; ')}`);
    const until = clock.now() / 1000 + 24 * 60 * 60;
    const refused = stopped ? undefined : await stopWrites(url, until, { signal, warn });
    note('Writes resumed', refused === undefined ? 'no: new sessions stay read-only' : `yes, for ${refused}`);
    const kept = refused === undefined ? `New sessions are kept read-only; ${howToResume}` : `Writes go on: ${refused}`;
    return {
      ...{ decision: 'failed', reasonCode: 'checks_failed', loss, faults },
      summary: `Project ${project} was restored by the platform, and ${faults.length} of ${looked} are not as they must be: ${faults.slice(0, 3).join('; ')}. ${kept}`,
    };
  }
  note(
    'Verified',
    seen.length === 0 ? `${after.tables.length} tables can be read, ${looked} were asked` : seen.join(', '),
  );
  // Only a stop that this run did not find: what a person stopped stays so.
  const own = present !== undefined && !present.already;
  const lifted = stopped && own && (await liftStop(url, warn));
  const left = stopped && !lifted;
  const resumed = stopped
    ? 'yes, a stop came back with the restored state'
    : 'yes, the stop went with the state before';
  note('Writes resumed', left ? `no: new sessions are read-only; ${howToResume}` : resumed);
  return {
    ...{ decision: 'restored', reasonCode: 'restored_by_platform', loss },
    summary: `Project ${project} was restored by the platform: ${after.tables.length} tables can be read, ${looked} are as they must be${loss.length === 0 ? '' : `, ${loss.length} tables differ from before`}${left ? `. New sessions are read-only; ${howToResume}` : ''}`,
  };
}
