import { classifyFiles, type FileSummary } from '#postgres/classify-files';
import { connect } from '#postgres/connection';
import { inspectDatabase } from '#postgres/inspect-database';
import {
  type InspectionOptions,
  inspectMigrations,
  type MigrationInspection,
  whatIsDue,
} from '#postgres/inspect-migrations';
import { readMigrations } from '#postgres/read-migrations';
import { type Replay, replayMigrations } from '#postgres/scratch-replay';
import { loadSqlParser } from '#postgres/sql-parser';
import { approvalOf } from '#release/migration-approval';
import { notApproved } from './approval.ts';
import { withDeployedUses } from './deployed-code.ts';
import type { Migration, MigrationPorts } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';
import { previousNeeds } from './previous-needs.ts';

/** What a plan knows beside the inspection. */
export interface PlanFacts {
  files: FileSummary[];
  /** False where no database was asked: then nobody knows what is applied, or how large a table is. */
  live: boolean;
  /** All files from nothing on a throw-away database (MIG-04). */
  replay?: Replay;
}

/** Files of a pull request in the migrations folder, by name. */
export interface ChangedMigrations {
  added: ReadonlySet<string>;
  modified: ReadonlySet<string>;
}

/** Mode plan: everything a review needs; reads the catalog at most and changes nothing (S31). */
export async function planMigration(
  options: MigrateOptions,
  select: Omit<InspectionOptions, 'empty'>,
  ports: MigrationPorts,
): Promise<Migration> {
  const { url, directory } = options;
  const { inspection: inspected, major } =
    url === undefined
      ? { inspection: await inspectFiles(directory, select, await ports.changedMigrations()) }
      : await inspectLive(url, directory, select, ports.signal);
  const needed = await previousNeeds(inspected, ports.stillNeeded);
  const inspection = await withDeployedUses({ ...inspected, findings: [...needed, ...inspected.findings] }, ports);
  const replay = options.replay ? await replayOn(inspection, major, ports) : undefined;
  if (replay !== undefined && 'reasonCode' in replay)
    return { kind: 'decided', ending: ['refused', replay.reasonCode, `no replay: ${replay.message}`], inspection };
  const files = classifyFiles(inspection.plan.pending, await loadSqlParser(), inspection.facts);
  const plan: PlanFacts = { files, live: url !== undefined, ...(replay === undefined ? {} : { replay }) };
  const due = whatIsDue(inspection);
  const ending = due === 'due' ? await notApproved(approvalOf(inspection), options, ports.approval) : undefined;
  if (ending !== undefined) return { kind: 'decided', ending, inspection };
  return { kind: due === 'due' ? 'planned' : due, inspection, plan };
}

/** One connection, which reads the catalog and the history. */
async function inspectLive(
  url: string,
  directory: string,
  select: InspectionOptions,
  signal: AbortSignal,
): Promise<{ inspection: MigrationInspection; major?: number }> {
  const connection = await connect(url, { applicationName: 'ops-actions inspect', statementTimeoutMs: 10_000, signal });
  try {
    const inspection = await inspectDatabase(connection, directory, select);
    return { inspection, major: Math.floor(connection.serverVersion / 10_000) };
  } finally {
    await connection.close();
  }
}

/** Without a database: what the pull request adds is pending, outside of one everything is. */
async function inspectFiles(
  directory: string,
  select: Omit<InspectionOptions, 'empty'>,
  changed: ChangedMigrations | undefined,
): Promise<MigrationInspection> {
  const folder = await readMigrations(directory);
  const old = changed === undefined ? [] : folder.files.filter(({ file }) => !changed.added.has(file));
  return await inspectMigrations({
    ...select,
    folder,
    applied: old.map(({ version }) => version),
    edited: async (files) => files.filter(({ file }) => changed?.modified.has(file) === true),
  });
}

async function replayOn(
  { files, plan }: MigrationInspection,
  major: number | undefined,
  ports: Pick<MigrationPorts, 'scratch'>,
): Promise<Replay | { reasonCode: string; message: string }> {
  const scratch = await ports.scratch(major);
  if ('reasonCode' in scratch) return scratch;
  try {
    const pending = new Set(plan.pending.map(({ file }) => file));
    return await replayMigrations(
      scratch.url,
      files.filter(({ file }) => !pending.has(file)),
      files.filter(({ file }) => pending.has(file)),
    );
  } finally {
    await scratch.stop();
  }
}
