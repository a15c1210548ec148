import { type MigrationInspection, whatIsDue } from '#postgres/inspect-migrations';
import { type ApprovalPort, approvalMissing, approvalOf } from '#release/migration-approval';
import type { Ending } from './describe-ending.ts';
import type { Migration, MigrationPorts } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

type Asked = Pick<MigrateOptions, 'mode' | 'apply' | 'approvalEnvironment' | 'approved'>;

/** The endings that need nothing but the inspection and what GitHub says of an approval; undefined: go on. */
export async function decideEarly(
  inspection: MigrationInspection,
  options: Asked,
  ports: Pick<MigrationPorts, 'inRelease' | 'approval'>,
): Promise<Migration | undefined> {
  const due = whatIsDue(inspection);
  if (due !== 'due') return { kind: due, inspection };
  if (ports.inRelease && options.mode === 'apply' && isLeftToAPerson(options)) return { kind: 'by-hand', inspection };
  const ending = await notApproved(approvalOf(inspection), options, ports.approval);
  return ending === undefined ? undefined : { kind: 'decided', ending, inspection };
}

/** In a release: `manual` always, `approve` unless the workflow says who was asked. Pure. */
export function isLeftToAPerson({ apply, approvalEnvironment }: Asked): boolean {
  return apply === 'manual' || (apply === 'approve' && approvalEnvironment === undefined);
}

/** A plan asks whether GitHub would ask anybody; applying asks whether somebody said yes to what `digest` stands for. */
export async function notApproved(
  digest: string,
  { approvalEnvironment: environment, approved, mode }: Asked,
  approval: ApprovalPort | undefined,
): Promise<Ending | undefined> {
  if (environment === undefined) return undefined;
  const missing = await approvalMissing(digest, { environment, approved }, approval, mode === 'apply');
  return missing === undefined ? undefined : ['refused', missing.reasonCode, `${missing.message}; nothing was changed`];
}
