import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { compareTypes } from '#supabase/compare-types';
import type { Given } from './main.ts';
import { makeTypes } from './make-types.ts';
import { propose } from './propose.ts';
import { renderDifference } from './render-difference.ts';

/** Where the runbooks' own command writes them. */
const standardFile = 'src/integrations/supabase/types.ts';

/** Makes the types anew, compares them with the file of the checkout, and does about a difference what ops.yml says. */
export async function compareWithDatabase(runner: Runner, given: Given): Promise<Result> {
  const { database, environment } = await loadSettings(runner, given);
  const { types, project } = database;
  if (types === undefined) {
    const summary = `${environment}: ops.yml has no database.types, so nothing is compared`;
    return { decision: 'not-configured', reasonCode: 'not_configured', summary, failed: false };
  }
  const file = types.file ?? standardFile;
  const { workspace } = runner.context;
  // Before a command writes it anew.
  const committed = await readFile(join(workspace, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const made = await makeTypes(runner, given, { types, project, file });
  if (!('text' in made)) {
    const summary = `Nobody knows whether ${file} is what the database says: ${made.message}`;
    return { decision: 'could-not-run', reasonCode: made.reasonCode, summary, failed: true, outputs: { file } };
  }
  const difference = compareTypes(committed, made.text);
  if (difference === undefined) {
    const summary = `${file} is what the database says`;
    return { decision: 'same', reasonCode: 'same', summary, failed: false, outputs: { file, due: '' } };
  }
  const told = renderDifference({ file, missing: committed === '', difference });
  if (types.onDifference !== 'pull-request') return { ...told, outputs: { file, due: '' } };
  if (given.pullRequest === 'elsewhere') {
    const path = isAbsolute(given.freshFile) ? given.freshFile : join(workspace, given.freshFile);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, made.text);
    const summary = `${told.summary}. The job that follows opens a pull request`;
    return { ...told, decision: 'proposed', reasonCode: 'due', summary, outputs: { file, due: 'pull-request' } };
  }
  const ended = await propose(runner, given, { file, text: made.text });
  return { ...told, ...ended, summary: `${told.summary}. ${ended.summary}`, outputs: { file, due: '' } };
}
