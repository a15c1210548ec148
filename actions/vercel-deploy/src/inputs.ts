import {
  commonInputs,
  duration,
  flag,
  githubToken,
  type InputDefinitions,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  release: text(),
  version: text(),
  contracts: text(),
  build: oneOf(['remote', 'prebuilt', 'adopt']),
  'deployment-id': text({ pattern: /^dpl_\w+$/, allowed: 'a deployment id, dpl_…' }),
  target: text({ pattern: /^[\w-]+$/, allowed: 'production, preview, or the slug of a custom environment' }),
  staged: flag(true),
  deadline: duration(),
  'working-directory': text(),
  'github-token': githubToken(),
  'vercel-token': secret({ required: true }),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
} satisfies InputDefinitions;
