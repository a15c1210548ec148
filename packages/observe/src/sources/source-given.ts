import type { Combination, SourceName } from '#config/settings';

/** What a workflow file says of the sources, in the inputs that every action with sources has. Secrets are masked already. */
export interface SourceGiven {
  source?: SourceName[] | undefined;
  combine?: Combination | undefined;
  sourceUrl?: string | undefined;
  sourceRequests?: string | undefined;
  sourceErrors?: string | undefined;
  sourceToken?: string | undefined;
  sourceHeaders?: string | undefined;
  sentryAuthToken?: string | undefined;
  sentryUrl?: string | undefined;
  sentryRelease?: string | undefined;
  ddApiKey?: string | undefined;
  ddAppKey?: string | undefined;
  datadogUrl?: string | undefined;
  prometheusToken?: string | undefined;
  prometheusUrl?: string | undefined;
  grafanaToken?: string | undefined;
  grafanaUrl?: string | undefined;
  newRelicApiKey?: string | undefined;
  newRelicUrl?: string | undefined;
  stripeApiKey?: string | undefined;
  stripeUrl?: string | undefined;
  databaseUrl?: string | undefined;
  supabaseAccessToken?: string | undefined;
  supabaseApiUrl?: string | undefined;
  vercelToken?: string | undefined;
  vercelProject?: string | undefined;
  /** True where what was just taken back is watched: with what there is. */
  restored?: boolean | undefined;
}

/** A mistake in an input or in ops.yml; `given` is never the value of a secret. */
export interface SourceProblem {
  name: string;
  given?: string;
  message: string;
  allowed?: string;
}
