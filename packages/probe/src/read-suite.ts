import { parseDuration } from '#config/parse-duration';
import type { CheckSettings } from '#config/settings';
import { jsonPathKeys } from './json-path.ts';
import { parseStatuses } from './parse-expectations.ts';

/** Everything wrong with a suite file, each with its line. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError';
  readonly problems: readonly string[];
  constructor(file: string, problems: readonly string[]) {
    super(problems.map((problem) => `${file}: ${problem}`).join('\n'));
    this.problems = problems;
  }
}

const KEYS = ['name', 'path', 'method', 'status', 'json', 'contains', 'timeout', 'critical'];

/** Reads a suite file: YAML or JSON, a list of checks or `checks:` with one, as `smoke.checks` of ops.yml. Throws SuiteError. */
export async function readSuite(file: string, text: string): Promise<CheckSettings[]> {
  const { isMap, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, maxAliasCount: 20 } as object);
  const lineOf = (node: unknown): number =>
    lineCounter.linePos((node as { range?: number[] } | null)?.range?.[0] ?? 0).line;
  if (document.errors.length > 0) {
    throw new SuiteError(
      file,
      document.errors.map((error) => `line ${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`),
    );
  }
  const list = isMap(document.contents) ? document.get('checks', true) : document.contents;
  if (!isSeq(list) || list.items.length === 0) {
    throw new SuiteError(file, ['line 1: it must be a list of checks, e.g. "- path: /api/health"']);
  }
  const problems: string[] = [];
  const checks = list.items.map((item) => {
    const { check, wrong } = readCheck((item as { toJS?: (doc: unknown) => unknown }).toJS?.(document) ?? item);
    problems.push(...wrong.map((problem) => `line ${lineOf(item)}: ${problem}`));
    return check;
  });
  if (problems.length > 0) throw new SuiteError(file, problems);
  return checks;
}

function readCheck(value: unknown): { check: CheckSettings; wrong: string[] } {
  const check: CheckSettings = { path: '' };
  if (typeof value === 'string') return { check: { path: value }, wrong: [] };
  if (typeof value !== 'object' || value === null) return { check, wrong: ['a check is a path or a map with path'] };
  const given = value as Record<string, unknown>;
  const wrong = Object.keys(given)
    .filter((key) => !KEYS.includes(key))
    .map((key) => `unknown key ${JSON.stringify(key)}; known are ${KEYS.join(', ')}`);
  const read = (key: string, take: (value: unknown) => string | undefined): void => {
    if (given[key] === undefined || given[key] === null) return;
    try {
      const complaint = take(given[key]);
      if (complaint) wrong.push(`${key} ${complaint}`);
    } catch (error) {
      wrong.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  if (typeof given.path !== 'string' || given.path === '') wrong.push('path is missing; write e.g. path: /api/health');
  else check.path = given.path;
  read('name', (name) => {
    if (typeof name !== 'string') return 'must be text';
    check.name = name;
  });
  read('contains', (text) => {
    if (typeof text !== 'string') return 'must be text';
    check.contains = text;
  });
  read('critical', (critical) => {
    if (typeof critical !== 'boolean') return 'must be true or false';
    check.critical = critical;
  });
  read('method', (method) => {
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return 'must be GET, HEAD or POST';
    check.method = method;
  });
  read('status', (status) => {
    check.status = parseStatuses([status].flat().join(','));
  });
  read('timeout', (timeout) => {
    check.timeoutMs = parseDuration(String(timeout));
  });
  read('json', (json) => readExpectations(check, json));
  return { check, wrong };
}

function readExpectations(check: CheckSettings, json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return 'must be a map, e.g. {$.status: healthy}';
  for (const [path, expected] of Object.entries(json)) {
    jsonPathKeys(path);
    if (!['string', 'number', 'boolean'].includes(typeof expected))
      return `${path} must be text, a number, true or false`;
  }
  check.json = json as Record<string, string | number | boolean>;
}
