import type { Result } from '#action-kit/result';
import type { SchemaAdvice } from '#postgres/schema-advice';
import { approvalOf, approvalTitle } from '#release/migration-approval';
import { type BackFacts, decideBackTo } from './decide-back-to.ts';
import { endingOf } from './describe-ending.ts';
import type { MadeBackup, Migration } from './migrate.ts';
import { contractVersions } from './migration-ledger.ts';
import type { MigrateOptions } from './plan-options.ts';
import { renderPage } from './render-page.ts';

/** Turns what happened into decision, reason, one line and a table. Pure. */
export function renderMigration(
  migration: Migration,
  options: MigrateOptions & { sameRun?: boolean } & Pick<BackFacts, 'release' | 'earlier'>,
): Result {
  const [decision, reasonCode, summary] = endingOf(migration, options);
  const inspection = 'inspection' in migration ? migration.inspection : undefined;
  const outcome = migration.kind === 'ended' ? migration.outcome : undefined;
  const backup = 'backup' in migration ? migration.backup : undefined;
  const applied = outcome?.applied.map((file) => file.file) ?? [];
  const pending = (inspection?.plan.pending ?? []).map((file) => file.file).filter((file) => !applied.includes(file));
  const held = (inspection?.held ?? []).map((file) => file.file);
  const findings = inspection?.findings ?? [];
  const facts = 'plan' in migration ? migration.plan : undefined;
  const plan = facts?.files ?? [];
  const isDone = decision === 'applied' || decision === 'nothing-pending';
  const back = isDone ? decideBackTo(migration, options) : undefined;
  const advice = adviceOf(migration);
  return {
    decision,
    reasonCode,
    summary,
    failed: decision === 'refused' || decision === 'failed',
    details: {
      ...(backup === undefined ? {} : { backup: describeBackup(backup) }),
      ...(migration.kind === 'ended' && migration.point !== undefined ? { restorePoint: migration.point } : {}),
      applied,
      pending,
      findings,
      held,
      gaps: inspection?.gaps ?? [],
      weakenings: options.weakenings,
      ...(plan.length === 0 ? {} : { plan }),
      ...(advice.length > 0 ? { advice } : {}),
      ...(facts?.replay === undefined ? {} : { replay: facts.replay }),
      ...(migration.kind === 'ended' && migration.schemaCache !== undefined
        ? { schemaCache: migration.schemaCache }
        : {}),
      ...(outcome?.failure === undefined ? {} : { failure: outcome.failure }),
      ...(migration.kind === 'ended' && migration.takenBack !== undefined
        ? { rolledBack: migration.takenBack.rolledBack }
        : {}),
      ...(migration.kind === 'decided' ? migration.details : {}),
    },
    outputs: {
      applied: JSON.stringify(applied),
      pending: JSON.stringify(pending),
      held: JSON.stringify(held),
      'contract-due': String(
        options.sameRun === true &&
          options.phase === 'expand' &&
          decision !== 'refused' &&
          decision !== 'failed' &&
          held.length > 0,
      ),
      contracts: contractVersions(inspection).join(' '),
      'back-to': back?.toVersion ?? '',
      'back-versions': back?.versions.join(' ') ?? '',
      ...approvalOutputs(migration, options),
      'backup-manifest': backup?.manifestFile ?? '',
    },
    ...(inspection === undefined || (pending.length === 0 && applied.length === 0 && findings.length === 0)
      ? {}
      : {
          jobSummary: renderPage({
            summary,
            applied,
            pending,
            findings,
            plan,
            backup,
            weakenings: options.weakenings,
            advice,
            blockers: outcome?.failure?.blockers ?? [],
          }),
        }),
  };
}

/** Empty where nothing waits for an approval. */
function approvalOutputs(migration: Migration, options: MigrateOptions): Record<string, string> {
  if (migration.kind === 'decided' && migration.approval !== undefined)
    return { approval: migration.approval.digest, 'approval-title': migration.approval.title };
  const waits = migration.kind === 'planned' && options.approvalEnvironment !== undefined;
  return {
    approval: waits ? approvalOf(migration.inspection) : '',
    'approval-title': waits ? approvalTitle(migration.inspection) : '',
  };
}

/**
 * What is new in the schema: seen on the database afterwards; of a plan on the one of its replay, and without one what the
 * text of the files says. Pure.
 */
export function adviceOf(migration: Migration): readonly SchemaAdvice[] {
  if (migration.kind === 'ended') return migration.advice;
  if (!('plan' in migration) || migration.plan === undefined) return [];
  const { replay } = migration.plan;
  if (replay !== undefined && 'advice' in replay) return replay.advice;
  return migration.inspection.foretold.map(({ file, line, message, ...advice }) => ({
    ...advice,
    message: `${message} (${file} line ${line})`,
  }));
}

function describeBackup({ manifest, manifestFile, recipientChange }: MadeBackup): Record<string, unknown> {
  const { verification, relations, rows, object, destinations, seconds } = manifest;
  return {
    verified: verification.verdict === 'verified',
    verdict: verification.verdict,
    reasonCode: verification.reasonCode,
    relations,
    rows,
    bytes: object.bytes,
    destination: destinations.join(', '),
    file: object.file,
    sha256: object.sha256,
    manifestFile,
    removedRecipients: recipientChange?.removed ?? [],
    leftOut: verification.leftOut,
    notInBackup: manifest.notInBackup,
    separateUser: verification.separateUser,
    seconds,
  };
}
