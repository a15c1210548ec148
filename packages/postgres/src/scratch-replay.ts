import { applyMigrations } from './apply-migrations.ts';
import { connect } from './connection.ts';
import { openMigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';
import { compareSchemas, readSchema } from './read-schema.ts';
import { rollBackMigrations } from './roll-back-migrations.ts';
import { newAdvice, readSchemaAdvice, type SchemaAdvice } from './schema-advice.ts';
import { supabaseStandIn } from './supabase-stand-in.ts';

/** What a replay on a scratch database found; `differences` are definitions, never rows. */
export type Rehearsal =
  | { outcome: 'passed' }
  | { outcome: 'failed'; reasonCode: string; message: string; differences: string[] };

/** The schema that these files make, from nothing. @throws ReplayFailed. */
export async function replaySchema(scratchUrl: string, files: readonly MigrationFile[]): Promise<string[]> {
  await prepare(scratchUrl);
  await apply(scratchUrl, files, []);
  return await schemaOf(scratchUrl);
}

/** All files from nothing: that they get through, and what the pending ones bring to the schema that is worth telling. */
export type Replay = { files: number; advice: SchemaAdvice[] } | { files: number; failure: string };

/** Applies `before`, then `pending`, on an empty database (MIG-04). */
export async function replayMigrations(
  scratchUrl: string,
  before: readonly MigrationFile[],
  pending: readonly MigrationFile[],
): Promise<Replay> {
  const files = before.length + pending.length;
  try {
    await prepare(scratchUrl);
    await apply(scratchUrl, before, []);
    const old = await adviceOf(scratchUrl);
    await apply(
      scratchUrl,
      pending,
      before.map((file) => file.version),
    );
    return { files, advice: newAdvice(old, await adviceOf(scratchUrl)) };
  } catch (error) {
    if (!(error instanceof ReplayFailed)) throw error;
    return { files, failure: error.message };
  }
}

/** A file that did not get through on a database that holds nothing but the files before it. */
export class ReplayFailed extends Error {
  override readonly name = 'ReplayFailed';
}

/**
 * Up, down, up on a scratch database: the way back has to leave the schema that was there before, and the files have to
 * apply again after it (MIG-13). `before` are applied first; `files` are taken back and applied again.
 */
export async function rehearseRollback(
  scratchUrl: string,
  before: readonly MigrationFile[],
  files: readonly MigrationFile[],
): Promise<Rehearsal> {
  const fail = (reasonCode: string, message: string, differences: string[] = []): Rehearsal => ({
    outcome: 'failed',
    reasonCode,
    message,
    differences,
  });
  try {
    const old = await replaySchema(scratchUrl, before);
    const versions = before.map((file) => file.version);
    await apply(scratchUrl, files, versions);
    const made = await schemaOf(scratchUrl);
    const session = await openMigrationSession(scratchUrl);
    const outcome = await rollBackMigrations(session, {
      files: files.toReversed(),
      applied: [...versions, ...files.map((file) => file.version)],
    }).finally(() => session.close());
    if (outcome.failure !== undefined) {
      return fail('rollback_sql_failed', `the rollback of ${outcome.failure.file} fails: ${outcome.failure.message}`);
    }
    const back = compareSchemas(old, await schemaOf(scratchUrl));
    if (back.length > 0)
      return fail('rollback_sql_incomplete', 'the rollback does not leave the schema that was there before', back);
    await apply(scratchUrl, files, versions);
    const again = compareSchemas(made, await schemaOf(scratchUrl));
    return again.length > 0
      ? fail('rollback_sql_incomplete', 'applied again after the rollback, the files make another schema', again)
      : { outcome: 'passed' };
  } catch (error) {
    if (!(error instanceof ReplayFailed)) throw error;
    return fail('replay_failed', error.message);
  }
}

async function prepare(url: string): Promise<void> {
  const connection = await connect(url, { applicationName: 'ops-actions scratch' });
  await connection.query(supabaseStandIn).finally(() => connection.close());
}

async function apply(url: string, files: readonly MigrationFile[], applied: readonly string[]): Promise<void> {
  const session = await openMigrationSession(url);
  const outcome = await applyMigrations(session, { pending: files, applied }).finally(() => session.close());
  const { failure } = outcome;
  if (failure === undefined) return;
  const place = failure.line === undefined ? failure.file : `${failure.file} line ${failure.line}`;
  throw new ReplayFailed(`replayed from nothing, ${place} fails: ${failure.message}`);
}

async function schemaOf(url: string): Promise<string[]> {
  const connection = await connect(url, { applicationName: 'ops-actions scratch' });
  return await readSchema(connection).finally(() => connection.close());
}

async function adviceOf(url: string): Promise<SchemaAdvice[]> {
  const connection = await connect(url, { applicationName: 'ops-actions scratch' });
  return await readSchemaAdvice(connection).finally(() => connection.close());
}
