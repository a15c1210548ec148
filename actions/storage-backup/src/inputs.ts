import { destinationInputs } from '#action-kit/backup-destinations';
import {
  commonInputs,
  duration,
  githubToken,
  type InputDefinitions,
  type InputValues,
  list,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';

const reference = { pattern: /^[a-z]{20}$/, allowed: 'a project reference: 20 lowercase letters' };

export const inputs = {
  ...commonInputs,
  mode: oneOf(['copy', 'prune', 'restore'], { default: 'copy' }),
  'github-token': githubToken(),
  'source-key': secret(),
  'source-url': text(),
  'supabase-project': text(reference),
  'except-buckets': list(),
  ...destinationInputs,
  'age-recipients': list(),
  'gpg-recipients': list(),
  'acknowledged-recipients': list(),
  retention: duration(),
  'max-age': duration('26h'),
  manifest: text({
    pattern: /^[\w.-]+\.objects\.json$/,
    allowed: 'the name of a file that ends in .objects.json',
  }),
  before: text(),
  digest: text({
    pattern: /^(?:sha256:)?[0-9a-fA-F]{64}$/,
    allowed: 'sha256: and 64 hexadecimal digits, from the summary of the run that made the copy',
  }),
  'age-identity': secret(),
  'gpg-private-key': secret(),
  'gpg-passphrase': secret(),
  objects: list(),
  'target-path': text(),
  'target-project': text(reference),
  'target-key': secret(),
  'target-url': text(),
  existing: oneOf(['keep', 'replace'], { default: 'keep' }),
  confirm: text(),
} satisfies InputDefinitions;

export type Given = InputValues<typeof inputs>;
