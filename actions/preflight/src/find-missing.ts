import type { Finding } from '#release/decide-preflight';

/** Every secret and name that a release needs and that was not given, at once; all of `workflow_call`'s are optional. Pure. */
export function findMissing(given: {
  githubToken?: string | undefined;
  vercelToken?: string | undefined;
  vercelProject?: string | undefined;
  slackBotToken?: string | undefined;
  slackWebhookUrl?: string | undefined;
  slackChannel?: string | undefined;
  verify?: 'restore' | 'structure' | 'checksum' | undefined;
  verifyReason?: string | undefined;
  backup?: 'required' | 'platform' | undefined;
  backupReason?: string | undefined;
  supabaseAccessToken?: string | undefined;
  supabaseProject?: string | undefined;
}): Finding[] {
  const findings: Finding[] = [];
  if (given.githubToken === undefined) {
    findings.push({
      code: 'github_token_missing',
      severity: 'refuse',
      message: 'there is no GitHub token, so neither lock nor ledger can be read',
      fix: 'on GitHub leave github-token at its default and grant the job contents: read, deployments: write, issues: write; on a laptop put one into GITHUB_TOKEN (gh auth token)',
    });
  }
  if (given.vercelToken === undefined) {
    findings.push({
      code: 'vercel_token_missing',
      severity: 'refuse',
      message: 'there is no Vercel token',
      fix: 'create one at https://vercel.com/account/tokens, store it as the secret VERCEL_TOKEN and pass it as vercel-token',
    });
  }
  if (given.vercelProject === undefined) {
    findings.push({
      code: 'vercel_project_missing',
      severity: 'refuse',
      message: 'there is no Vercel project',
      fix: 'set vercel.project in ops.yml or pass vercel-project (the id prj_... from the project settings)',
    });
  }
  // Said here and not only by the migration: nothing is to be opened for what a later step refuses.
  if (given.verify !== undefined && given.verify !== 'restore' && given.verifyReason === undefined) {
    findings.push({
      code: 'verify_reason_missing',
      severity: 'refuse',
      message: `verify: ${given.verify} proves a backup by less than a restore and gives no reason`,
      fix: 'say why in verify-reason; it is shown in plan, log, message and ledger. Or leave verify at restore',
    });
  }
  findings.push(...missingForPlatform(given));
  if (given.slackBotToken !== undefined && given.slackChannel === undefined) {
    findings.push({
      code: 'slack_channel_missing',
      severity: 'warning',
      message: 'a Slack bot token is given but no channel, so nobody is told',
      fix: 'set slack.channel in ops.yml to the channel id (C...)',
    });
  }
  if (given.slackBotToken === undefined && given.slackWebhookUrl === undefined) {
    findings.push({
      code: 'nobody_is_told',
      severity: 'notice',
      message: 'no Slack token or webhook is given: only this run tells how it went',
    });
  }
  return findings;
}

/** A restore point of the platform needs a reason, and somebody to ask. Pure. */
function missingForPlatform(given: {
  backup?: 'required' | 'platform' | undefined;
  backupReason?: string | undefined;
  supabaseAccessToken?: string | undefined;
  supabaseProject?: string | undefined;
}): Finding[] {
  if (given.backup !== 'platform') return [];
  const findings: Finding[] = [];
  const refuse = (code: string, message: string, fix: string) => {
    findings.push({ code, severity: 'refuse', message, fix });
  };
  if (given.backupReason === undefined) {
    refuse(
      'backup_reason_missing',
      'backup: platform relies on a restore point that nobody restores to prove it, and gives no reason',
      'say why in backup-reason; it is shown in plan, log, message and ledger. Or leave backup at required',
    );
  }
  if (given.supabaseAccessToken === undefined) {
    refuse(
      'supabase_token_missing',
      'backup: platform asks Supabase for the restore point, and there is no Supabase access token',
      'create one at https://supabase.com/dashboard/account/tokens, store it as the secret SUPABASE_ACCESS_TOKEN and pass it as supabase-access-token',
    );
  }
  if (given.supabaseProject === undefined) {
    refuse(
      'supabase_project_missing',
      'backup: platform asks Supabase for the restore point, and there is no project reference',
      'set supabase.project in ops.yml or pass supabase-project',
    );
  }
  return findings;
}
