import { commonInputs, duration, type InputDefinitions, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  remote: text({ required: true }),
  tag: text({ pattern: /^(?!.*\.\.)[\w][\w./+-]{0,199}$/, allowed: 'the name of a tag' }),
  'ssh-key': secret(),
  'known-hosts': text(),
  token: secret(),
  deadline: duration('10m'),
} satisfies InputDefinitions;
