import type { EnvironmentSettings } from '#config/settings';
import type { Finding } from '#release/decide-preflight';

/** Whether and when edge functions are a part of this release. */
export interface FunctionsStep {
  when: 'before' | 'after' | 'not-configured';
  /** The line of the plan. */
  plan: string;
  findings: Finding[];
}

const plans = {
  before:
    'edge functions, all or none; functions have no staging: from here the old app runs against the new ones, and what they replace is stored first',
  after:
    'edge functions, all or none; functions have no staging: until here the new app runs against the old ones, and what they replace is stored first',
};

/** Wanted and not possible is refused; a folder that a preset names and nobody has is no part of the release. Pure. */
export function decideFunctionsStep(
  given: { supabaseAccessToken?: string | undefined; supabaseProject?: string | undefined },
  { functions }: Pick<EnvironmentSettings, 'functions'>,
  folder: { directory: string; exists: boolean },
): FunctionsStep {
  const none: FunctionsStep = { when: 'not-configured', plan: '', findings: [] };
  const token = given.supabaseAccessToken !== undefined;
  const project = given.supabaseProject ?? functions?.project;
  if (functions?.wanted !== true || !folder.exists) return none;
  if (!token) {
    const message = `${folder.directory} holds edge functions, but there is no Supabase access token`;
    return {
      ...none,
      findings: [
        {
          code: 'supabase_token_missing',
          severity: functions.explicit ? 'refuse' : 'warning',
          message: functions.explicit ? message : `${message}: they are not released`,
          fix: 'create one at https://supabase.com/dashboard/account/tokens, store it as the secret SUPABASE_ACCESS_TOKEN and pass it as supabase-access-token',
        },
      ],
    };
  }
  if (project === undefined) {
    return {
      ...none,
      findings: [
        {
          code: 'supabase_project_missing',
          severity: 'refuse',
          message: `${folder.directory} holds edge functions, but there is no Supabase project`,
          fix: 'set supabase.project in ops.yml or pass supabase-project (20 lowercase letters, in the address of the dashboard)',
        },
      ],
    };
  }
  const when = functions.when ?? 'before';
  return { when, plan: plans[when], findings: [] };
}
