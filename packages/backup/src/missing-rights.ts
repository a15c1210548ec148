import type { DatabaseConnection } from '#postgres/connection';
import { type Relation, readRelations } from './database-contents.ts';

/** A relation with what this role may see of it. */
export type SeenRelation = Relation & { schema: string; readable: boolean; filtered: boolean };

/** Why a backup by this role would miss rows, and the SQL that ends that. */
export interface MissingRight {
  message: string;
  fix: string;
}

/** Schemas that Supabase runs itself; a role of the project cannot read all of them (supabase.md §4). */
const platformSchema =
  /^(_analytics|_realtime|_supavisor|auth|cron|extensions|graphql|graphql_public|net|pgbouncer|pgmq|pgsodium.*|pgtle|realtime|repack|storage|supabase_functions|tiger.*|timescaledb_.*|topology|vault)$/;

/**
 * Each reason why a backup by this role would miss rows, and the names of the platform's relations that it goes without
 * because no role of a project may read them. Pure.
 */
export function judgeRights(
  user: string,
  relations: readonly SeenRelation[],
): { missing: MissingRight[]; unreadable: string[] } {
  const refused = relations.filter((relation) => !relation.readable && relation.kind !== 'view');
  const own = refused.filter((relation) => !platformSchema.test(relation.schema));
  const hidden = relations.filter((relation) => relation.readable && relation.filtered);
  return {
    missing: [
      ...(own.length === 0 ? [] : [unreadableTables(user, own)]),
      ...(hidden.length === 0 ? [] : [hiddenRows(user, hidden)]),
    ],
    unreadable: refused.map((relation) => relation.name),
  };
}

/** Why a backup of the whole database by the role of this session would be refused; asks the catalog only. */
export async function missingRights(connection: DatabaseConnection): Promise<MissingRight[]> {
  return judgeRights(connection.settings.user, await readRelations(connection)).missing;
}

function unreadableTables(user: string, tables: readonly Relation[]): MissingRight {
  return {
    message: `role ${user} may not read ${someNames(tables)}, so a backup would miss them`,
    fix: `connect as their owner, or GRANT SELECT on them to ${user}`,
  };
}

/** A role that row level security applies to would dump, and count, only what its policies show. */
function hiddenRows(user: string, tables: readonly Relation[]): MissingRight {
  return {
    message: `row level security hides rows of ${someNames(tables)} from role ${user}, so a backup would miss them`,
    fix: `connect as their owner, or ALTER ROLE ${user} BYPASSRLS`,
  };
}

function someNames(tables: readonly Relation[]): string {
  const names = tables.slice(0, 5).map((table) => table.name);
  const more = tables.length > names.length ? ` and ${tables.length - names.length} more` : '';
  return `${names.join(', ')}${more}`;
}
