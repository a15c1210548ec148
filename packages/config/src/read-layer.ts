import type { z } from 'zod';
import type { ConfigProblem } from './config-error.ts';
import { describeIssues, problemAt } from './find-problems.ts';
import { looksSecret } from './forbidden-keys.ts';
import { isPart, type Part } from './merge.ts';
import { type Layer, opsSchema } from './ops-schema.ts';
import { type ConfigDocument, type Path, readDocument, showPath } from './read-document.ts';

/** One file of a chain of `extends:`, validated. */
export interface ReadLayer {
  document: ConfigDocument;
  layer: Layer;
  /** Values that a preset leaves to its user, with the words that it uses for them. */
  placeholders: { path: Path; text: string }[];
  problems: ConfigProblem[];
}

/** Reads and validates one file. `inherited` files may hold placeholders such as `<address of production>`; they say nothing. */
export function readLayer(file: string, text: string, inherited: boolean): ReadLayer {
  const { document, problems } = readDocument(file, text);
  const placeholders: ReadLayer['placeholders'] = [];
  if (problems.length > 0) return { document, layer: {}, placeholders, problems };
  const data = withoutEmptySections(document.data ?? {});
  const secrets: ConfigProblem[] = [];
  const refused = new Set<string>();
  for (const { path, value } of scalars(data)) {
    if (looksSecret(value)) {
      secrets.push(
        problemAt(
          document,
          path,
          'value',
          'refused: this looks like a secret (not shown here); revoke it, and give the new one as a secret in the workflow file',
        ),
      );
    } else if (typeof value === 'string' && /^<[^<>]+>$/.test(value)) {
      placeholders.push({ path, text: value });
      if (inherited) continue;
      problems.push(
        problemAt(
          document,
          path,
          'value',
          `still holds the placeholder ${value}; write your own value, or remove the line`,
        ),
      );
    } else continue;
    refused.add(showPath(path));
  }
  const readable = inherited
    ? without(
        data,
        placeholders.map(({ path }) => path),
      )
    : data;
  const result = opsSchema.safeParse(readable);
  const found = result.success ? [] : describeIssues({ ...document, data: readable }, opsSchema, result.error.issues);
  problems.push(...secrets, ...found.filter((problem) => !refused.has(problem.path)));
  return {
    document,
    layer: result.success ? result.data : salvage(readable, result.error.issues),
    placeholders,
    problems,
  };
}

/** What is left when the wrong parts are taken out, so that names can be checked in the same run and all mistakes come at once. */
function salvage(data: unknown, issues: readonly z.core.$ZodIssue[], rounds = 8): Layer {
  if (rounds === 0) return {};
  const wrong = issues.flatMap((issue): Path[] =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [existing(data, issue.path)],
  );
  if (wrong.some((path) => path.length === 0)) return {};
  const copy = without(data, wrong);
  const result = opsSchema.safeParse(copy);
  return result.success ? result.data : salvage(copy, result.error.issues, rounds - 1);
}

/** The path itself, or what lacks it. */
function existing(data: unknown, path: Path): Path {
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => (value as Part | undefined)?.[String(step)], data);
  return path.length > 0 && !Object.hasOwn(Object(parent), path.at(-1) as PropertyKey)
    ? existing(data, path.slice(0, -1))
    : path;
}

/** A section whose content is commented out is null for YAML; people mean that nothing is written there. */
function withoutEmptySections(data: unknown): unknown {
  if (!isPart(data)) return data;
  const kept = Object.entries(data).filter(([, value]) => value !== null);
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === 'environments' ? emptyEnvironments(value) : value]),
  );
}

function emptyEnvironments(value: unknown): unknown {
  if (!isPart(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, environment]) => [
      name,
      environment === null ? {} : withoutEmptySections(environment),
    ]),
  );
}

function* scalars(value: unknown, path: Path = []): Generator<{ path: Path; value: unknown }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* scalars(item, [...path, index]);
  } else if (isPart(value)) {
    for (const [key, item] of Object.entries(value)) yield* scalars(item, [...path, key]);
  } else {
    yield { path, value };
  }
}

function without(data: unknown, paths: readonly Path[]): unknown {
  const copy = structuredClone(data);
  for (const path of paths) {
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], copy);
    if (parent) delete (parent as Record<PropertyKey, unknown>)[path.at(-1) as PropertyKey];
  }
  return copy;
}
