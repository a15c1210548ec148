import { z } from 'zod';
import type { DatabaseContents } from './database-contents.ts';
import type { SourceSnapshot } from './source-snapshot.ts';
import { type TableSurroundings, tableSurroundings } from './table-surroundings.ts';

const strings = z.array(z.string());

const stored = z.object({
  schemaVersion: z.literal(1),
  source: z.object({
    serverVersion: z.string(),
    databaseBytes: z.number(),
    encoding: z.string(),
    collate: z.string(),
    characterType: z.string(),
    /** Absent where the database does not sort by ICU, and in backups that were made before. */
    icuLocale: z.string().optional(),
    roles: strings,
    schemas: strings,
    extensions: z.array(
      z.object({ name: z.string(), schema: z.string(), version: z.string(), dependents: strings, tables: strings }),
    ),
    /** Absent in backups of 0.1: then nothing foreign is restored for the proof. */
    wrappers: strings.optional(),
    /** Absent in backups that were made before. */
    foreignViews: z.array(z.object({ name: z.string(), entry: z.string() })).optional(),
  }),
  /** Without passwords. */
  roles: z.array(
    z.object({
      name: z.string(),
      superuser: z.boolean(),
      createRole: z.boolean(),
      createDatabase: z.boolean(),
      inherit: z.boolean(),
      login: z.boolean(),
      replication: z.boolean(),
      bypassRowSecurity: z.boolean(),
      connectionLimit: z.number(),
      settings: strings,
      memberOf: strings,
    }),
  ),
  /** Where single tables were asked for; absent in backups of 0.1. */
  surroundings: tableSurroundings.optional(),
  contents: z.custom<DatabaseContents>((value) => typeof value === 'object' && value !== null && 'relations' in value),
});

/** What lies encrypted beside a dump: everything a restore needs to make the surroundings and to compare the result. */
export type StoredContents = z.infer<typeof stored>;

export function formatContents(
  source: SourceSnapshot,
  contents: DatabaseContents,
  surroundings?: TableSurroundings,
): string {
  const { databaseBytes, encoding, collate, characterType, icuLocale, roles, schemas, extensions, wrappers } = source;
  const given: StoredContents = {
    schemaVersion: 1,
    source: {
      serverVersion: source.version,
      databaseBytes,
      encoding,
      collate,
      characterType,
      icuLocale,
      roles,
      schemas,
      extensions,
      wrappers,
      foreignViews: source.foreignViews,
    },
    roles: source.roleDetails,
    ...(surroundings === undefined ? {} : { surroundings }),
    contents,
  };
  return JSON.stringify(given);
}

/** @throws Error that says what is wrong. */
export function parseContents(text: string): StoredContents {
  const parsed = stored.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(`the stored contents of the backup are damaged: ${z.prettifyError(parsed.error)}`);
}
