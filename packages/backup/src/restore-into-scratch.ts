import { connect } from '#postgres/connection';
import { onlyStructure } from './compare-contents.ts';
import { decompressStream } from './compress-stream.ts';
import type { RowHash } from './count-rows.ts';
import { comparableSession, type DatabaseContents, readContents, readRelations } from './database-contents.ts';
import type { DumpListing } from './dump-listing.ts';
import { withoutFilling } from './foreign-views.ts';
import { oneChunk } from './one-chunk.ts';
import { planRestore } from './plan-restore.ts';
import { prepareScratch } from './prepare-scratch.ts';
import type { ReadAgain } from './read-back.ts';
import { listContents, printEntries, restoreGrants, restoreStream, restoreSurroundings } from './restore-stream.ts';
import type { Cluster } from './scratch-cluster.ts';
import { planSurroundings } from './table-surroundings.ts';
import type { VerifyOptions } from './verify-backup.ts';

/**
 * Makes roles, extensions and an empty database in a scratch cluster and restores the dump into it, as a role without
 * privileges (S24). What is left out is noted, and taken out of what the comparison expects.
 * @throws ExtensionMissing, RestoreFailed, BackupFailed `digest_mismatch`.
 */
export async function restoreIntoScratch(
  cluster: Cluster,
  options: Pick<VerifyOptions, 'decrypt' | 'source' | 'surroundings' | 'level' | 'deadlineMs' | 'signal'> & {
    readAgain: ReadAgain;
  },
  notes: { leftOut: string[]; remarks: string[] },
): Promise<{
  url: string;
  /** The part of what the source held that must be there now. */
  expect: (contents: DatabaseContents) => DatabaseContents;
  dump: DumpListing;
}> {
  const plain = () => decompressStream(options.decrypt(options.readAgain()));
  const run = {
    cluster,
    deadlineMs: options.deadlineMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const scratch = await prepareScratch(cluster, options.source);
  const structureOnly = options.level === 'structure';
  const contents = await listContents(plain(), run);
  const { surroundings } = options;
  const dangling = surroundings?.dangling ?? [];
  const foreignViews = options.source.foreignViews ?? [];
  const given = {
    existing: scratch.existing,
    missing: scratch.missing.map((extension) => extension.name),
    missingTables: new Set(scratch.missing.flatMap((extension) => extension.tables)),
    structureOnly,
    foreignToo: options.source.wrappers !== undefined,
    dangling: [...dangling, ...foreignViews].map(({ entry }) => entry),
  };
  const plan = planRestore(contents, given);
  if (surroundings !== undefined) {
    const archive = () => oneChunk(Buffer.from(surroundings.archive, 'base64'));
    const { list } = planRestore(await listContents(archive(), run), given);
    await restoreSurroundings(archive(), scratch, planSurroundings(list, contents), run);
  }
  notes.leftOut.push(...plan.leftOut);
  notes.remarks.push(...scratch.remarks);
  await restoreStream(plain(), scratch, plan.list, run);
  if (plan.grants.length > 0) await restoreGrants(plain, scratch, plan.grants, run);
  const eventTriggers = plan.eventTriggers.length > 0 ? await printEntries(plain(), plan.eventTriggers, run) : '';
  const left = new Set(plan.leftOut.filter((line) => line.startsWith('FOREIGN TABLE ')).map((line) => line.slice(14)));
  const definitions = dangling.flatMap(({ definition }) => definition ?? []);
  return {
    url: scratch.url,
    expect(given) {
      const expected = without(given, left, definitions);
      return structureOnly
        ? withoutFilling(onlyStructure(expected))
        : withoutFilling(
            expected,
            foreignViews.map(({ name }) => name),
          );
    },
    dump: { contents, eventTriggers },
  };
}

/** What the scratch copy holds; with the hash of what it is to be compared with. */
export async function readRestored(
  url: string,
  { rowHash, structureOnly = false }: { rowHash?: RowHash; structureOnly?: boolean } = {},
): Promise<DatabaseContents> {
  const connection = await connect(url, { applicationName: 'ops-actions compare' });
  try {
    await connection.query(comparableSession);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const contents = await readContents(connection, await readRelations(connection), rowHash);
    return structureOnly ? onlyStructure(contents) : contents;
  } finally {
    await connection.close();
  }
}

/** Without relations of these names and definitions that begin so. */
function without(
  contents: DatabaseContents,
  names: ReadonlySet<string>,
  definitions: readonly string[],
): DatabaseContents {
  if (names.size === 0 && definitions.length === 0) return contents;
  const belongs = (line: string) =>
    definitions.some((beginning) => line.startsWith(beginning)) ||
    [...names].some((name) => line.includes(` ${name}.`) || line.includes(` on ${name} to `));
  return {
    ...contents,
    relations: contents.relations.filter((relation) => !names.has(relation.name)),
    definitions: contents.definitions.filter((line) => !belongs(line)),
  };
}
