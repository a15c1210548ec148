import { createHash } from 'node:crypto';
import type { GitHub } from '#github/client';
import type { MigrationInspection } from '#postgres/inspect-migrations';

/** What GitHub knows about the approval of this run. */
export interface ApprovalPort {
  requiredReviewers(environment: string): Promise<number>;
  /** Who approved jobs of this environment in this run. */
  approvedBy(environment: string): Promise<string[]>;
}

/** The environment whose reviewers are asked, and what they are said to have approved. */
export interface MigrationApproval {
  environment: string;
  /** Output `approval` of the plan. */
  approved?: string | undefined;
}

/** Undefined without a token or outside of a run. */
export function approvalPort(
  github: Pick<GitHub, 'environment' | 'runApprovals'> | undefined,
  runId: number,
): ApprovalPort | undefined {
  if (github === undefined || runId === 0) return undefined;
  return {
    requiredReviewers: async (environment) => (await github.environment(environment))?.reviewers ?? 0,
    async approvedBy(environment) {
      const approvals = await github.runApprovals(runId);
      const own = approvals.filter(({ environments }) => environments.includes(environment));
      return own.filter(({ state }) => state === 'approved').map(({ user }) => user);
    },
  };
}

/** Stands for exactly these files, text and rollback SQL included, which runs by itself: what was approved is what runs. Pure. */
export function approvalOf({ toApply }: Pick<MigrationInspection, 'toApply'>): string {
  const hash = createHash('sha256');
  for (const { file, sql, down = '' } of toApply) hash.update(`${file}\0${sql}\0${down}\0`);
  return `${hash.digest('hex').slice(0, 32)} ${toApply.map(({ version }) => version).join(' ')}`;
}

/** What another tool will do nobody knows beforehand: it stands for its command and the commit that holds its files. Pure. */
export function approvalOfCommand(command: string, commit: string): string {
  const digest = createHash('sha256').update(`${command}\0${commit}`).digest('hex').slice(0, 32);
  return `${digest} command at ${commit.slice(0, 7)}`;
}

/** For the name of the job that waits, beside which the plan with every reason stands: `2 migrations, accepted: drop-column`. Pure. */
export function approvalTitle({ toApply, findings }: Pick<MigrationInspection, 'toApply' | 'findings'>): string {
  const files = toApply.length === 1 ? '1 migration' : `${toApply.length} migrations`;
  const due = new Set(toApply.map(({ file }) => file));
  const accepted = findings.filter((one) => one.accepted !== undefined && due.has(one.file)).map(({ rule }) => rule);
  return accepted.length === 0 ? files : `${files}, accepted: ${[...new Set(accepted)].join(', ')}`;
}

/**
 * Why nothing may be applied yet: nobody is asked, nobody said yes, or to what is not known here, or to something else. Undefined: go on. With `applying`
 * false it is only asked whether GitHub would ask anybody. `digest` stands for what is due (`approvalOf`).
 */
export async function approvalMissing(
  digest: string,
  { environment, approved }: MigrationApproval,
  approval: ApprovalPort | undefined,
  applying: boolean,
): Promise<{ reasonCode: string; message: string } | undefined> {
  const refused = (reasonCode: string, message: string) => ({ reasonCode, message });
  if (approval === undefined)
    return refused('approval_not_enforced', 'No github-token or no run, so nobody can say who approved the migrations');
  try {
    if ((await approval.requiredReviewers(environment)) === 0) {
      const why = `The environment ${environment} has no required reviewers, so GitHub asks nobody before these migrations run: add them under Settings > Environments`;
      return refused('approval_not_enforced', why);
    }
    if (!applying) return undefined;
    if ((await approval.approvedBy(environment)).length === 0) {
      const why = `Nobody approved ${environment} in this run: let a job of that environment run before this one`;
      return refused('approval_missing', why);
    }
  } catch (error) {
    if ((error as Error).name !== 'GitHubError') throw error;
    return refused('approval_not_enforced', `Nobody can say who approved the migrations: ${(error as Error).message}`);
  }
  if (approved === undefined) {
    const why = `Reviewers approved ${environment} in this run, and what they approved did not arrive here: the output approval of the plan is handed on by nobody, or GitHub dropped it because it holds a masked value`;
    return refused('approval_not_handed_on', why);
  }
  if (approved === digest) return undefined;
  const why = 'What is due is not what was approved: the files or the history changed since. Run the workflow again';
  return refused('approval_outdated', why);
}
