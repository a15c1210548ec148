import {
  commonInputs,
  duration,
  githubToken,
  type InputDefinitions,
  integer,
  list,
  policyInput,
  secret,
  text,
} from '#action-kit/inputs';
import { journalPattern } from '#observe/log-journal';

// What has a default in ops.yml has none here: an input given wins over ops.yml, that wins over the defaults in plan-gate.ts.
export const inputs = {
  ...commonInputs,
  ...policyInput,
  'github-token': githubToken(),
  'base-url': text(),
  urls: list(),
  'app-urls': list(),
  'expect-status': text(),
  'expect-json': list(),
  consecutive: integer({ min: 1, max: 100 }),
  interval: duration(),
  timeout: duration(),
  deadline: duration(),
  'expect-deployment': text({ pattern: /^dpl_\w+$/, allowed: 'a deployment id, dpl_…' }),
  'expect-commit': text({ pattern: /^[0-9a-fA-F]{7,40}$/, allowed: '7 to 40 hexadecimal digits' }),
  'commit-path': text({ pattern: /^\$/, allowed: 'a JSON path such as $.commit' }),
  logs: text({ pattern: journalPattern, allowed: 'output logs of vercel-promote' }),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
  'protection-bypass-secret': secret(),
} satisfies InputDefinitions;
