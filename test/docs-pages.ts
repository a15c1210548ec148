import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';

/** Root of the repository. */
export const root = join(import.meta.dirname, '..');

/** One page of the documentation. */
export interface Page {
  /** Relative to the root. */
  file: string;
  text: string;
}

/** A fenced block of a page. */
export interface Block {
  file: string;
  /** Of its first line. */
  line: number;
  language: string;
  text: string;
}

const patterns = [
  'README.md',
  'docs/how-to/*.md',
  'docs/runbooks/*.md',
  'actions/*/README.md',
  '{deploy,rollback}/README.md',
];

/** Every page that shows people what to write or type. */
export async function readPages(): Promise<Page[]> {
  const files = await Array.fromAsync(glob(patterns, { cwd: root }));
  return files.sort().map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}

/** The fenced blocks of pages. */
export function blocksOf(pages: readonly Page[]): Block[] {
  return pages.flatMap(({ file, text }) =>
    [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
      file,
      line: text.slice(0, match.index).split('\n').length + 1,
      language: match[1] ?? '',
      text: match[2] ?? '',
    })),
  );
}
