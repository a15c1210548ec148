import {
  commonInputs,
  duration,
  flag,
  githubToken,
  type InputDefinitions,
  integer,
  list,
  oneOf,
  policyInput,
  rate,
  secret,
  text,
} from '#action-kit/inputs';
import { baselineTimes, combinations, type SourceName, sourceNames } from '#config/settings';

/** One or more known sources: an unknown name is a mistake, never a default. */
const sourceList = {
  ...list(),
  allowed: `${sourceNames.join(', ')}; several one per line`,
  parse(given: string): SourceName[] {
    return list()
      .parse(given)
      .flatMap((line) => line.split(/[\s,]+/))
      .map((name) => {
        const known = sourceNames.find((each) => each === name);
        if (!known) throw new Error(`${name} is not a source`);
        return known;
      });
  },
};

// What has a default in ops.yml has none here: an input given wins over ops.yml, that wins over the defaults in plan-watch.ts.
export const inputs = {
  ...commonInputs,
  ...policyInput,
  source: sourceList,
  combine: oneOf(combinations),
  window: duration(),
  'window-may-end-early': flag(),
  restored: flag(false),
  continue: flag(false),
  interval: duration(),
  rules: list(),
  threshold: rate(),
  baseline: duration('30m'),
  'baseline-from': oneOf(baselineTimes),
  'min-requests': integer({ min: 1 }),
  'on-no-data': oneOf(['hold', 'fail', 'pass']),
  'on-inconclusive': oneOf(['hold', 'fail', 'pass']),
  'fail-on': oneOf(['held']),
  mode: oneOf(['observe', 'notify', 'approve', 'auto']),
  act: flag(true),
  release: text(),
  'rollback-environment': text(),
  asked: text(),
  'deployment-id': text({ pattern: /^dpl_\w+$/, allowed: 'a deployment id, dpl_…' }),
  'rollback-target': text(),
  'base-url': text(),
  'source-url': text(),
  'source-requests': text({ pattern: /^\$/, allowed: 'a JSON path such as $.requests' }),
  'source-errors': text({ pattern: /^\$/, allowed: 'a JSON path such as $.errors' }),
  'source-token': secret(),
  'source-headers': secret(),
  'sentry-auth-token': secret(),
  'sentry-url': text(),
  'sentry-release': text(),
  'dd-api-key': secret(),
  'dd-app-key': secret(),
  'datadog-url': text(),
  'prometheus-token': secret(),
  'prometheus-url': text(),
  'grafana-token': secret(),
  'grafana-url': text(),
  'new-relic-api-key': secret(),
  'new-relic-url': text(),
  'supabase-access-token': secret(),
  'supabase-api-url': text(),
  'github-token': githubToken(),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
  'protection-bypass-secret': secret(),
} satisfies InputDefinitions;
