import { githubToken, type InputDefinitions, oneOf, text } from '#action-kit/inputs';

export const inputs = {
  'github-token': githubToken(),
  'plan-file': text({ default: 'migration-plan/plan.md' }),
  'fetch-outcome': oneOf(['success', 'failure', 'cancelled', 'skipped'], { default: 'success' }),
  name: text({
    default: 'migrations',
    pattern: /^[\w .-]{1,60}$/,
    allowed: 'up to 60 letters, digits, dots and dashes',
  }),
} satisfies InputDefinitions;
