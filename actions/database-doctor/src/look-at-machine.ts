import type { Runner } from '#action-kit/runner';
import { openProjectMetrics } from '#supabase/project-metrics';
import { SupabaseError } from '#supabase/supabase-error';
import type { MachineLooks } from './at-a-glance.ts';

/**
 * A first look at the machine, and a second one when the report is made. A report must not fail because the platform tells nothing:
 * then the reason stands in its place.
 */
export async function lookAtMachine(
  { signal, clock, logger }: Pick<Runner, 'signal' | 'clock' | 'logger'>,
  given: { apiUrl: string; token: string | undefined; project: string | undefined },
): Promise<() => Promise<MachineLooks>> {
  const { apiUrl, token, project } = given;
  const needs: MachineLooks = { why: 'that needs supabase-access-token and the project' };
  if (token === undefined || project === undefined) return async () => needs;
  const metrics = openProjectMetrics({ apiUrl, token, project, signal, clock, log: logger.debug });
  const before = await metrics.look().catch(whyNot);
  if ('why' in before) return async () => before;
  return async () => {
    const after = await metrics.look().catch(whyNot);
    return 'why' in after ? { before } : { before, after };
  };
}

function whyNot(error: unknown): { why: string } {
  if (error instanceof SupabaseError) return { why: error.message };
  throw error;
}
