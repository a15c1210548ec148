import { z } from 'zod';

/** A release whose later windows end is looked at; times in milliseconds. */
export const lookedAtForm = z.object({
  ledgerId: z.number().int().positive(),
  key: z.string(),
  version: z.string(),
  commit: z.string(),
  promotedAt: z.number(),
});

/** Its message in Slack: for the step that judges, of no use to anything behind it. */
const slack = z.object({ channel: z.string(), ts: z.string() });

/** What the step that asks the sources hands to the one that judges. */
export const measuredForm = z.object({
  release: lookedAtForm.extend({ slack: slack.optional() }).optional(),
  measured: z.array(
    z.object({
      window: z.string(),
      require: z.string(),
      verdict: z.enum(['pass', 'fail', 'open', 'could-not-run', 'needs-confirmation']),
      value: z.string(),
      at: z.number(),
    }),
  ),
  /** Releases that are no longer looked at, and why. */
  over: z.array(z.object({ release: lookedAtForm, why: z.string() })),
});

export type Measured = z.infer<typeof measuredForm>;
export type LookedAt = z.infer<typeof lookedAtForm>;
