import { destinationPorts } from '#action-kit/backup-destinations';
import type { Runner } from '#action-kit/runner';
import type { DatabaseContents } from '#backup/database-contents';
import { openDestinations } from '#backup/open-destinations';
import type { PlannedDestination } from '#backup/plan-destinations';
import { readLive } from '#backup/restore-live';
import type { BackupLedger } from '#release/backup-ledger';
import { backUpPresent } from './back-up-present.ts';
import { checkRestored } from './check-restored.ts';
import type { Note } from './checklist.ts';
import { type HeldWrites, holdWrites } from './hold-writes.ts';
import type { Given } from './inputs.ts';
import type { PointInTimePlan } from './plan-point-in-time.ts';
import { describeChange, type PointInTimeEnd } from './render-point-in-time.ts';
import { howToResume, liftStop, readStop, stopWrites } from './write-stop.ts';

/** What was kept before the database was given up. */
export interface PresentState extends HeldWrites {
  manifestFile: string;
  contents: DatabaseContents;
}

/**
 * Stops writes where our role may, and makes a proven backup of what is there; without one the writes go on as before. The stop
 * that an earlier run left becomes this one's.
 */
export async function savePresentState(
  runner: Runner,
  given: Given,
  around: {
    url: string;
    destinations: readonly PlannedDestination[];
    scratchImage: string | undefined;
    ledger: Pick<BackupLedger, 'keep'>;
    note: Note;
  },
): Promise<PresentState | { reasonCode: string; message: string }> {
  const { url, destinations, scratchImage, ledger, note } = around;
  const held = await holdWrites(runner, {
    ...{ url, note, deadlineMs: given.deadline, writes: false, reason: given.writeStopReason },
  });
  if ('reasonCode' in held) return { ...held, message: `${held.message}; nothing was asked for` };
  const { stop } = held;
  let kept = false;
  try {
    const saved = await backUpPresent(runner, {
      ...{ url, ledger, scratchImage, environment: given.environment, deadlineMs: given.deadline },
      destinations: await openDestinations(destinations, destinationPorts(runner)),
      recipients: given.ageRecipients ?? [],
      gpgRecipients: given.gpgRecipients ?? [],
    });
    if ('reasonCode' in saved) return { ...saved, message: `${saved.message}; nothing was asked for` };
    const contents = await readLive(url);
    kept = true;
    note(
      'Present state saved',
      `${saved.manifestFile}, sha256:${saved.manifest.object.sha256}: the way back from this restore`,
    );
    return { manifestFile: saved.manifestFile, contents, ...held };
  } finally {
    if (stop !== undefined && !kept) await liftStop({ url, mark: stop }, (line) => runner.logger.warning(line));
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
  const { on: stopped } = await readStop(url, signal);
  const after = await readLive(url);
  const loss = present === undefined ? [] : describeChange(present.contents, after);
  for (const line of loss) logger.warning(`Lost or changed by going back: ${line}`);
  const { faults, passed } = await checkRestored(url, checks, signal);
  const looked = `${checks.tables.length} tables and ${checks.queries.length} queries`;
  if (faults.length > 0) {
    note('Verified', `no: ${faults.join('; ')}`);
    const until = clock.now() / 1000 + 24 * 60 * 60;
    const refused = stopped ? undefined : await stopWrites({ url }, until, { signal, warn });
    note('Writes resumed', refused === undefined ? 'no: new sessions stay read-only' : `yes, for ${refused}`);
    const kept = refused === undefined ? `New sessions are kept read-only; ${howToResume}` : `Writes go on: ${refused}`;
    return {
      ...{ decision: 'failed', reasonCode: 'checks_failed', loss, faults },
      summary: `Project ${project} was restored by the platform, and ${faults.length} of ${looked} are not as they must be: ${faults.slice(0, 3).join('; ')}. ${kept}`,
    };
  }
  note(
    'Verified',
    passed.length === 0 ? `${after.tables.length} tables can be read, ${looked} were asked` : passed.join(', '),
  );
  // Only a stop that this run did not find: what a person stopped stays so.
  const own = present !== undefined && !present.already;
  const lifted = stopped && own && (await liftStop({ url }, warn));
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
