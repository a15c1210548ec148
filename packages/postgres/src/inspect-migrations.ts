import { classifyMigrations, type MigrationFinding, type MigrationPhase } from './classify-migrations.ts';
import { type MigrationPlan, planMigrations } from './plan-migrations.ts';
import { type MigrationFolder, readMigrations } from './read-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

export interface MigrationInspection {
  plan: MigrationPlan;
  /** Everything to say about the pending files, refusals first. Empty when nothing is pending and the folder is sound. */
  findings: MigrationFinding[];
  /** Missing numbers of a numbered folder (MIG-02): a notice. */
  gaps: string[];
}

/** Reads the folder, compares it with the applied versions, classifies what is pending. Contacts no database. */
export async function inspectMigrations(given: {
  directory: string;
  applied: readonly string[];
  /** Default `expand`. */
  phase?: MigrationPhase;
}): Promise<MigrationInspection> {
  const folder = await readMigrations(given.directory);
  const plan = planMigrations({ applied: given.applied, files: folder.files });
  const broken = new Set(folder.problems.map((problem) => problem.file));
  const readable = plan.pending.filter((file) => !broken.has(file.file));
  // The parser (1.7 MB) is loaded only when there is something to read: nothing pending stays cheap.
  const classified =
    readable.length === 0 ? [] : classifyMigrations(readable, await loadSqlParser(), given.phase ?? 'expand');
  const findings = [...folderFindings(folder, plan), ...planFindings(plan), ...classified];
  return { plan, findings: findings.toSorted(bySeverity), gaps: folder.gaps };
}

function bySeverity(a: MigrationFinding, b: MigrationFinding): number {
  return a.severity === b.severity ? 0 : a.severity === 'refuse' ? -1 : 1;
}

function folderFindings(folder: MigrationFolder, plan: MigrationPlan): MigrationFinding[] {
  const applied = new Set(plan.applied);
  return folder.problems.map(({ file, version, rule, message, correction }): MigrationFinding => {
    // What is applied cannot be made worse by its file any more; a file that claims its version still can.
    const harmless = version !== undefined && applied.has(version) && rule !== 'duplicate-version';
    return { file, line: 1, rule, severity: harmless ? 'warn' : 'refuse', message, statement: '', correction };
  });
}

function planFindings(plan: MigrationPlan): MigrationFinding[] {
  const late = plan.outOfOrder.map(({ file, repair }): MigrationFinding => {
    const message = 'sorts before a migration that is already applied, so this order was never tested';
    return { file, line: 1, rule: 'out-of-order', severity: 'refuse', message, statement: '', correction: repair };
  });
  const severity = plan.pending.length > 0 ? 'refuse' : 'warn';
  const remote = plan.remoteOnly.map(({ version, repair }): MigrationFinding => {
    const message = `version ${version} is in the database's history but not in the folder`;
    return { file: version, line: 1, rule: 'remote-only', severity, message, statement: '', correction: repair };
  });
  return [...late, ...remote];
}
