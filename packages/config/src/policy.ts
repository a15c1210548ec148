import { z } from 'zod';
import type { ConfigProblem } from './config-error.ts';
import { defaults } from './defaults.ts';
import { describeIssues } from './find-problems.ts';
import { isPart, merge, type Part } from './merge.ts';
import type { EnvironmentLayer } from './ops-schema.ts';
import { type ConfigDocument, readDocument } from './read-document.ts';
import { duration, flag, integer, oneOf } from './values.ts';

/** A file of floors that the workflow file names at a commit: ops.yml may be stricter, never weaker (design §10). */
export const policySchema = z.strictObject({
  version: z.literal(1).optional(),
  watch: z
    .strictObject({
      mode: oneOf(['observe', 'notify', 'auto']).optional(),
      window: duration().optional(),
      'min-requests': integer(1, 1_000_000_000).optional(),
      'on-no-data': oneOf(['pass', 'hold', 'fail']).optional(),
      'on-inconclusive': oneOf(['pass', 'hold', 'fail']).optional(),
    })
    .optional(),
  health: z.strictObject({ consecutive: integer(1, 100).optional() }).optional(),
  database: z
    .strictObject({
      backup: z.strictObject({ policy: oneOf(['skip', 'platform', 'required']).optional() }).optional(),
    })
    .optional(),
  checklist: z.strictObject({ approvals: integer(0, 20).optional() }).optional(),
  release: z.strictObject({ 'require-ancestor': flag().optional() }).optional(),
});

/** What holds where ops.yml says nothing, and the words of a key from the weakest to the strictest. */
const rules: readonly { path: readonly string[]; standard: unknown; order?: readonly unknown[] }[] = [
  { path: ['watch', 'mode'], standard: defaults.watch.mode, order: ['observe', 'notify', 'approve', 'auto'] },
  { path: ['watch', 'window'], standard: defaults.watch.windowMs },
  { path: ['watch', 'min-requests'], standard: defaults.watch.minRequests },
  { path: ['watch', 'on-no-data'], standard: defaults.watch.onNoData, order: ['pass', 'hold', 'ask', 'fail'] },
  {
    path: ['watch', 'on-inconclusive'],
    standard: defaults.watch.onInconclusive,
    order: ['pass', 'hold', 'ask', 'fail'],
  },
  { path: ['health', 'consecutive'], standard: defaults.health.consecutive },
  {
    path: ['database', 'backup', 'policy'],
    standard: defaults.database.backupPolicy,
    order: ['skip', 'platform', 'required'],
  },
  { path: ['checklist', 'approvals'], standard: 0 },
  { path: ['release', 'require-ancestor'], standard: defaults.release.requireAncestor, order: [false, true] },
];

/** A policy after reading; its own mistakes end a run like those of ops.yml. */
export interface Policy {
  document: ConfigDocument;
  floors: z.output<typeof policySchema>;
  problems: ConfigProblem[];
}

/** Reads a policy; every mistake has its line. */
export function readPolicy(file: string, text: string): Policy {
  const { document, problems } = readDocument(file, text);
  const result = policySchema.safeParse(problems.length > 0 ? {} : (document.data ?? {}));
  if (result.success) return { document, floors: result.data, problems };
  return {
    document,
    floors: {},
    problems: [...problems, ...describeIssues(document, policySchema, result.error.issues)],
  };
}

/** The merged environment with the floors where it says nothing, and what it says below one. Pure. */
export function applyPolicy(
  environment: EnvironmentLayer,
  { document, floors }: Policy,
): { environment: EnvironmentLayer; below: { path: readonly string[]; message: string }[] } {
  const below: { path: readonly string[]; message: string }[] = [];
  let raised: unknown = environment;
  for (const { path, standard, order } of rules) {
    const floor = valueAt(floors, path);
    if (floor === undefined) continue;
    const rank = (value: unknown): number => (order === undefined ? Number(value) : order.indexOf(value));
    const said = valueAt(environment, path);
    if (rank(said ?? standard) >= rank(floor)) continue;
    if (said === undefined) {
      raised = merge(
        raised,
        path.reduceRight<unknown>((part, key) => ({ [key]: part }), floor),
      );
      continue;
    }
    const { line } = document.locate(path);
    const written = String(valueAt(document.data, path));
    below.push({ path, message: `is below the floor of the policy, ${written} (${document.file}:${line})` });
  }
  return { environment: raised as EnvironmentLayer, below };
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((part, key) => (isPart(part) ? (part as Part)[key] : undefined), value);
}
