import { commonInputs, flag, githubToken, type InputDefinitions, policyInput, secret, text } from '#action-kit/inputs';
import { sourceInputs } from '#action-kit/source-inputs';

export const inputs = {
  ...commonInputs,
  ...policyInput,
  ...sourceInputs,
  release: text(),
  'deployment-id': text({ required: true, pattern: /^dpl_\w+$/, allowed: 'a deployment id (dpl_...)' }),
  'allow-older': text(),
  'open-logs': flag(false),
  'github-token': githubToken(),
  'vercel-token': secret({ required: true }),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
} satisfies InputDefinitions;
