import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { InputError } from '#action-kit/inputs';
import type { EarlierSizes } from '#postgres/doctor/compare-sizes';
import type { DatabaseReport } from '#postgres/doctor/database-report';

const kept = z.object({
  schemaVersion: z.literal(1),
  database: z.string(),
  readAt: z.number(),
  tables: z.array(z.object({ schema: z.string(), table: z.string(), bytes: z.number(), estimated: z.boolean() })),
});

/** The sizes that an earlier run wrote down. @throws InputError where the file is none of ours, or of another database. */
export async function readEarlier(workspace: string, path: string, database: string): Promise<EarlierSizes> {
  const refuse = (message: string): never => {
    throw new InputError([{ name: 'previous', given: path, message, allowed: 'a file that report-path wrote' }]);
  };
  const text = await readFile(resolve(workspace, path), 'utf8').catch(() => refuse('cannot be read'));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    refuse('is not JSON');
  }
  const read = kept.safeParse(json);
  if (!read.success) return refuse('is no report of this action');
  return read.data.database === database ? read.data : refuse(`is about database ${read.data.database}`);
}

/** Writes the sizes of tables for a later run; names and numbers only. Nothing is written where they could not be read. */
export async function writeReport(workspace: string, path: string, report: DatabaseReport): Promise<void> {
  const { database, readAt, tables } = report;
  if (!tables.read) return;
  const sizes = tables.value.map(({ schema, table, bytes, estimated }) => ({ schema, table, bytes, estimated }));
  const file = resolve(workspace, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ schemaVersion: 1, database, readAt, tables: sizes })}\n`);
}
