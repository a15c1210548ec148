import type { MigrationInspection } from '#postgres/inspect-migrations';
import type { Finding } from './decide-preflight.ts';
import type { DatabaseRequest } from './inspect-database.ts';
import { approvalMissing } from './migration-approval.ts';
import { applyByHand, findMigrationWorkflow } from './migration-workflow.ts';

/** `manual` always, `approve` unless the workflow says who was asked. Pure. */
export function isLeftToAPerson({
  apply = 'automatic',
  approval,
}: Pick<DatabaseRequest, 'apply' | 'approval'>): boolean {
  return apply === 'manual' || (apply === 'approve' && approval === undefined);
}

/** The migration step of the release would refuse as well; said here nothing has been announced yet. */
export async function leftToAPerson(request: DatabaseRequest, inspection: MigrationInspection): Promise<Finding> {
  const files = inspection.toApply.map(({ file }) => file).join(', ');
  const { apply = 'manual', workspace } = request;
  return {
    code: 'applied_by_hand',
    severity: 'refuse',
    message: `database.apply is ${apply}, and these migrations were not applied yet: ${files}${acceptedIn(inspection)}`,
    fix: applyByHand(await findMigrationWorkflow(workspace), apply === 'approve' ? 'approve' : 'manual'),
  };
}

/** Findings that the files accept, with their reasons: whoever approves has to read them. Pure. */
function acceptedIn({ toApply, findings }: MigrationInspection): string {
  const due = new Set(toApply.map(({ file }) => file));
  const accepted = findings.filter((one) => one.accepted !== undefined && due.has(one.file));
  if (accepted.length === 0) return '';
  return `; accepted in them: ${accepted.map(({ file, rule, accepted: why }) => `${rule} in ${file} (${why})`).join(', ')}`;
}

/** What an approval in this run lacks for what is due; nothing where nobody has to be asked. */
export async function notApproved({ approval }: DatabaseRequest, digest: string): Promise<Finding[]> {
  if (approval === undefined) return [];
  const missing = await approvalMissing(digest, approval, approval.port, true);
  if (missing === undefined) return [];
  const fix = `let migrate.yml with approval-environment: ${approval.environment} and only-approve: true run before this job, and give its output approval as approved-migrations`;
  return [{ code: missing.reasonCode, severity: 'refuse', message: missing.message, fix }];
}
