import { z } from 'zod';
import { InputError } from '#action-kit/inputs';
import { lookedAtForm, measuredForm } from '#release/after-release/measured';

/** What the job of the sign-off gets from the step that judged: no secret is in it. */
const reportForm = z.object({
  schemaVersion: z.literal(1),
  environment: z.string(),
  /** The release that is looked at; absent where there is none. */
  release: lookedAtForm.optional(),
  /** Of looks and sources, at `now`. */
  measured: measuredForm.shape.measured,
  over: measuredForm.shape.over,
  settings: z.object({
    windows: z
      .array(z.object({ name: z.string(), from: z.number(), until: z.number(), require: z.array(z.string()) }))
      .optional(),
    signOff: z.array(z.string()).optional(),
    tolerance: z.number().optional(),
    confirmedBy: z.array(z.string()).optional(),
  }),
  /** Set where nothing more will be looked at. */
  unfinished: z.boolean(),
});
export type Report = z.infer<typeof reportForm>;

/** @throws InputError. */
export function parseReport(text: string | undefined): Report {
  if (text === undefined) {
    // S15: it says so nowhere else.
    const message = 'is empty although a release is looked at: GitHub drops an output that contains a masked value';
    const allowed = 'a report without values of secrets: look for a secret whose value is a common word';
    throw new InputError([{ name: 'report', message, allowed }]);
  }
  return parse('report', 'the output report of the step that judged, unchanged', text, reportForm);
}

/** @throws InputError. */
export function parseMeasured(text: string | undefined): z.infer<typeof measuredForm> {
  const allowed = 'the output after-release of auto-rollback-on-error-rate with continue, unchanged';
  return parse('measured', allowed, text, measuredForm);
}

function parse<T>(name: string, allowed: string, text: string | undefined, form: z.ZodType<T>): T {
  let data: unknown;
  try {
    data = JSON.parse(text ?? '');
  } catch {
    // Named below, as everything that does not fit.
  }
  const read = form.safeParse(data);
  if (read.success) return read.data;
  throw new InputError([{ name, message: 'cannot be used', allowed }]);
}
