import { z } from 'zod';
import { cleanText } from '#http/text';
import type { FeatureState } from './run-features.ts';

const form = z.record(
  z.string(),
  z.object({ decision: z.enum(['pass', 'flaky', 'fail', 'could-not-run']), summary: z.string() }),
);

/** What was found about each feature by its name. */
export type FeaturesFound = z.infer<typeof form>;

/** For the step that judges, which gets it as a variable of its environment: one line for each. Pure. */
export function formatFeatures(states: readonly FeatureState[]): string {
  const entries = states.map(({ name, decision, summary }) => [name, { decision, summary: cleanText(summary, 300) }]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** Reads it; nothing where the step that looks did not run. @throws Error of a text of another form. */
export function parseFeatures(text: string | undefined): FeaturesFound {
  return text === undefined ? {} : form.parse(JSON.parse(text));
}
