import { codeSpan, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { TypesDifference } from '#supabase/compare-types';

const shownLines = 20;

/** A file that is not what the database says: yellow, with the lines of both sides. Pure. */
export function renderDifference(given: {
  file: string;
  /** There is no such file in the checkout. */
  missing: boolean;
  difference: TypesDifference;
}): Result {
  const { file, missing, difference } = given;
  const { added, removed } = difference;
  const counts = `${lines(added.length)} only there, ${lines(removed.length)} only in the file`;
  const summary = missing
    ? `${file} is not in the checkout, and the database has types for it (${lines(added.length)})`
    : `${file} is not what the database says: ${counts}`;
  return {
    decision: 'differs',
    reasonCode: missing ? 'file_missing' : 'differs',
    summary,
    failed: false,
    warning: true,
    details: { file, added: added.slice(0, 200), removed: removed.slice(0, 200) },
    jobSummary: differenceTable(difference),
  };
}

/** The first lines of both sides as Markdown, for a summary and for a pull request. Pure. */
export function differenceTable({ added, removed }: TypesDifference): string {
  const of = (side: readonly string[], name: string) => [
    ...side.slice(0, shownLines).map((line) => [codeSpan(line, 200), name]),
    ...(side.length > shownLines ? [[`and ${side.length - shownLines} more`, name]] : []),
  ];
  return table(['Line', 'Only in'], [...of(added, 'the database'), ...of(removed, 'the file')]);
}

function lines(count: number): string {
  return `${count} line${count === 1 ? '' : 's'}`;
}
