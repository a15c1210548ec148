import { codeSpan } from '#action-kit/markdown';
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

/** The page with the SQL of every pending file under it, as one comment. Pure. */
export function renderPlanComment(given: {
  marker: string;
  /** Environment or folder. */
  of: string;
  /** What tells several plans of it apart. */
  plan?: string | undefined;
  page: string;
  files: readonly Pick<MigrationFile, 'file' | 'sql'>[];
  runUrl: string;
}): string {
  const { marker, of, plan, page, files, runUrl } = given;
  const head = [marker, page.trim().slice(0, longest)];
  const what = plan === undefined ? codeSpan(of) : `${codeSpan(of)} (${codeSpan(plan)})`;
  const foot = `Plan for ${what}${runUrl === '' ? '' : `, [this run](${runUrl})`}; it is replaced by the next one.`;
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
