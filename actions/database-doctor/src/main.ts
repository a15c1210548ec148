import type { InputProblem } from '#action-kit/input-error';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { connect, DatabaseUnreachable } from '#postgres/connection';
import { parseDatabaseUrl } from '#postgres/database-url';
import { compareSizes } from '#postgres/doctor/compare-sizes';
import type { DatabaseReport } from '#postgres/doctor/database-report';
import { diagnose } from '#postgres/doctor/diagnose';
import { readDatabaseReport } from '#postgres/doctor/read-database-report';
import { type ExpectedObject, parseObject } from '#postgres/expected-objects';
import { treat } from './act.ts';
import { decideEnding } from './decide-ending.ts';
import { readEarlier, writeReport } from './earlier-report.ts';
import { inputs } from './inputs.ts';
import { readLastBackup } from './last-backup.ts';
import { planRequest } from './plan-request.ts';
import { renderReport } from './render-report.ts';

/** Reports over one read-only session; mitigates only what was asked for and confirmed. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  // Also so that a mistyped environment is noticed before somebody repeats it in confirm.
  const settings = await loadSettings(runner, given);
  const { logger, signal, clock, context } = runner;
  const { database } = parseDatabaseUrl(given.databaseUrl);
  const { request, problems } = planRequest(given, database);
  const expected = expectedFrom([...(settings.database.verifyObjects ?? []), ...(given.expect ?? [])], problems);
  if (problems.length > 0) throw new InputError(problems);
  const earlier =
    given.previous === undefined ? undefined : await readEarlier(context.workspace, given.previous, database);
  const connection = await connect(given.databaseUrl, {
    applicationName: 'ops-actions database-doctor',
    signal,
  }).catch(notConnected);
  if ('decision' in connection) return connection;
  try {
    const report = await readDatabaseReport(connection, { schemas: given.schemas, expected });
    if (given.reportPath !== undefined) await writeReport(context.workspace, given.reportPath, report);
    const findings = diagnose(report);
    for (const finding of findings) logger.info(`${finding.severity}: ${finding.message}. ${finding.next}`);
    const treatment =
      request.kind === 'none'
        ? undefined
        : await treat({
            connection,
            url: given.databaseUrl,
            report,
            request,
            dryRun: given.dryRun,
            clock,
            actor: `${context.actor} in run ${context.runId}`,
            logger,
            signal,
          });
    const ending = decideEnding({ report, findings, failOn: given.failOn, treatment, dryRun: given.dryRun });
    const growth = earlier && report.tables.read ? compareSizes(report.tables.value, earlier) : undefined;
    const backup = await readLastBackup(runner, given);
    const details = {
      findings,
      report: shortened(report),
      lastBackup: backup.made ?? null,
      ...(growth === undefined ? {} : { growth: growth.slice(0, 100), comparedWith: earlier?.readAt }),
      ...(treatment === undefined ? {} : { treatment }),
    };
    const jobSummary = renderReport(report, findings, { treatment, growth, backup: backup.text });
    return { ...ending, details, jobSummary };
  } finally {
    await connection.close();
  }
}

/** What has to be there, from ops.yml and the input. Adds to `problems`. */
function expectedFrom(texts: readonly string[], problems: InputProblem[]): ExpectedObject[] {
  return texts.flatMap((text) => {
    const object = parseObject(text);
    if (object !== undefined) return [object];
    const allowed = 'table notes, column app.notes.title, index notes_by_day or policy Users view own on notes';
    problems.push({ name: 'expect', given: text, message: 'is none of these', allowed });
    return [];
  });
}

/** An output holds one megabyte: of thousands of tables the largest ones are named. */
function shortened(report: DatabaseReport): DatabaseReport {
  const { tables } = report;
  return tables.read ? { ...report, tables: { read: true, value: tables.value.slice(0, 100) } } : report;
}

/** 53300 is not "unreachable": it is the finding itself, and nobody else can look either. */
function notConnected(error: unknown): Result {
  if (!(error instanceof DatabaseUnreachable)) throw error;
  if (error.code !== '53300') {
    return { decision: 'could-not-run', reasonCode: 'database_unreachable', summary: error.message, failed: true };
  }
  const summary = `${error.message}: all connections are taken, so nothing could be read. Stop what opens them (the app, a worker, a cron job), or use a role that may take the reserved ones, then run this again`;
  return { decision: 'could-not-run', reasonCode: 'connections_exhausted', summary, failed: true };
}
