import { classifyMigrations, type MigrationFinding, type MigrationPhase } from './classify-migrations.ts';
import { criticalFiles, criticalFinding, withoutCritical } from './critical-files.ts';
import { type KnownRoutines, statementsRun } from './embedded-code.ts';
import { type HeldBack, holdBack } from './file-phase.ts';
import { type Exposure, type ForetoldAdvice, foretellAdvice } from './foretell-advice.ts';
import { type BlockLimits, standardLimits } from './judge-size.ts';
import { type MigrationPlan, nextVersion, planMigrations } from './plan-migrations.ts';
import type { MigrationFile, MigrationFolder } from './read-migrations.ts';
import { type RecordedPhase, recordedPhases } from './recorded-phase.ts';
import type { RelationName } from './sql-names.ts';
import { loadSqlParser, type ParsedStatement, type SqlParser } from './sql-parser.ts';
import { relationsOf } from './statement-impact.ts';
import type { FactsOf } from './table-facts.ts';

/** With the folder as it was read. */
export interface MigrationInspection extends MigrationFolder {
  plan: MigrationPlan;
  /** All versions in the history, also those without a file. */
  applied: readonly string[];
  /** Pending files that this run applies, in order. */
  toApply: MigrationFile[];
  /** Pending files that wait for a later release, because running code needs what they remove, or behind such a file. */
  held: MigrationFile[];
  /** What the files that this run applies would leave undone in the schema (MIG-15), from their text. */
  foretold: ForetoldAdvice[];
  /** Everything to say about the pending files, refusals first. Empty when nothing is pending and the folder is sound. */
  findings: MigrationFinding[];
  /** What the live database says about the tables of the pending files. */
  facts: FactsOf;
  /** The tables that pending files name, of which `facts` were read. */
  relations: RelationName[];
  /** What each pending file means for older code, by file name; for the record of what was applied. */
  phases: ReadonlyMap<string, RecordedPhase>;
}

/** What an inspection says before anything is touched; preflight and migration ask the same. Pure. */
export function whatIsDue({
  findings,
  plan,
  toApply,
}: MigrationInspection): 'refused' | 'nothing-pending' | 'held' | 'due' {
  if (findings.some((finding) => finding.severity === 'refuse')) return 'refused';
  if (plan.pending.length === 0) return 'nothing-pending';
  return toApply.length === 0 ? 'held' : 'due';
}

