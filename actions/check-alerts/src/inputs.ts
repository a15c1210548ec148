import {
  commonInputs,
  duration,
  githubToken,
  type InputDefinitions,
  policyInput,
  secret,
  text,
} from '#action-kit/inputs';
import { sourceInputs } from '#action-kit/source-inputs';

export const inputs = {
  ...commonInputs,
  ...policyInput,
  environment: text({ required: true }),
  ...sourceInputs,
  window: duration('15m'),
  'remind-after': duration('4h'),
  'base-url': text(),
  'github-token': githubToken(),
  'vercel-token': secret(),
  'vercel-project': text(),
  'vercel-team': text(),
  'vercel-api-url': text(),
  'protection-bypass-secret': secret(),
  'slack-bot-token': secret(),
  'slack-webhook-url': secret(),
  'slack-channel': text(),
  'slack-api-url': text(),
} satisfies InputDefinitions;
