import { commonInputs, githubToken, type InputDefinitions, oneOf, secret, text } from '#action-kit/inputs';

export const inputs = {
  ...commonInputs,
  mode: oneOf(['compare', 'propose'], { default: 'compare' }),
  'pull-request': oneOf(['here', 'elsewhere'], { default: 'here' }),
  'fresh-file': text({ default: 'generated-types/types.ts' }),
  file: text({ pattern: /^(?!\/)(?!(.*\/)?\.\.(\/|$))[^\0\\]+$/, allowed: 'a path inside the repository' }),
  base: text(),
  'github-token': githubToken(),
  'supabase-access-token': secret(),
  'supabase-project': text({ pattern: /^[a-z]{20}$/, allowed: 'a project reference: 20 lowercase letters' }),
  'supabase-api-url': text(),
  'database-url': secret(),
} satisfies InputDefinitions;
