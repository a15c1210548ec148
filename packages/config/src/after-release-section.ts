import { z } from 'zod';
import { metricRule } from './metric-rule.ts';
import { duration, pattern, rate } from './values.ts';

/** Ledger entries hold 140 characters, and the name stands in each. */
const windowName = () => pattern(/^[a-z0-9][a-z0-9-]{0,29}$/, 'a short name in small letters such as immediate');

/** What a window asks for; "above" would ask for the bad. */
const requirement = () =>
  metricRule().refine((text) => !/^(error-rate|p95|p50|p99|new-issues|lcp) above /.test(text), {
    error: 'says what must not be: write "below", as in "error-rate below 1%"',
  });

/** What is looked at after a release, by scheduled runs of watch.yml, and what makes it complete. */
export const afterRelease = z.strictObject({
  windows: z
    .array(
      z
        .strictObject({
          name: windowName(),
          from: duration({ orZero: true }),
          until: duration(),
          require: z
            .array(requirement())
            .refine((list) => list.length > 0, { error: 'asks for nothing: say what must hold' }),
        })
        .refine(({ from, until }) => from < until, { error: 'must end after it begins', path: ['until'] }),
    )
    .refine((windows) => new Set(windows.map(({ name }) => name)).size === windows.length, {
      error: 'has two windows of one name',
    })
    .optional()
    .meta({
      description:
        'Times after the promotion and what must hold in each; judged by scheduled runs of watch.yml. A breach is told and moves nothing.',
    }),
  'sign-off': z
    .array(pattern(/^[a-z0-9][a-z0-9-]{0,59}$/, 'an item in small letters such as smoke-passed'))
    .optional()
    .meta({
      examples: [['smoke-passed', 'team-validated']],
      description:
        'What makes a release complete. Known items are ticked by the windows, every other one by a person in the deployment issue. Default: the windows.',
    }),
  tolerance: rate()
    .optional()
    .meta({ description: 'How far "normal" may be above the time before the release; default 25%.' }),
  'row-counts-except': z
    .array(
      pattern(
        /^(?:"[^"]+"|[^\s."]+)\.(?:"[^"]+"|[^\s."]+)$/,
        'a table with its schema, quoted as the server quotes it, such as public.jobs or public."Odd Name"',
      ),
    )
    .optional()
    .meta({
      examples: [['public.jobs']],
      description:
        'Tables that "row-counts normal" leaves out, as its answer names them: they shrink by design, or take longer than a minute to count.',
    }),
  'confirmed-by': z
    .array(pattern(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/, 'the name of a GitHub account'))
    .optional()
    .meta({
      examples: [['alice', 'bob']],
      description: 'Who may confirm in the deployment issue; default everybody who maintains the repository.',
    }),
});
