import { commonInputs, githubToken, type InputDefinitions, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  environment: text({ required: true }),
  'github-token': githubToken(),
} satisfies InputDefinitions;
