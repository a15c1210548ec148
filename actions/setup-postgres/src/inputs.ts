import { commonInputs, flag, type InputDefinitions, integer, list, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  major: integer({ min: 10, max: 99 }),
  extensions: list(),
  image: text(),
  install: flag(true),
} satisfies InputDefinitions;
