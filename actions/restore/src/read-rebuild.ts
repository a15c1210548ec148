import { z } from 'zod';
import type { DrillRecord } from '#release/drill-record';

/** What the end of a rebuild says of itself in its output `result`: a failure without a word is none of its own. */
const rebuildResult = z
  .object({
    passed: z.boolean(),
    reasonCode: z.string(),
    problems: z.array(z.string()),
    commit: z.string().optional(),
    restoreSeconds: z.number().optional(),
    health: z.string().optional(),
    smoke: z.string().optional(),
    removed: z.boolean(),
  })
  .refine(({ passed, problems }) => passed === (problems.length === 0));

export type Rebuilt = z.infer<typeof rebuildResult> | 'died';

/** A job that died, and one that said what we do not understand, are the same: nobody knows how it went. Pure. */
export function readRebuild(text: string | undefined): Rebuilt {
  try {
    return rebuildResult.parse(JSON.parse(text ?? ''));
  } catch {
    return 'died';
  }
}

/** Without words: they may name a database (S5). Pure. */
export function recordedRebuild(rebuilt: Rebuilt): NonNullable<DrillRecord['rebuild']> {
  if (rebuilt === 'died') return { passed: false, reasonCode: 'rebuild_died', removed: false };
  const { problems: _words, ...facts } = rebuilt;
  return facts;
}

/** For people. Pure. */
export function describeRebuild(rebuild: DrillRecord['rebuild']): string {
  if (rebuild === undefined) return 'not asked';
  const commit = rebuild.commit?.slice(0, 7);
  return rebuild.passed ? `well, ${commit ?? ''}` : [rebuild.reasonCode, commit].filter(Boolean).join(', ');
}
