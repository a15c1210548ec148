import {
  commonInputs,
  duration,
  githubToken,
  type InputDefinitions,
  list,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  release: text(),
  'github-token': githubToken(),
  'database-url': secret(),
  'migrations-dir': text(),
  mode: oneOf(['apply', 'plan', 'rollback', 'baseline'], { default: 'apply' }),
  phase: oneOf(['expand', 'all', 'contract'], { default: 'expand' }),
  backup: oneOf(['required', 'skip', 'platform']),
  'backup-destination': list(),
  'backup-path': text(),
  'age-recipients': list(),
  'lock-timeout': duration(),
  'statement-timeout': duration(),
} satisfies InputDefinitions;
