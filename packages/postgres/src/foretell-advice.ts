import type { MigrationFile } from './read-migrations.ts';
import type { SchemaAdvice } from './schema-advice.ts';
import { type Place, type SketchedTable, sketchSchema } from './schema-sketch.ts';
import { qualified } from './sql-names.ts';
import type { SqlParser } from './sql-parser.ts';

/** Advice about a schema that is not there yet: what the files say, before they run (MIG-15). */
export type ForetoldAdvice = SchemaAdvice & Place;

/** Who comes in through the Data API, as the database says it. */
export interface Exposure {
  /** There are roles `anon` or `authenticated`. */
  visitors: boolean;
  /** They are given every new table of `public` by default privileges. */
  byDefault: boolean;
  /** The database switches row level security on by itself, by an event trigger. */
  secured: boolean;
}

/** Of a Supabase project as it is made; where no database can be asked. */
export const usualExposure: Exposure = { visitors: true, byDefault: true, secured: false };

/**
 * New tables of `public` without row level security or without a policy, and new foreign keys without an index, read from the
 * files alone with PostgreSQL's parser. `earlier` are read only where a file is silent, for what they may have made. What
 * functions do, and what was made by hand, is not seen. `askExposure` is asked only for new tables that something is missing of.
 */
export async function foretellAdvice(given: {
  files: readonly MigrationFile[];
  earlier: readonly MigrationFile[];
  parser: SqlParser;
  askExposure?: (() => Promise<Exposure>) | undefined;
}): Promise<ForetoldAdvice[]> {
  const { files, earlier, parser, askExposure } = given;
  const { tables, securesItself } = sketchSchema(files, parser);
  let read: ReturnType<typeof sketchSchema> | undefined;
  const whole = () => {
    read ??= sketchSchema([...earlier, ...files], parser);
    return read;
  };
  const open = [...tables.values()].flatMap((table) => (securesItself ? [] : openTable(table)));
  const exposure = open.length === 0 ? usualExposure : ((await askExposure?.()) ?? usualExposure);
  const exposed =
    exposure.visitors && open.length > 0 && !whole().securesItself
      ? open.filter(
          ({ rule, table }) =>
            (exposure.byDefault || table.granted) && !(exposure.secured && rule === 'table-without-row-security'),
        )
      : [];
  const keys = [...tables].flatMap(([key, table]) =>
    table.foreignKeys
      .filter(({ columns }) => !isIndexed(table, columns) && !isIndexed(whole().tables.get(key) ?? table, columns))
      .map(({ name, columns, place }): ForetoldAdvice => {
        const known = name ?? `${table.name.name}_${columns.join('_')}_fkey`;
        return {
          rule: 'foreign-key-without-index',
          object: `${known} on ${nameOf(table)}`,
          message: keyMessage,
          ...place,
        };
      }),
  );
  return [...exposed.map(({ table: _, ...advice }) => advice), ...keys];
}

const keyMessage = 'no index begins with its columns: a DELETE or UPDATE of the other table reads this one whole';

function openTable(table: SketchedTable): (ForetoldAdvice & { table: SketchedTable })[] {
  const { made, rowSecurity, policies, name } = table;
  if (made === undefined || (name.schema ?? 'public') !== 'public' || (rowSecurity && policies.size > 0)) return [];
  const advice = rowSecurity
    ? ({
        rule: 'table-without-policy',
        message: 'row level security is on and no policy lets anybody in: visitors see no row',
      } as const)
    : ({
        rule: 'table-without-row-security',
        message: 'anon or authenticated may use it and no file switches row level security on',
      } as const);
  return [{ ...advice, object: nameOf(table), ...made, table }];
}

/** As for PostgreSQL's catalog: the first columns of an index are those of the key, in whatever order. */
function isIndexed({ indexes, copied }: SketchedTable, columns: readonly string[]): boolean {
  if (copied) return true;
  return indexes.some((index) => columns.every((column) => index.columns.slice(0, columns.length).includes(column)));
}

function nameOf({ name }: SketchedTable): string {
  return qualified({ schema: 'public', ...name });
}
