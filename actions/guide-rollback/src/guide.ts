import { cleanText } from '#http/text';

/** What a person reads: the steps in their order, and what happens meanwhile. Foreign text is cleaned by the caller's sink. Pure. */
export function guide(given: {
  environment: string;
  target: string;
  url: string;
  steps: readonly string[] | undefined;
}): string[] {
  const { environment, target, url } = given;
  const steps = given.steps ?? [
    'Open the history of the project in your hosting platform',
    `Select the version ${target}`,
    'Click "Restore" (or "Publish", where it asks)',
  ];
  return [
    `A person restores ${target} on ${environment} now:`,
    ...steps.map((step, index) => `  ${index + 1}. ${cleanText(step, 300)}`),
    `Nothing has to be confirmed here: ${url} is asked, and this run goes on when it shows ${target}.`,
  ];
}
