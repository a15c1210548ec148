import { supabaseAddress } from '#action-kit/connections';
import { databasePorts, databaseRequest } from '#action-kit/database-target';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, readInputs } from '#action-kit/inputs';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { connect, DatabaseUnreachable } from '#postgres/connection';
import { parseDatabaseUrl } from '#postgres/database-url';
import { compareSizes } from '#postgres/doctor/compare-sizes';
import type { DatabaseReport } from '#postgres/doctor/database-report';
import { diagnose, worstFirst } from '#postgres/doctor/diagnose';
import { findDamage } from '#postgres/doctor/find-damage';
import { judgeDamage } from '#postgres/doctor/judge-damage';
import { readDatabaseReport } from '#postgres/doctor/read-database-report';
import { type ExpectedObject, parseObject } from '#postgres/expected-objects';
import { openDatabaseAccess } from '#supabase/database-access';
import { planNeededDatabase } from '#supabase/plan-database-target';
import { resolveDatabase } from '#supabase/resolve-database';
import { treat } from './act.ts';
import { atAGlance, type GlanceValue } from './at-a-glance.ts';
import { damageReport, tellDamage } from './damage-report.ts';
import { decideEnding } from './decide-ending.ts';
import { readEarlier, writeReport } from './earlier-report.ts';
import { findForgottenPool } from './forgotten-pool.ts';
import { inputs } from './inputs.ts';
import { readLastBackup } from './last-backup.ts';
import { lookAtMachine } from './look-at-machine.ts';
import { damageLimits, damageQueries } from './look-for-damage.ts';
import { notVerified } from './not-verified.ts';
import { type Given, planRequest } from './plan-request.ts';
import { glanceTable, renderReport } from './render-report.ts';
import { treatPool } from './treat-pool.ts';

/** Looks at the database, or files the damage that was found. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  return given.mode === 'look' ? await look(runner, given) : await damageReport(runner, given);
}

/** Reports over one read-only session; mitigates only what was asked for and confirmed. */
async function look(runner: Runner, given: Given): Promise<Result> {
  // Also so that a mistyped environment is noticed before somebody repeats it in confirm.
  const settings = await loadSettings(runner, given);
  const { mitigate } = given;
  if (mitigate === 'raise-pool' || mitigate === 'pool-back')
    return await treatPool(runner, { ...given, mitigate }, settings);
  const { logger, signal, clock, context } = runner;
  const named = await databaseRequest(runner, given, settings);
  const target = planNeededDatabase(named);
  if (target.url === undefined) throw new InputError(target.problems);
  const { database } = parseDatabaseUrl(target.url);
  const { request, problems } = planRequest({ ...given, mitigate }, database);
  const expected = expectedFrom([...(settings.database.verifyObjects ?? []), ...(given.expect ?? [])], problems);
  if (problems.length > 0) throw new InputError(problems);
  const damageLook = given.lookForDamage ? await damageQueries(settings) : [];
  const earlier =
    given.previous === undefined ? undefined : await readEarlier(context.workspace, given.previous, database);
  const { tlsReason } = settings.database;
  const ports = { ...databasePorts(runner, given, openDatabaseAccess), readOnly: request.kind === 'none', tlsReason };
  const project = named.project ?? named.linked ?? named.pinned;
  const secondLook = await lookAtMachine(runner, {
    apiUrl: supabaseAddress(runner, given),
    token: given.supabaseAccessToken,
    project,
  });
  const url = await resolveDatabase({ ...target, url: target.url }, ports);
  const connection = await connect(url, {
    applicationName: 'ops-actions database-doctor',
    signal,
  }).catch(notConnected);
  if ('decision' in connection) {
    const backup = await readLastBackup(runner, given);
    const glance = atAGlance(undefined, await secondLook(), { backup, unreachable: connection.summary });
    return { ...connection, details: { glance }, jobSummary: glanceTable(glance) };
  }
  try {
    const report = await readDatabaseReport(connection, { schemas: given.schemas, expected });
    if (given.reportPath !== undefined) await writeReport(context.workspace, given.reportPath, report);
    const damage = await findDamage(connection, damageLook, damageLimits);
    const everybodyReads = isPublic(context.event);
    const damaged = judgeDamage(damage, { environment: given.environment, everybodyReads });
    const forgotten = await findForgottenPool(runner, given, project);
    const findings = worstFirst([
      ...damaged.findings,
      ...diagnose(report),
      ...forgotten,
      ...notVerified(url, tlsReason),
    ]);
    for (const finding of findings) logger.info(`${finding.severity}: ${finding.message}. ${finding.next}`);
    const treatment =
      request.kind === 'none'
        ? undefined
        : await treat({
            connection,
            url,
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
    const glance: GlanceValue[] = atAGlance(report, await secondLook(), { backup });
    const details = {
      findings,
      glance,
      report: shortened(report),
      lastBackup: backup.made ?? null,
      ...(given.lookForDamage ? { damage: { ...damaged.scope, restore: damaged.restore ?? null } } : {}),
      ...(growth === undefined ? {} : { growth: growth.slice(0, 100), comparedWith: earlier?.readAt }),
      ...(treatment === undefined ? {} : { treatment }),
    };
    const jobSummary = renderReport(report, findings, { treatment, growth, glance });
    const told = tellDamage(damage, damaged, { at: clock.now(), everybodyReads });
    return { ...ending, details, jobSummary, ...(told === undefined ? {} : { outputs: { damage: told } }) };
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
  const summary = `${error.message}: all connections of the server are taken, or all that this role or database may have (CONNECTION LIMIT), so nothing could be read. Stop what opens them (the app, a worker, a cron job), or use another role: one that may take the reserved ones, or without a limit of its own; then run this again`;
  return { decision: 'could-not-run', reasonCode: 'connections_exhausted', summary, failed: true };
}
