import { closest } from './did-you-mean.ts';
import { embeddedPresets } from './embedded-presets.ts';
import { problemAt } from './find-problems.ts';
import { type ReadLayer, readLayer } from './read-layer.ts';

/** Reads a file of another repository at a commit, e.g. `owner/repository/path@<40-hex>`. */
export type ReadReference = (reference: string) => Promise<{ file: string; text: string }>;

const longestChain = 5;
const atCommit = /^[\w-][\w.-]*\/[\w.-]+\/[^@\s]+@[0-9a-f]{40}$/;

/** The file and everything it extends, nearest first. What cannot be read is a problem of the line that names it. */
export async function readChain(file: string, text: string, readReference: ReadReference): Promise<ReadLayer[]> {
  const chain = [readLayer(file, text, false)];
  for (let current = chain[0]; current?.layer.extends !== undefined; current = chain.at(-1)) {
    const reference = current.layer.extends;
    const next =
      chain.length > longestChain
        ? `the chain of extends is longer than ${longestChain} files`
        : await follow(reference, readReference);
    if (typeof next === 'string') {
      current.problems.push(problemAt(current.document, ['extends'], 'value', next));
      return chain;
    }
    chain.push(readLayer(next.file, next.text, true));
  }
  return chain;
}

async function follow(
  reference: string,
  readReference: ReadReference,
): Promise<{ file: string; text: string } | string> {
  const preset = Object.hasOwn(embeddedPresets, reference) ? embeddedPresets[reference] : undefined;
  if (preset !== undefined) return { file: `presets/${reference}.yml`, text: preset };
  if (!reference.includes('/')) {
    const names = Object.keys(embeddedPresets);
    const near = closest(reference, names);
    return `there is no preset "${reference}"${near ? `; did you mean ${near}?` : ''}. Allowed: ${names.join(', ')}, or owner/repository/path@<40-hex commit>`;
  }
  if (!atCommit.test(reference) || reference.split(/[/@]/).some((part) => part === '..' || part === '.')) {
    return `"${reference}" is refused: a file of another repository is named at a commit, owner/repository/path@<40-hex commit>; a branch or tag can change under a release`;
  }
  try {
    return await readReference(reference);
  } catch (error) {
    return `"${reference}" could not be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
