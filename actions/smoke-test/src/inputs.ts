import {
  commonInputs,
  duration,
  githubToken,
  type InputDefinitions,
  integer,
  list,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';
import { journalPattern } from '#observe/log-journal';

export const inputs = {
  ...commonInputs,
  'github-token': githubToken(),
  'base-url': text(),
  'app-urls': list(),
  tests: oneOf(['smoke', 'end-to-end', 'features'], { default: 'smoke' }),
  features: list(),
  suite: text(),
  command: text(),
  'command-variables': list(),
  'working-directory': text(),
  'setup-commands': text(),
  'setup-directory': text(),
  retries: integer({ min: 0, max: 5, default: 1 }),
  timeout: duration(),
  deadline: duration('10m'),
  junit: text(),
  logs: text({ pattern: journalPattern, allowed: 'output logs of vercel-promote' }),
  'secret-hosts': list(),
  'protection-bypass-secret': secret(),
} satisfies InputDefinitions;
