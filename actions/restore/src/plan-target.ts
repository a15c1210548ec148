import type { InputProblem } from '#action-kit/input-error';
import { projectReference } from '#backup/source-identity';
import { wrongProject } from '#postgres/database-project';
import { DatabaseUrlError, parseDatabaseUrl } from '#postgres/database-url';

/**
 * Whether what was typed names the database that would be replaced, and that is the one to which the environment is pinned
 * (`supabase.project`). Pure.
 */
export function planTarget(
  url: string | undefined,
  confirm: string | undefined,
  pinned: string | undefined,
): { expected: string; problems: InputProblem[] } {
  if (url === undefined) return { expected: '', problems: [] };
  try {
    const settings = parseDatabaseUrl(url);
    const expected = projectReference(settings) ?? settings.database;
    const wrong = wrongProject(settings, pinned);
    if (wrong !== undefined) return { expected, problems: [{ name: 'target-url', message: wrong }] };
    if (confirm === expected) return { expected, problems: [] };
    const what = projectReference(settings) === undefined ? 'the name of the database' : 'the reference of the project';
    return {
      expected,
      problems: [
        {
          name: 'confirm',
          ...(confirm === undefined ? {} : { given: confirm }),
          message: `must be ${what} that would be replaced, typed by a person`,
          allowed: expected,
        },
      ],
    };
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    return { expected: '', problems: error.problems.map((message) => ({ name: 'target-url', message })) };
  }
}
