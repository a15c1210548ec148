import {
  commonInputs,
  duration,
  flag,
  githubToken,
  type InputDefinitions,
  list,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';

export const mitigations = [
  'none',
  'cancel-blockers',
  'cancel-long-queries',
  'terminate-idle-in-transaction',
  'terminate-idle',
  'terminate-connections',
  'read-only-on',
  'read-only-off',
] as const;

export const inputs = {
  ...commonInputs,
  'github-token': githubToken(),
  'database-url': secret({ required: true }),
  schemas: list({ default: 'public' }),
  expect: list(),
  previous: text(),
  'report-path': text(),
  'fail-on': oneOf(['critical', 'warning', 'never'], { default: 'critical' }),
  mitigate: oneOf(mitigations, { default: 'none' }),
  'older-than': duration(),
  database: text(),
  user: text(),
  application: text(),
  include: list(),
  expires: duration('2h'),
  'dry-run': flag(false),
  confirm: text(),
} satisfies InputDefinitions;
