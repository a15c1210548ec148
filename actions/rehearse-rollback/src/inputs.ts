import {
  commonInputs,
  githubToken,
  type InputDefinitions,
  type InputValues,
  oneOf,
  secret,
  text,
} from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  environment: text({ required: true }),
  mode: oneOf(['begin', 'judge', 'report'], { default: 'judge' }),
  'release-summary': text(),
  'release-decision': text(),
  'rehearsal-result': text(),
  'github-token': githubToken(),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
} satisfies InputDefinitions;

export type Given = InputValues<typeof inputs>;
