import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runner } from '#action-kit/runner';
import { leaveRunning } from '#child-process/leave-running';
import { isJournalOpen, journalPrefix, removeJournal } from '#observe/log-journal';
import type { VercelConnection } from '#vercel/project';
import type { ToRead } from './read-logs.ts';

/** The logs that are read beside this step and on after it. */
export interface OpenedLogs {
  folder: string;
  /** Settles when Vercel has answered, the reader has ended, or after the longest time that a promotion waits for it. */
  settled: Promise<void>;
  /** For a promotion that did not happen. */
  stop(): Promise<void>;
}

// The way forward does not wait longer for its witness; what it misses is no data.
const LONGEST_WAIT_MS = 5_000;
const POLL_MS = 20;

/**
 * Opens the runtime logs of a deployment in a process that outlives this step (docs/adr/0012); undefined where there is no folder
 * for temporary files. `script` is the bundle that this process runs.
 */
export async function openLogs(
  { environment, clock, logger, signal }: Pick<Runner, 'environment' | 'clock' | 'logger' | 'signal'>,
  about: { connection: VercelConnection; deploymentId: string; script: string | undefined },
): Promise<OpenedLogs | undefined> {
  const temporary = environment('RUNNER_TEMP');
  const { connection, deploymentId, script } = about;
  if (temporary === undefined || script === undefined) return undefined;
  const folder = await mkdtemp(join(temporary, journalPrefix));
  const { apiUrl, token, team, project, as } = connection;
  const told: ToRead = {
    connection: { apiUrl, token, project, ...(team !== undefined && { team }), ...(as !== undefined && { as }) },
    deploymentId,
    folder,
    ...(clock.aheadMs !== undefined && { aheadMs: clock.aheadMs }),
  };
  // It is small and lives for minutes beside everything else in the job.
  const args = ['--max-old-space-size=96', script, 'read-logs'];
  const child = leaveRunning({ command: process.execPath, args, input: JSON.stringify(told) });
  let ended = false;
  for (const event of ['exit', 'error']) child.once(event, () => (ended = true));
  const wait = async (): Promise<void> => {
    const endsAt = clock.now() + LONGEST_WAIT_MS;
    while (!ended && clock.now() < endsAt) {
      if (await isJournalOpen(folder)) return logger.info('The runtime logs are open');
      await clock.sleep(POLL_MS, signal);
    }
    logger.warning(
      'The runtime logs could not be opened before the promotion: what happens until the watch opens them is not counted',
    );
  };
  const settled = wait();
  settled.catch(() => {});
  return { folder, settled, stop: () => removeJournal(folder) };
}
