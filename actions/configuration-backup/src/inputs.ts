import { destinationInputs } from '#action-kit/backup-destinations';
import {
  commonInputs,
  githubToken,
  type InputDefinitions,
  type InputValues,
  list,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  mode: oneOf(['backup', 'restore'], { default: 'backup' }),
  'github-token': githubToken(),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
  'supabase-access-token': secret(),
  'supabase-project': text({ pattern: /^[a-z]{20}$/, allowed: 'a project reference: 20 lowercase letters' }),
  'supabase-api-url': text(),
  ...destinationInputs,
  'age-recipients': list(),
  'gpg-recipients': list(),
  'acknowledged-recipients': list(),
  manifest: text({
    pattern: /^[\w.-]+\.configuration\.json$/,
    allowed: 'the name of a file that ends in .configuration.json',
  }),
  digest: text({
    pattern: /^(?:sha256:)?[0-9a-fA-F]{64}$/,
    allowed: 'sha256: and 64 hexadecimal digits, from the summary of the run that made the backup',
  }),
  'age-identity': secret(),
  'gpg-private-key': secret(),
  'gpg-passphrase': secret(),
  variables: list(),
  confirm: text(),
} satisfies InputDefinitions;

export type Given = InputValues<typeof inputs>;
