import type { InputProblem } from '#action-kit/input-error';
import { projectOf, wrongProject } from '#postgres/database-project';
import { DatabaseUrlError, parseDatabaseUrl } from '#postgres/database-url';

export interface BackupSource {
  problems: InputProblem[];
  project?: string | undefined;
}

/**
 * Whether this is a connection to the database to back up: another project than the environment's (`supabase.project`) would
 * take the place of its newest backup. Pure.
 */
export function planSource(url: string, pinned: string | undefined): BackupSource {
  try {
    const settings = parseDatabaseUrl(url);
    const wrong = wrongProject(settings, pinned);
    const problems = wrong === undefined ? [] : [{ name: 'database-url', message: wrong }];
    return { problems, project: projectOf(settings) };
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    return { problems: error.problems.map((message) => ({ name: 'database-url', message })) };
  }
}
