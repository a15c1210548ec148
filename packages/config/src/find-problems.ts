import type { z } from 'zod';
import { cleanText } from '#http/text';
import type { ConfigProblem } from './config-error.ts';
import { closest } from './did-you-mean.ts';
import { forbiddenKey, looksSecret } from './forbidden-keys.ts';
import type { ConfigDocument, Path } from './read-document.ts';
import { showPath } from './read-document.ts';
import { allowedBy, keysOf, schemaAt } from './walk-schema.ts';

type Issue = z.core.$ZodIssue;

/** A problem at a place of a document. */
export function problemAt(
  document: ConfigDocument,
  path: Path,
  part: 'key' | 'value',
  message: string,
  allowed?: string,
): ConfigProblem {
  return {
    file: document.file,
    ...document.locate(path, part),
    path: showPath(path),
    // Parts of the file are quoted in messages.
    message: cleanText(message, 800),
    ...(allowed && { allowed }),
  };
}

/** Every mistake that the schema found, in words and with its line. */
export function describeIssues(
  document: ConfigDocument,
  schema: z.ZodType,
  issues: readonly Issue[],
  base: Path = [],
): ConfigProblem[] {
  return issues.flatMap((issue) => describeIssue(document, schema, issue, [...base, ...issue.path]));
}

function describeIssue(document: ConfigDocument, schema: z.ZodType, issue: Issue, path: Path): ConfigProblem[] {
  const value = valueAt(document.data, path);
  const found = schemaAt(schema, document.data, path);
  const allowed = allowedBy(found);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(document, [...path, key], keysOf(found)));
  }
  if (issue.code === 'invalid_union') {
    const nearest = nearestBranch(issue.errors);
    if (nearest) return describeIssues(document, schema, nearest, path);
    return [problemAt(document, path, 'value', wrongKind(value), allowed)];
  }
  if (issue.code === 'invalid_key') {
    const name = cleanText(String(path.at(-1)), 60);
    const form = issue.issues[0]?.code === 'invalid_format' ? ' may not have these characters' : ' is not a name';
    return [problemAt(document, path, 'key', `"${name}"${form}`, 'letters, digits, -, _ and .')];
  }
  if (issue.code === 'custom') {
    // Most parse messages say themselves what is allowed.
    const complete = /\bwrite |\bknown: /.test(issue.message);
    return [problemAt(document, path, 'value', issue.message, complete ? undefined : allowed)];
  }
  if (value === undefined) {
    return [problemAt(document, path.slice(0, -1), 'key', `${cleanText(String(path.at(-1)), 60)} is missing`, allowed)];
  }
  if (issue.code === 'invalid_value') {
    const near = typeof value === 'string' ? closest(value, issue.values.map(String)) : undefined;
    const hint = near ? `; did you mean ${near}?` : '';
    return [
      problemAt(document, path, 'value', `${show(value)} is not known${hint}`, allowed ?? issue.values.join(', ')),
    ];
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return [problemAt(document, path, 'value', `${show(value)} is ${tooWhat(issue)}`, allowed)];
  }
  if (issue.code === 'invalid_format')
    return [problemAt(document, path, 'value', `${show(value)} has the wrong form`, allowed)];
  return [problemAt(document, path, 'value', wrongKind(value), allowed ?? expectedBy(issue))];
}

function unknownKey(document: ConfigDocument, path: Path, keys: string[]): ConfigProblem {
  const key = String(path.at(-1));
  const reason = forbiddenKey(key);
  if (reason) return problemAt(document, path, 'key', `refused: ${reason}`);
  const near = closest(key, keys);
  return problemAt(document, path, 'key', `unknown key${near ? `; did you mean ${near}?` : ''}`, keys.join(', '));
}

/** Of the branches of a union the one that the author meant: it took the kind of value and complains about its parts. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const wrongKind = (issues: readonly Issue[]) =>
    issues.some((issue) => issue.path.length === 0 && issue.code !== 'custom' && issue.code !== 'unrecognized_keys');
  const meant = branches.filter((issues) => !wrongKind(issues));
  const single = branches.filter((issues) => issues.every((issue) => issue.code !== 'invalid_type'));
  return [...meant, ...single].sort((a, b) => a.length - b.length)[0];
}

function tooWhat(issue: Issue): string {
  if (issue.code === 'too_small') return issue.origin === 'string' ? 'empty' : `below ${issue.minimum}`;
  return issue.code === 'too_big' ? (issue.origin === 'string' ? 'too long' : `above ${issue.maximum}`) : 'wrong';
}

function wrongKind(value: unknown): string {
  if (value === null) return 'has no value';
  if (Array.isArray(value)) return 'must not be a list';
  if (typeof value === 'object') return 'must not be a map';
  return typeof value === 'number' ? `${value} is a number, text is expected` : `${show(value)} has the wrong kind`;
}

function expectedBy(issue: Issue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  const words: Record<string, string> = {
    object: 'a map',
    record: 'a map',
    array: 'a list',
    string: 'text',
    int: 'a whole number',
  };
  return words[issue.expected] ?? issue.expected;
}

function show(value: unknown): string {
  if (looksSecret(value)) return 'the value (it looks like a secret and is not shown)';
  return typeof value === 'string'
    ? `"${cleanText(value, 60)}"`
    : cleanText(JSON.stringify(value) ?? String(value), 60);
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step],
    data,
  );
}
