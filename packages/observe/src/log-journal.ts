import { appendFileSync } from 'node:fs';
import { open, readdir, readFile, rmdir, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '#http/clock';
import type { EndedRequest } from './sources/request-counts.ts';

/**
 * Where the runtime logs are kept that a process reads from before the promotion until a watch in a later step takes over: a folder
 * below the runner's temporary one. Digests, times and statuses; no path, no message, no secret. docs/adr/0012.
 */
export const journalPrefix = 'ops-actions-logs-';

/** Written as one line of JSON each; all times in milliseconds by the clock that the promotion went by, but `at` of a request by that of Vercel. */
export type JournalLine =
  | { kind: 'opened'; at: number }
  | { kind: 'request'; key: string; at: number; status: number; path: string }
  | { kind: 'gap'; from: number; until: number }
  /** Up to here everything that had arrived is in the lines before. */
  | { kind: 'seen'; until: number }
  /** The reader has ended on request; without this line it has died or is still at work. */
  | { kind: 'ended' };

/** What other steps note in the meantime, by the clock of their machine: a request of ours, or a time in which somebody's own command sent requests. */
export type NotedLine = { path: string; at: number } | { from: number; until: number };

export const journalFiles = { rows: 'rows.ndjson', noted: 'noted.ndjson', stop: 'stop' } as const;

const line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('opened'), at: z.number() }),
  z.object({ kind: z.literal('request'), key: z.string(), at: z.number(), status: z.number(), path: z.string() }),
  z.object({ kind: z.literal('gap'), from: z.number(), until: z.number() }),
  z.object({ kind: z.literal('seen'), until: z.number() }),
  z.object({ kind: z.literal('ended') }),
]);
const noted = z.union([
  z.object({ path: z.string(), at: z.number() }),
  z.object({ from: z.number(), until: z.number() }),
]);

/** A folder by that name, as an input gives it. */
export const journalPattern = /[\\/]ops-actions-logs-\w+$/;

/** Notes what another step sends, or the time of what it lets others send; a folder that is gone is no failure. */
export function noteInJournal(folder: string, entry: NotedLine): void {
  try {
    // The folder is the reader's: none is made for it.
    appendFileSync(join(folder, journalFiles.noted), `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  } catch {
    // Nobody will read it.
  }
}

/** A journal that was taken over; absent times where nothing was opened. */
export interface TakenJournal {
  openedAt?: number;
  coveredUntil: number;
  gaps: { from: number; until: number }[];
}

const STOP_WITHIN_MS = 1_500;
const POLL_MS = 50;

/**
 * Tells the reader to end, waits for its last line, hands over every request and removes the folder. To be called when a stream of
 * one's own is open: what both have read is the caller's to tell apart (by key). Of a reader that died what it left is taken.
 */
export async function takeOverJournal(
  folder: string,
  clock: Clock,
  onRequest: (request: EndedRequest & { path: string }) => void,
): Promise<TakenJournal> {
  await writeFile(join(folder, journalFiles.stop), '', { mode: 0o600 }).catch(() => {});
  const rows = join(folder, journalFiles.rows);
  for (let waited = 0; waited < STOP_WITHIN_MS && !(await hasEnded(rows)); waited += POLL_MS)
    await clock.sleep(POLL_MS);
  const taken: TakenJournal = { coveredUntil: 0, gaps: [] };
  try {
    const file = await open(rows, 'r');
    // Closes the file at its end.
    for await (const text of file.readLines()) {
      const read = parse(text, line);
      if (read?.kind === 'opened') taken.openedAt ??= read.at;
      if (read?.kind === 'seen') taken.coveredUntil = Math.max(taken.coveredUntil, read.until);
      if (read?.kind === 'gap') taken.gaps.push({ from: read.from, until: read.until });
      if (read?.kind === 'request') onRequest(read);
    }
  } catch {
    // Nothing was read, or not all of it: what is not covered is not known.
  }
  await removeJournal(folder);
  return taken;
}

/** True once Vercel has answered the reader. */
export async function isJournalOpen(folder: string): Promise<boolean> {
  // The first line that there is.
  return (await readFile(join(folder, journalFiles.rows), 'utf8').catch(() => '')).startsWith('{"kind":"opened"');
}

/** Removes the files of a journal and their folder, nothing else. A reader that finds them gone ends. */
export async function removeJournal(folder: string): Promise<void> {
  if (!basename(folder).startsWith(journalPrefix)) return;
  const known = Object.values(journalFiles) as string[];
  const found = await readdir(folder).catch(() => []);
  await Promise.all(
    found.filter((name) => known.includes(name)).map((name) => unlink(join(folder, name)).catch(() => {})),
  );
  await rmdir(folder).catch(() => {});
}

/** What the steps since the promotion have noted. */
export async function readNoted(folder: string): Promise<NotedLine[]> {
  const text = await readFile(join(folder, journalFiles.noted), 'utf8').catch(() => '');
  return text.split('\n').flatMap((each) => parse(each, noted) ?? []);
}

/** The last line is short: looking at the end of the file is enough. */
async function hasEnded(rows: string): Promise<boolean> {
  const file = await open(rows, 'r').catch(() => undefined);
  try {
    if (!file) return false;
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(64, size));
    await file.read(tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8').endsWith('{"kind":"ended"}\n');
  } catch {
    return false;
  } finally {
    await file?.close();
  }
}

function parse<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
