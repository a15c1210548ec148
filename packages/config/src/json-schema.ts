import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { actInPart, notActedOn } from './not-acted-on.ts';
import { opsSchema } from './ops-schema.ts';
import { schemaAddress } from './schema-address.ts';

type Node = { [key: string]: unknown };

/** The JSON Schema of `.github/ops.yml` for editors (draft 7, which YAML language servers know best). */
export function opsJsonSchema(): Node {
  const schema = z.toJSONSchema(opsSchema, { target: 'draft-7', io: 'input' }) as Node;
  for (const pattern of notActedOn) markAll(schema, pattern, 'Read but not acted on by this version.');
  for (const [pattern, words] of Object.entries(actInPart))
    markAll(schema, pattern, `Not acted on by this version: ${words.join(', ')}.`);
  shareSections(schema);
  return { $schema: schema.$schema, $id: schemaAddress, title: 'ops-actions: .github/ops.yml', ...schema };
}

/** Sections under an environment are those of the top: said once. */
function shareSections(schema: Node): void {
  const top = schema.properties as Record<string, Node>;
  const [environment] = find(schema, ['environments', '*']);
  const below = environment?.properties as Record<string, Node>;
  for (const [name, section] of Object.entries(below)) {
    if (isDeepStrictEqual(section, top[name])) below[name] = { $ref: `#/properties/${name}` };
  }
}

/** At the top and under every environment. */
function markAll(schema: Node, pattern: string, note: string): void {
  const steps = pattern.split('.');
  for (const top of [schema, ...find(schema, ['environments', '*'])]) {
    for (const node of find(top, steps)) mark(node, note);
  }
}

function mark(node: Node, note: string): void {
  if (typeof node.description === 'string' && node.description.includes(note)) return;
  node.description = node.description ? `${node.description} ${note}` : note;
}

/** The nodes behind a path; `*` is every entry of a list or map, and each branch of anyOf is followed. */
function find(node: Node, steps: readonly string[]): Node[] {
  const branches = Array.isArray(node.anyOf) ? (node.anyOf as Node[]) : [];
  const [step, ...rest] = steps;
  if (step === undefined) return [node];
  const below = branches.flatMap((branch) => find(branch, steps));
  const child =
    step === '*' ? (node.items ?? node.additionalProperties) : (node.properties as Node | undefined)?.[step];
  return typeof child === 'object' && child !== null ? [...below, ...find(child as Node, rest)] : below;
}
