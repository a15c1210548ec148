import { commonInputs, githubToken, type InputDefinitions, list, oneOf, secret, text } from '#action-kit/inputs';
import { noteSigns } from '#notify/render-release';

export const inputs = {
  ...commonInputs,
  'github-token': githubToken(),
  token: secret(),
  channel: text(),
  'webhook-url': secret(),
  status: oneOf(Object.keys(noteSigns), { default: 'info' }),
  title: text({ required: true }),
  text: text(),
  details: list(),
  'message-id': text({ pattern: /^\d+\.\d+$/, allowed: 'the message-id of an earlier notify-slack step' }),
  thread: text({ pattern: /^\d+\.\d+$/, allowed: 'the message-id of an earlier notify-slack step' }),
  'slack-api-url': text(),
} satisfies InputDefinitions;
