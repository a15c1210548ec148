import { createHash } from 'node:crypto';
import type { GitHub } from '#github/client';
import { type MigrationInspection, whatIsDue } from '#postgres/inspect-migrations';
import type { Ending } from './describe-ending.ts';
import type { Migration, MigrationPorts } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

/** What GitHub knows about the approval of this run. */
export interface ApprovalPort {
  requiredReviewers(environment: string): Promise<number>;
  /** Who approved jobs of this environment in this run. */
  approvedBy(environment: string): Promise<string[]>;
}

type Asked = Pick<MigrateOptions, 'mode' | 'apply' | 'approvalEnvironment' | 'approved'>;

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

/** Stands for exactly these files, text included: what was approved is what runs. Pure. */
export function approvalOf({ toApply }: Pick<MigrationInspection, 'toApply'>): string {
  const hash = createHash('sha256');
  for (const { file, sql } of toApply) hash.update(`${file}\0${sql}\0`);
  return `${hash.digest('hex').slice(0, 32)} ${toApply.map(({ version }) => version).join(' ')}`;
}

/** For the name of the job that waits, beside which the plan with every reason stands: `2 migrations, accepted: drop-column`. Pure. */
export function approvalTitle({ toApply, findings }: Pick<MigrationInspection, 'toApply' | 'findings'>): string {
  const files = toApply.length === 1 ? '1 migration' : `${toApply.length} migrations`;
  const due = new Set(toApply.map(({ file }) => file));
  const accepted = findings.filter((one) => one.accepted !== undefined && due.has(one.file)).map(({ rule }) => rule);
  return accepted.length === 0 ? files : `${files}, accepted: ${[...new Set(accepted)].join(', ')}`;
}

/** The endings that need nothing but the inspection and what GitHub says of an approval; undefined: go on. */
export async function decideEarly(
  inspection: MigrationInspection,
  options: Asked,
  ports: Pick<MigrationPorts, 'inRelease' | 'approval'>,
): Promise<Migration | undefined> {
  const due = whatIsDue(inspection);
  if (due !== 'due') return { kind: due, inspection };
  if (ports.inRelease && options.mode === 'apply' && options.apply !== 'automatic')
    return { kind: 'by-hand', inspection };
  const ending = await approvalMissing(inspection, options, ports.approval);
  return ending === undefined ? undefined : { kind: 'decided', ending, inspection };
}

/** A plan asks whether GitHub would ask anybody; applying asks whether somebody said yes to these files. */
export async function approvalMissing(
  inspection: MigrationInspection,
  { approvalEnvironment: environment, approved, mode }: Asked,
  approval: ApprovalPort | undefined,
): Promise<Ending | undefined> {
  if (environment === undefined) return undefined;
  const refused = (reason: string, why: string): Ending => ['refused', reason, `${why}; nothing was changed`];
  if (approval === undefined)
    return refused('approval_not_enforced', 'No github-token or no run, so nobody can say who approved the migrations');
  try {
    if ((await approval.requiredReviewers(environment)) === 0) {
      const why = `The environment ${environment} has no required reviewers, so GitHub asks nobody before these migrations run: add them under Settings > Environments`;
      return refused('approval_not_enforced', why);
    }
    if (mode !== 'apply') return undefined;
    if ((await approval.approvedBy(environment)).length === 0) {
      const why = `Nobody approved ${environment} in this run: let a job of that environment run before this one`;
      return refused('approval_missing', why);
    }
  } catch (error) {
    if ((error as Error).name !== 'GitHubError') throw error;
    return refused('approval_not_enforced', `Nobody can say who approved the migrations: ${(error as Error).message}`);
  }
  if (approved === approvalOf(inspection)) return undefined;
  const why = 'What is due is not what was approved: the files or the history changed since. Run the workflow again';
  return refused('approval_outdated', why);
}
