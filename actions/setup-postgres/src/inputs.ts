import { flag, type InputDefinitions, integer } from '#action-kit/inputs';

export const inputs = {
  major: integer({ min: 10, max: 99 }),
  install: flag(true),
} satisfies InputDefinitions;
