import { existsSync } from 'node:fs';
import { cp, glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type LostGuarantee, type RenderTarget, renderText } from './render-text.ts';

/** What a consumer's `uses:` may reach: nothing else is copied. */
const published = [
  'LICENSE',
  'README.md',
  'action.yml',
  'deploy/action.yml',
  'deploy/README.md',
  'rollback/action.yml',
  'rollback/README.md',
  'actions/*/action.yml',
  'actions/*/README.md',
  'actions/*/dist/**',
  '.github/workflows/*.yml',
];

/** First words of the header comment of a workflow that others may call. */
const publicHeader = /^# PUBLIC\b/;

/** Writes the published tree to a new folder. Throws when the folder already holds something. */
export async function renderTree(
  root: string,
  out: string,
  target: RenderTarget,
): Promise<(LostGuarantee & { file: string })[]> {
  if (existsSync(join(out, 'action.yml')) || existsSync(join(out, 'deploy'))) {
    throw new Error(`${out} already holds a tree. Give an empty or new folder.`);
  }
  const lost: (LostGuarantee & { file: string })[] = [];
  for await (const entry of glob(published, { cwd: root, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const file = source.slice(root.length + 1);
    const isWorkflow = file.startsWith('.github/');
    const isYaml = isWorkflow || entry.name === 'action.yml';
    const text = isYaml ? await readFile(source, 'utf8') : '';
    if (isWorkflow && !publicHeader.test(text)) continue;
    await mkdir(dirname(join(out, file)), { recursive: true });
    if (!isYaml) {
      await cp(source, join(out, file));
      continue;
    }
    const rendered = renderText(text, target);
    await writeFile(join(out, file), rendered.text);
    lost.push(...rendered.lost.map((guarantee) => ({ ...guarantee, file })));
  }
  return lost;
}
