import type { ToolResult } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { formatDuration } from '#config/parse-duration';
import { cleanText } from '#http/text';
import type { CommandLine } from '#probe/split-command';
import { BackupFailed } from './backup-error.ts';
import type { BackupDestination } from './destination.ts';
import { toolStream } from './tool-stream.ts';

/** Commands of the consumer's own, for a store that none of the other destinations knows. */
export interface StoreCommands {
  /** Gets the encrypted object on its standard input and its name in `BACKUP_FILE`. */
  store: CommandLine;
  /** Prints the object of the name in `BACKUP_FILE` on its standard output. */
  fetch: CommandLine;
  /** What both find in their environment besides the allow list (S13). */
  environment: Record<string, string>;
  /** Of each run, milliseconds; the dump that feeds it has the same. */
  deadlineMs: number;
}

/** A program that takes or gives nothing for so long in the middle of an object holds the snapshot of the source, and will not end. */
const standstillMs = 10 * 60 * 1000;

/**
 * A store behind two commands. Nothing but reading back tells whether they did what they say; a list and a way to remove
 * they do not have, so nobody finds backups there, and nothing is pruned.
 */
export function commandDestination(
  commands: StoreCommands,
  given: { workspace: string; signal?: AbortSignal | undefined; standstillMs?: number },
): BackupDestination {
  const { deadlineMs } = commands;
  const limitMs = given.standstillMs ?? standstillMs;
  async function* run(what: 'store' | 'fetch', name: string, source: AsyncIterable<Uint8Array>) {
    const line = commands[what];
    const stop = new AbortController();
    const failed = (why: string) => new BackupFailed('destination_failed', `${what}-command of ${name} ${why}`);
    const clock = standstillClock(limitMs, () =>
      stop.abort(failed(`moved no byte for ${formatDuration(limitMs)}, and was ended`)),
    );
    const output = toolStream(
      what === 'store' ? clock.whileTaken(source) : source,
      {
        ...line,
        cwd: given.workspace,
        environment: { ...commands.environment, BACKUP_FILE: name },
        deadlineMs,
        signal: given.signal === undefined ? stop.signal : AbortSignal.any([given.signal, stop.signal]),
      },
      (result) => failed(describeEnd(result, deadlineMs)),
    );
    try {
      yield* what === 'store' ? output : clock.whileGiven(output);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      const why = `${what}-command: ${cleanText(error.message, 200)}`;
      throw new BackupFailed('destination_failed', why, { cause: error });
    }
  }
  return {
    kind: 'command',
    description: 'a command of your own',
    async write(name, source) {
      // What it prints is its own business, and may be anything.
      for await (const _ of run('store', name, source));
    },
    read: (name) => run('fetch', name, nothing()),
    list: async () => [],
    async remove(name) {
      throw new BackupFailed('destination_failed', `${name} cannot be removed: there is no command for it`);
    },
  };
}

/**
 * Rings when a program has had a chunk before it, or owes the next one, for longer than `limitMs`. It does not run while the other
 * side is the slow one, nor before the first byte that is given and after the last one that is taken, where programs collect or
 * hand on in silence.
 */
function standstillClock(limitMs: number, ring: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const rest = () => clearTimeout(timer);
  const start = () => {
    rest();
    timer = setTimeout(ring, limitMs);
  };
  return {
    async *whileTaken(source: AsyncIterable<Uint8Array>) {
      try {
        for await (const chunk of source) {
          start();
          yield chunk;
          rest();
        }
      } finally {
        rest();
      }
    },
    async *whileGiven(output: AsyncIterable<Uint8Array>) {
      try {
        for await (const chunk of output) {
          rest();
          yield chunk;
          start();
        }
      } finally {
        rest();
      }
    },
  };
}

function describeEnd({ exitCode, signal, stderr, timedOut }: ToolResult, deadlineMs: number): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const end = timedOut
    ? `did not end within ${formatDuration(deadlineMs)} (deadline)`
    : exitCode === null
      ? `was ended by ${signal}`
      : `ended with exit code ${exitCode}`;
  return last === '' ? end : `${end}: ${cleanText(last, 200)}`;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