/** Files of this run that nothing takes back: after them only a new migration repairs. Undefined: each has its way back. Pure. */
export function forwardFixOnly({ toApply }: Pick<MigrationInspection, 'toApply'>): string | undefined {
  const without = toApply.filter(({ down }) => down === undefined);
  if (without.length === 0) return undefined;
  const names = without.map(({ file, irreversible }) =>
    irreversible === undefined ? file : `${file} (${irreversible})`,
  );
  const shown = names.slice(0, 5).join(', ');
  return `forward fix only: no rollback SQL for ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}

/** What decides about files beside their text. */
export interface InspectionOptions {
  /** Default `expand`. */
  phase?: MigrationPhase;
  /** The last version to apply; default all. */
  toVersion?: string;
  /** Where the history is empty: true when the database holds nothing yet, false when it holds what no file is recorded for. */
  empty?: boolean;
  /** Lets files run that sort before an applied one, as the Supabase CLI's option does; default false. */
  includeAll?: boolean;
  /** `required`: a file that this run applies is refused without rollback SQL. Default `optional`. */
  wayBack?: 'required' | 'optional' | 'ignored' | undefined;
  /** Files that no code may go live without, beside those that say so themselves. */
  critical?: readonly string[] | undefined;
  /** How large a table may be that is blocked; default `standardLimits`. */
  limits?: BlockLimits;
}

/**
 * Compares the folder with the applied versions and classifies what is pending. Contacts no database but through
 * `tables`, asked once and only where files are pending, `exposure` and `edited`.
 */
export async function inspectMigrations(
  given: InspectionOptions & {
    folder: MigrationFolder;
    applied: readonly string[];
    tables?: (relations: readonly RelationName[]) => Promise<FactsOf>;
    /** Who would see a new table; default as in a Supabase project. Asked only where something is missing of one. */
    exposure?: () => Promise<Exposure>;
    /** Of the files that are applied, those whose text is not the applied one any more; default none. */
    edited?: (files: readonly MigrationFile[]) => Promise<MigrationFile[]>;
  },
): Promise<MigrationInspection> {
  const { folder } = given;
  const plan = planMigrations({ applied: given.applied, files: folder.files });
  const broken = new Set(folder.problems.map((problem) => problem.file));
  const readable = plan.pending.filter((file) => !broken.has(file.file));
  const phase = given.phase ?? 'expand';
  // The parser (1.7 MB) is loaded only when there is something to read: nothing pending stays cheap.
  const parser = readable.length === 0 ? undefined : await loadSqlParser();
  const relations = parser === undefined ? [] : relationsOf(allStatements(readable, parser));
  const facts: FactsOf =
    parser === undefined ? () => undefined : ((await given.tables?.(relations)) ?? (() => undefined));
  const { empty = false, limits = standardLimits } = given;
  const classify = (of: MigrationPhase) =>
    parser === undefined ? [] : classifyMigrations(readable, parser, { phase: of, empty, facts, limits });
  const strict = classify('expand');
  const contracts = new Set(strict.filter((finding) => finding.severity === 'hold').map((finding) => finding.file));
  const wanted = plan.pending.filter((file) => given.toVersion === undefined || file.version <= given.toVersion);
  const split = holdBack(wanted, contracts, phase);
  const findings = [
    ...folderFindings(folder, plan),
    ...planFindings(plan, given),
    ...(await editedFindings(folder.files, plan, given.edited)),
    ...(given.empty === false && plan.pending.length > 0 ? [needsBaseline(plan)] : []),
    ...blockedFindings(split, folder.files),
    ...(phase === 'expand' ? strict : classify(phase)).filter((finding) => concerns(finding, wanted)),
  ];
  const { toApply, held } = split;
  // A person who applies the contract phase or up to a version releases nothing.
  if (phase !== 'contract' && given.toVersion === undefined) {
    const missing = withoutCritical(criticalFiles(folder.files, given.critical ?? []), given.applied, toApply);
    findings.push(...missing.map((one) => criticalFinding(one, folder.files)));
  }
  if (given.wayBack === 'required') findings.push(...toApply.flatMap(withoutWayBack));
  const recorded = new Set(plan.applied);
  const foretold =
    parser === undefined
      ? []
      : await foretellAdvice({
          files: toApply.filter((file) => !broken.has(file.file)),
          earlier: folder.files.filter(({ version }) => recorded.has(version)),
          parser,
          askExposure: given.exposure,
        });
  return {
    files: folder.files,
    problems: folder.problems,
    gaps: folder.gaps,
    plan,
    applied: given.applied,
    facts,
    relations,
    phases: recordedPhases(plan.pending, strict),
    toApply,
    held,
    foretold,
    findings: findings.toSorted(bySeverity),
  };
}

/** Those inside of others, too. */
function allStatements(files: readonly MigrationFile[], parser: SqlParser): ParsedStatement[] {
  const routines: KnownRoutines = new Map();
  return files.flatMap(({ sql }) => {
    const parsed = parser.parse(sql);
    const statements = 'file' in parsed ? parsed.file.statements : [];
    return statementsRun(sql, statements, parser, routines).map(({ statement }) => statement);
  });
}

function needsBaseline(plan: MigrationPlan): MigrationFinding {
  const last = plan.pending.at(-1)?.version ?? '';
  return {
    file: plan.pending[0]?.file ?? '',
    line: 1,
    rule: 'needs-baseline',
    severity: 'refuse',
    message: 'the database has objects and an empty migration history, so nobody knows which files it already has',
    statement: '',
    correction: `run mode: baseline with to-version: the last version that the database already has (${last} where it has them all); it replays the files on a scratch database, compares the schemas and records them`,
  };
}

/** `database.rollback-sql: required` (MIG-12): a file says how it goes back, or why it cannot. */
function withoutWayBack({ file, version, name, down, irreversible }: MigrationFile): MigrationFinding[] {
  if (down !== undefined) return [];
  const finding = { file, line: 1, rule: 'rollback-sql-missing', statement: '' } as const;
  if (irreversible !== undefined) {
    const message = `cannot be taken back: ${irreversible}`;
    return [
      { ...finding, severity: 'warn', message, correction: 'know what a restore would lose before it is applied' },
    ];
  }
  const message = 'has no rollback SQL, and database.rollback-sql of ops.yml requires it';
  const correction = `write ${version}_${name}.down.sql beside it, or a commented section after "-- rollback", or "-- irreversible: <why>"`;
  return [{ ...finding, severity: 'refuse', message, correction }];
}

function concerns(finding: MigrationFinding, wanted: readonly MigrationFile[]): boolean {
  return wanted.some((file) => file.file === finding.file);
}

function blockedFindings({ blocked }: HeldBack, files: readonly MigrationFile[]): MigrationFinding[] {
  const newest = files.at(-1)?.version ?? '';
  return blocked.map(({ file, behind }): MigrationFinding => {
    const message = `no file runs before an earlier one, and ${behind.file} before it is held for a later release`;
    const correction = `git mv ${behind.file} ${nextVersion(newest, 1)}_${behind.name}.sql`;
    return {
      file: file.file,
      line: 1,
      rule: 'held-behind-contract',
      severity: 'refuse',
      message,
      statement: '',
      correction,
    };
  });
}

const severities = ['refuse', 'hold', 'warn'];

function bySeverity(a: MigrationFinding, b: MigrationFinding): number {
  return severities.indexOf(a.severity) - severities.indexOf(b.severity);
}

function folderFindings(folder: MigrationFolder, plan: MigrationPlan): MigrationFinding[] {
  const applied = new Set(plan.applied);
  return folder.problems.map(({ file, version, rule, message, correction }): MigrationFinding => {
    // What is applied cannot be made worse by its file any more; a file that claims its version still can.
    const harmless = version !== undefined && applied.has(version) && rule !== 'duplicate-version';
    return { file, line: 1, rule, severity: harmless ? 'warn' : 'refuse', message, statement: '', correction };
  });
}

async function editedFindings(
  files: readonly MigrationFile[],
  plan: MigrationPlan,
  edited: ((files: readonly MigrationFile[]) => Promise<MigrationFile[]>) | undefined,
): Promise<MigrationFinding[]> {
  const applied = new Set(plan.applied);
  const found = (await edited?.(files.filter((file) => applied.has(file.version)))) ?? [];
  return found.map(
    ({ file, version }): MigrationFinding => ({
      file,
      line: 1,
      rule: 'edited',
      severity: plan.pending.length > 0 ? 'refuse' : 'warn',
      message: `the file was changed after version ${version} was applied: this database has the old text and will never get the new one`,
      statement: '',
      correction: `restore the text (git log -p -- ${file}) and put the change into a new migration; where the database already has the change: supabase migration repair --remote --status applied ${version}`,
    }),
  );
}

function planFindings(
  plan: MigrationPlan,
  { toVersion, includeAll = false }: Pick<InspectionOptions, 'toVersion' | 'includeAll'>,
): MigrationFinding[] {
  const known = new Set([...plan.applied, ...plan.pending.map((file) => file.version)]);
  const unknown: MigrationFinding[] =
    toVersion === undefined || known.has(toVersion)
      ? []
      : [
          {
            file: toVersion,
            line: 1,
            rule: 'unknown-version',
            severity: 'refuse',
            message: `to-version ${toVersion} is the version of no file`,
            statement: '',
            correction: `one of ${[...known].slice(-5).join(', ')}`,
          },
        ];
  const late = plan.outOfOrder.map(({ file, repair }): MigrationFinding => {
    const message = 'sorts before a migration that is already applied, so this order was never tested';
    const late = { file, line: 1, rule: 'out-of-order', message, statement: '' } as const;
    return includeAll
      ? { ...late, severity: 'warn', correction: `include-all lets it run now; to keep the order: ${repair}` }
      : { ...late, severity: 'refuse', correction: `${repair}; or include-all, which lets it run all the same` };
  });
  const severity = plan.pending.length > 0 ? 'refuse' : 'warn';
  const remote = plan.remoteOnly.map(({ version, repair }): MigrationFinding => {
    const message = `version ${version} is in the database's history but not in the folder`;
    return { file: version, line: 1, rule: 'remote-only', severity, message, statement: '', correction: repair };
  });
  return [...unknown, ...late, ...remote];
}
