import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadArtifact, downloadArtifactOfRun, uploadArtifact } from './artifacts.ts';
import { InputError } from './input-error.ts';
import type { Runner } from './runner.ts';

/** Keeps small files beyond the job: as artifacts of the run, or in a folder that the workflow names. */
export interface KeptFiles {
  /** For messages. */
  description: string;
  /** Stores bytes under a new name; where they are: `artifact:<run>/<id>` or `directory:<name>`. */
  write(name: string, bytes: Uint8Array): Promise<string>;
  /** From any later run. Reading an artifact of another run needs actions: read. */
  read(place: string): Promise<Uint8Array>;
}

/**
 * Reads both kinds of place; writes to the folder where one is given, else to the artifacts of this run.
 * @throws InputError, by its methods, where this job has neither.
 */
export function openKeptFiles(
  runner: Pick<Runner, 'context' | 'environment'>,
  given: { directory?: string | undefined; githubToken?: string | undefined },
): KeptFiles {
  const { context } = runner;
  const { directory } = given;
  const withFolder = async <T>(act: (folder: string) => Promise<T>): Promise<T> => {
    const folder = await mkdtemp(join(context.temp, 'kept-'));
    try {
      return await act(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return {
    description: directory === undefined ? 'artifact of this run' : 'folder snapshot-path',
    async write(name, bytes) {
      if (directory !== undefined) {
        await writeFile(join(directory, name), bytes, { flag: 'wx', mode: 0o600 });
        return `directory:${name}`;
      }
      if (runner.environment('ACTIONS_RUNTIME_TOKEN') === undefined) {
        throw new InputError([
          {
            name: 'snapshot-path',
            message: 'is needed where the artifacts of GitHub Actions cannot be reached: a folder',
          },
        ]);
      }
      return await withFolder(async (folder) => {
        await writeFile(join(folder, name), bytes, { mode: 0o600 });
        return `artifact:${context.runId}/${(await uploadArtifact(name, join(folder, name))).id}`;
      });
    },
    async read(place) {
      const named = /^directory:([\w.-]+)$/.exec(place)?.[1];
      if (named !== undefined) {
        if (directory === undefined) {
          throw new InputError([
            { name: 'snapshot-path', message: `is needed: the file ${named} lies in that folder` },
          ]);
        }
        return await readFile(join(directory, named));
      }
      const [, run, id] = /^artifact:(\d+)\/(\d+)$/.exec(place) ?? [];
      if (run === undefined || id === undefined) throw new Error(`${place} is no place that this version knows`);
      return await withFolder(async (folder) => {
        if (Number(run) === context.runId && runner.environment('ACTIONS_RUNTIME_TOKEN') !== undefined) {
          await downloadArtifact(Number(id), folder);
        } else {
          const { repository } = context;
          const from = { runId: Number(run), repository, token: given.githubToken ?? '' };
          await downloadArtifactOfRun(Number(id), from, folder);
        }
        const [file = ''] = await readdir(folder);
        return await readFile(join(folder, file));
      });
    },
  };
}
