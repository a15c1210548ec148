import { s3Inputs } from '#action-kit/backup-destinations';
import { commonInputs, duration, githubToken, type InputDefinitions, list, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  manifest: text({ required: true }),
  'github-token': githubToken(),
  digest: text({
    pattern: /^(?:sha256:)?[0-9a-fA-F]{64}$/,
    allowed: 'sha256: and 64 hexadecimal digits, from the summary of the run that made the backup',
  }),
  'backup-destination': text(),
  'backup-path': text(),
  ...s3Inputs,
  'age-identity': secret(),
  'gpg-private-key': secret(),
  'gpg-passphrase': secret(),
  'target-url': secret(),
  confirm: text(),
  'age-recipients': list(),
  'gpg-recipients': list(),
  deadline: duration('2h'),
} satisfies InputDefinitions;
