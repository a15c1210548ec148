import { commonInputs, duration, type InputDefinitions, list, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  environment: text({ required: true }),
  target: text({ required: true, pattern: /^[\w.+/-]{1,100}$/, allowed: 'letters, digits and . + / - _' }),
  url: text(),
  'version-path': text({ default: '$.version', pattern: /^\$[\w.[\]'"-]*$/, allowed: 'a JSON path such as $.version' }),
  steps: list(),
  deadline: duration('30m'),
  interval: duration('10s'),
} satisfies InputDefinitions;
