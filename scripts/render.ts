import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RenderTarget } from './render-text.ts';
import { renderTree } from './render-tree.ts';

/**
 * `npm run render -- --repository org/ops-actions --ref v1 --out DIR [--style dot-slash]` writes the published tree for
 * GitHub Enterprise Server, runners before 2.336 and act, and prints each guarantee that is lost on the way.
 */
const { values } = parseArgs({
  options: {
    repository: { type: 'string', default: 'org/ops-actions' },
    ref: { type: 'string' },
    out: { type: 'string' },
    style: { type: 'string', default: 'full' },
  },
});
const problems = [
  ...(values.out === undefined ? ['--out DIR is missing: the folder to write.'] : []),
  ...(/^[\w.-]+\/[\w.-]+$/.test(values.repository) ? [] : [`--repository ${values.repository}: expected owner/name.`]),
  ...(['full', 'dot-slash'].includes(values.style) ? [] : [`--style ${values.style}: expected full or dot-slash.`]),
  ...(values.style === 'full' && !values.ref
    ? ['--ref is missing: the tag or commit that consumers will name, e.g. v1.']
    : []),
];
if (problems.length > 0) {
  for (const problem of problems) process.stderr.write(`render: ${problem}\n`);
  process.exitCode = 2;
} else {
  const target: RenderTarget =
    values.style === 'dot-slash'
      ? { style: 'dot-slash' }
      : { style: 'full', repository: values.repository, ref: values.ref ?? '' };
  const lost = await renderTree(join(import.meta.dirname, '..'), resolve(values.out ?? ''), target);
  for (const { what, consequence, places } of grouped(lost)) {
    process.stdout.write(`lost: ${what}: ${consequence}\n      ${places.join(' ')}\n`);
  }
  process.stdout.write(`written: ${values.out}\n`);
}

function grouped(lost: { file: string; line: number; what: string; consequence: string }[]) {
  const groups = Map.groupBy(lost, ({ what }) => what);
  return [...groups].map(([what, items]) => ({
    what,
    consequence: items[0]?.consequence ?? '',
    places: items.map(({ file, line }) => `${file}:${line}`),
  }));
}
