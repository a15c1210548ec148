import { combinations, type SourceName, sourceNames } from '#config/settings';
import { type InputDefinitions, list, oneOf, secret, text } from './inputs.ts';

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

/** Where requests and errors are counted; the same in every action that asks sources. */
export const sourceInputs = {
  source: sourceList,
  combine: oneOf(combinations),
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
  'stripe-api-key': secret(),
  'stripe-url': text(),
  'database-url': secret(),
  'supabase-access-token': secret(),
  'supabase-api-url': text(),
} satisfies InputDefinitions;
