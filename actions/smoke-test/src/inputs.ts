import {
  commonInputs,
  duration,
  githubToken,
  type InputDefinitions,
  integer,
  list,
  secret,
  text,
} from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  'github-token': githubToken(),
  'base-url': text(),
  suite: text(),
  command: text(),
  'command-variables': list(),
  'working-directory': text(),
  retries: integer({ min: 0, max: 5, default: 1 }),
  timeout: duration(),
  deadline: duration('10m'),
  junit: text(),
  'protection-bypass-secret': secret(),
} satisfies InputDefinitions;
