import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { cleanText } from '#http/text';
import type { ConfigProblem } from './config-error.ts';

/** A key or index on the way into a document. */
export type Path = readonly PropertyKey[];

/** One YAML file: its data and where each part of it stands. */
export interface ConfigDocument {
  file: string;
  data: unknown;
  /** Line and column of a key (`part: 'key'`) or a value; of the nearest part above where the path does not exist. */
  locate(path: Path, part?: 'key' | 'value'): { line: number; column: number };
}

/** No ops.yml is longer; the limit keeps a hostile reference from costing memory. */
const longestFile = 256 * 1024;

/** Parses YAML 1.2 (JSON is a part of it). Syntax mistakes come back as problems, with `data` undefined. */
export function readDocument(file: string, text: string): { document: ConfigDocument; problems: ConfigProblem[] } {
  const counter = new LineCounter();
  const tooLong = text.length > longestFile;
  const parsed = parseDocument(tooLong ? '' : text, { lineCounter: counter, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: ConfigProblem[] = [...parsed.errors, ...parsed.warnings].slice(0, 20).map((error) => ({
    file,
    ...place(error.pos[0]),
    path: '',
    message: `is not valid YAML: ${cleanText(error.message, 300)}`,
  }));
  if (tooLong) problems.push({ file, line: 1, path: '', message: 'is longer than 256 kB' });
  let data: unknown;
  try {
    data = problems.length === 0 ? parsed.toJS({ maxAliasCount: 100 }) : undefined;
  } catch (error) {
    problems.push({ file, line: 1, path: '', message: `is not valid YAML: ${cleanText(String(error), 300)}` });
  }
  const root = parsed.contents as Node | null;
  if (isEndless(data)) {
    data = undefined;
    problems.push({ file, line: 1, path: '', message: 'is not valid YAML: an alias stands inside its own anchor' });
  }
  return { document: { file, data, locate: (path, part = 'value') => locate(root, path, part, place) }, problems };
}

/** JSON refuses what contains itself. */
function isEndless(data: unknown): boolean {
  try {
    JSON.stringify(data);
    return false;
  } catch {
    return true;
  }
}

function locate(
  root: Node | null,
  path: Path,
  part: 'key' | 'value',
  place: (offset: number) => { line: number; column: number },
) {
  let node: Node | null = root;
  let found: Node | null = root;
  for (const [index, step] of path.entries()) {
    let key: Node | null = null;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      key = (pair?.key ?? null) as Node | null;
      node = (pair?.value ?? null) as Node | null;
    } else {
      node = isSeq(node) ? ((node.items[Number(step)] ?? null) as Node | null) : null;
    }
    if (!key && !node) break;
    const last = index === path.length - 1;
    found = (last && part === 'value' ? (node ?? key) : (key ?? node)) ?? found;
  }
  return place(found?.range?.[0] ?? 0);
}

/** `environments.staging.health.checks[0].path` */
export function showPath(path: Path): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${cleanText(String(step), 80)}`,
    )
    .join('');
}
