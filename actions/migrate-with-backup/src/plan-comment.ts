import { codeSpan } from '#action-kit/markdown';
import type { GitHub } from '#github/client';
import { withoutControls } from '#http/text';
import type { MigrationFile } from '#postgres/read-migrations';

/** GitHub takes 65,536 characters; what is left over is for our own words. */
const longest = 60_000;
const longestFile = 12_000;

/** The pull request of this run; a fork's token may not comment, and its text is nobody's we know (S31). */
export function pullRequestOf(event: unknown): { number: number; fork: boolean } | undefined {
  const given = event as {
    pull_request?: { number?: unknown; head?: { repo?: { id?: unknown } | null }; base?: { repo?: { id?: unknown } } };
  };
  const number = given.pull_request?.number;
  if (typeof number !== 'number') return undefined;
  const { head, base } = given.pull_request ?? {};
  return { number, fork: head?.repo?.id === undefined || head.repo.id !== base?.repo?.id };
}

/** What tells this comment from every other one: one for each environment (or folder) of a pull request. Pure. */
export function planMarker(name: string): string {
  return `<!-- ops-actions:migration-plan:${encodeURIComponent(name).replaceAll('-', '%2D')} -->`;
}

/** The page with the SQL of every pending file under it, as one comment. Pure. */
export function renderPlanComment(given: {
  marker: string;
  environment: string;
  page: string;
  files: readonly Pick<MigrationFile, 'file' | 'sql'>[];
  runUrl: string;
}): string {
  const { marker, environment, page, files, runUrl } = given;
  const head = [marker, page.trim().slice(0, longest)];
  const foot = `Plan for ${codeSpan(environment)}${runUrl === '' ? '' : `, [this run](${runUrl})`}; it is replaced by the next one.`;
  let left = longest - head.join('').length;
  const blocks: string[] = [];
  for (const file of files) {
    const block = sqlBlock(file);
    left -= block.length;
    if (left < 0) {
      blocks.push(`The SQL of ${files.length - blocks.length} more files is in the pull request itself.`);
      break;
    }
    blocks.push(block);
  }
  return [...head, ...blocks, foot, ''].join('\n\n');
}

/** Inside a fence longer than any run of its own, text stays text (S14). */
function sqlBlock({ file, sql }: Pick<MigrationFile, 'file' | 'sql'>): string {
  const clean = withoutControls(sql).trim().toWellFormed();
  const text = clean.length <= longestFile ? clean : `${clean.slice(0, longestFile).toWellFormed()}\n-- … cut here`;
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `<details><summary>SQL of ${codeSpanHtml(file)}</summary>\n\n${fence}sql\n${text}\n${fence}\n\n</details>`;
}

function codeSpanHtml(text: string): string {
  return `<code>${withoutControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('@', '&#64;')}</code>`;
}

/**
 * One comment: found by its marker among those of apps and updated in place; of two the older one stays (S6). Without
 * `createIt` only one that is there already is brought up to date.
 */
export async function upsertComment(
  github: Pick<GitHub, 'commentsOf' | 'createComment' | 'editComment'>,
  pullRequest: number,
  marker: string,
  body: string,
  { createIt }: { createIt: boolean },
): Promise<'created' | 'updated' | 'none'> {
  const comments = await github.commentsOf(pullRequest);
  const [ours, ...doubles] = comments
    .filter((comment) => comment.byApp && comment.body.startsWith(marker))
    .toSorted((a, b) => a.id - b.id);
  for (const double of doubles)
    await github.editComment(double.id, 'This plan stands in another comment of this pull request.');
  if (ours === undefined) {
    if (!createIt) return 'none';
    await github.createComment(pullRequest, body);
    return 'created';
  }
  await github.editComment(ours.id, body);
  return 'updated';
}
