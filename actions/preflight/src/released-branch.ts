import { z } from 'zod';
import type { Runner } from '#action-kit/runner';
import type { ReleasedBranch } from '#release/decide-review';

const eventSchema = z.object({ repository: z.object({ default_branch: z.string() }) });

/** The branch of the run; of a tag the default branch, which the event names. Pure. */
export function releasedBranch({
  refType,
  refName,
  event,
}: Pick<Runner['context'], 'refType' | 'refName' | 'event'>): ReleasedBranch | undefined {
  if (refType === 'branch' && refName !== '') return { name: refName, certain: true };
  const read = eventSchema.safeParse(event);
  return read.success ? { name: read.data.repository.default_branch, certain: false } : undefined;
}
