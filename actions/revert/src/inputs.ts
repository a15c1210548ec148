import { commonInputs, flag, githubToken, type InputDefinitions, oneOf, text } from '#action-kit/inputs';

const branchForm = /^(?![-/.])(?!.*\.\.)[\w./+-]{1,200}(?<![/.])$/;

export const inputs = {
  ...commonInputs,
  environment: text({ required: true }),
  release: text({ pattern: /^[\w.+/-]{1,100}$/, allowed: 'a version or a commit' }),
  branch: text({ default: 'main', pattern: branchForm, allowed: 'the name of a branch' }),
  mode: oneOf(['pull-request', 'push'], { default: 'pull-request' }),
  tag: oneOf(['auto', 'always', 'never'], { default: 'auto' }),
  'allow-unsafe': text(),
  'dry-run': flag(false),
  'github-token': githubToken(),
} satisfies InputDefinitions;
