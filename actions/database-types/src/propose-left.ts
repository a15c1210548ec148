import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { InputError } from '#action-kit/input-error';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { Given } from './main.ts';
import { propose } from './propose.ts';

const largest = 5 * 1024 * 1024;

/** The second job: what the first has left, as a pull request. It needs no checkout and no secret. */
export async function proposeLeft(runner: Runner, given: Given): Promise<Result> {
  const { file, freshFile } = given;
  if (file === undefined)
    throw new InputError([
      { name: 'file', message: 'is needed by mode: propose', allowed: 'output file of the first job' },
    ]);
  const path = isAbsolute(freshFile) ? freshFile : join(runner.context.workspace, freshFile);
  const text = await readLeft(path);
  if (text === undefined) {
    const summary = `${freshFile} is no file of up to ${largest / 1024 / 1024} MB: the job that compared has left no types`;
    return { decision: 'could-not-run', reasonCode: 'no_types', summary, failed: true };
  }
  return { ...(await propose(runner, given, { file, text })), outputs: { file, due: '' } };
}

/** Never through a link: an archive can bring one along. */
async function readLeft(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    return !stats.isFile() || stats.size === 0 || stats.size > largest
      ? undefined
      : (await file.readFile()).toString('utf8');
  } finally {
    await file.close();
  }
}
