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
  environment: text({ required: true }),
  mode: oneOf(['deploy', 'rollback'], { default: 'deploy' }),
  release: text(),
  'called-by': text(),
  'app-decision': text(),
  'app-reason': text(),
  'app-summary': text(),
  to: text(),
  'backend-url': text(),
  'backend-token': secret(),
  'backend-variables': list(),
  'github-token': githubToken(),
} satisfies InputDefinitions;

export type Given = InputValues<typeof inputs>;
