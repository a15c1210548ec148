import { text } from 'node:stream/consumers';
import { keepLogJournal } from '#observe/keep-log-journal';
import type { VercelConnection } from '#vercel/project';

/** What the process that reads on is told by its input. */
export interface ToRead {
  connection: Pick<VercelConnection, 'apiUrl' | 'token' | 'team' | 'project' | 'as'>;
  deploymentId: string;
  folder: string;
  /** How far the servers' clock is ahead of this machine's; milliseconds. */
  aheadMs?: number;
}

// Health, smoke and whatever else stands between the promotion and the watch take minutes; a watch that does not come by then never will.
const LONGEST_MS = 30 * 60_000;

/** Reads the runtime logs of a deployment into a folder until a watch takes over; writes nowhere else. */
export async function readLogs(input: NodeJS.ReadableStream): Promise<void> {
  const { connection, deploymentId, folder, aheadMs = 0 } = JSON.parse(await text(input)) as ToRead;
  const [{ systemClock }, { aheadOf }] = await Promise.all([import('#http/clock'), import('#http/server-clock')]);
  const clock = aheadOf(systemClock, aheadMs);
  await keepLogJournal({ connection: { ...connection, clock }, deploymentId, folder, longestMs: LONGEST_MS, clock });
  // A socket that is still open must not keep it.
  process.exit(0);
}
