import { isMap, isScalar, type Pair, parseDocument, visit, type YAMLMap } from 'yaml';

/** Where siblings are found after rendering. */
export type RenderTarget =
  | { style: 'full'; repository: string; ref: string }
  /** `./x`: for validators that know no `$/`; a consumer's workflow cannot use such a tree. */
  | { style: 'dot-slash' };

/** What a rendered file no longer guarantees. */
export interface LostGuarantee {
  line: number;
  what: string;
  consequence: string;
}

/** Rewrites one workflow or action.yml, everything else byte for byte. Pure. */
export function renderText(text: string, target: RenderTarget): { text: string; lost: LostGuarantee[] } {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new Error(document.errors.map(({ message }) => message).join('\n'));
  const edits: Edit[] = [];
  visit(document, {
    Pair(_, pair, path) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const parent = path.at(-1);
      const grandparent = path.at(-2);
      const within = isPair(grandparent) && isScalar(grandparent.key) ? grandparent.key.value : undefined;
      if (key === 'uses' && isScalar(pair.value)) edits.push(...renderUses(pair.value, target));
      if (key === 'queue' && within === 'concurrency' && isMap(parent))
        edits.push(removal(text, pair, parent, losses.queue));
      if (key === 'deployment' && within === 'environment' && isMap(parent))
        edits.push(removal(text, pair, parent, losses.deployment));
    },
  });
  for (const match of text.matchAll(/\$\{\{\s*job\.workflow_(repository|sha|ref|file_path)\s*\}\}/g)) {
    const replacement = target.style === 'dot-slash' ? '' : match[1] === 'repository' ? target.repository : target.ref;
    edits.push({ start: match.index, end: match.index + match[0].length, replacement, ...losses.workflow });
  }
  return apply(text, edits);
}

interface Edit {
  start: number;
  end: number;
  replacement: string;
  what: string;
  consequence: string;
}

const losses = {
  self: {
    what: '$/ references',
    consequence:
      'siblings are found by name and ref, not at the commit that is running: while the ref moves, one run may mix two versions',
  },
  queue: {
    what: 'concurrency.queue: max',
    consequence: 'a third waiting run cancels the second one instead of queueing behind it',
  },
  deployment: {
    what: 'environment.deployment: false',
    consequence: 'GitHub adds a Deployment record of its own for each job with an environment',
  },
  workflow: {
    what: 'job.workflow_* contexts',
    consequence: 'the workflow names its own repository and ref as fixed text',
  },
};

function renderUses(value: { value: unknown; range?: [number, number, number] | null }, target: RenderTarget): Edit[] {
  const uses = String(value.value);
  if (!uses.startsWith('$/') || !value.range) return [];
  const path = uses.slice(2);
  const replacement = target.style === 'dot-slash' ? `./${path}` : `${target.repository}/${path}@${target.ref}`;
  return [{ start: value.range[0], end: value.range[1], replacement, ...losses.self }];
}

/** A pair of a block map goes with its lines, one of a flow map with its comma. */
function removal(text: string, pair: Pair, parent: YAMLMap, loss: { what: string; consequence: string }): Edit {
  const start = rangeOf(pair.key)[0];
  const end = rangeOf(pair.value ?? pair.key)[1];
  if (!parent.flow) {
    const lineStart = text.lastIndexOf('\n', start) + 1;
    const lineEnd = text.indexOf('\n', end);
    return { start: lineStart, end: lineEnd < 0 ? text.length : lineEnd + 1, replacement: '', ...loss };
  }
  const before = /,\s*$/.exec(text.slice(0, start));
  const after = /^\s*,\s*/.exec(text.slice(end));
  return before === null
    ? { start, end: end + (after?.[0].length ?? 0), replacement: '', ...loss }
    : { start: before.index, end, replacement: '', ...loss };
}

function rangeOf(node: unknown): [number, number] {
  const range = (node as { range?: [number, number, number] } | null)?.range;
  if (!range) throw new Error('a YAML node without a position');
  return [range[0], range[1]];
}

function apply(text: string, edits: Edit[]): { text: string; lost: LostGuarantee[] } {
  let rendered = text;
  for (const edit of edits.toSorted((left, right) => right.start - left.start)) {
    rendered = rendered.slice(0, edit.start) + edit.replacement + rendered.slice(edit.end);
  }
  const lost = edits
    .toSorted((left, right) => left.start - right.start)
    .map(({ start, what, consequence }) => ({ line: text.slice(0, start).split('\n').length, what, consequence }));
  return { text: rendered, lost };
}

function isPair(node: unknown): node is Pair {
  return typeof node === 'object' && node !== null && 'key' in node && 'value' in node;
}
