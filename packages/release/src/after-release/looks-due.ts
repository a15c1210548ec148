import type { SmokeSettings } from '#config/settings';
import type { LookName } from './classify-requirement.ts';

/** Looks of which something is run, and the critical features among them by name: where there is nothing to run a person is asked. Pure. */
export function looksDue(
  looks: readonly LookName[],
  { endToEnd, features = [] }: Pick<SmokeSettings, 'endToEnd' | 'features'>,
): { kinds: string[]; features: string[] } {
  const kinds = looks.filter(
    (look) => !look.startsWith('feature ') && (look !== 'end-to-end' || endToEnd !== undefined),
  );
  const runnable = features.filter(({ command, checks }) => command !== undefined || checks !== undefined);
  return {
    kinds: [...new Set(kinds)],
    features: runnable.flatMap(({ name }) => (looks.includes(`feature ${name}`) ? name : [])),
  };
}
