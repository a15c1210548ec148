import { connect } from '#postgres/connection';
import { onlyStructure } from './compare-contents.ts';
import { decompressStream } from './compress-stream.ts';
import { comparableSession, type DatabaseContents, readContents, readRelations } from './database-contents.ts';
import type { DumpListing } from './dump-listing.ts';
import { planRestore } from './plan-restore.ts';
import { prepareScratch } from './prepare-scratch.ts';
import { listContents, printEntries, restoreGrants, restoreStream } from './restore-stream.ts';
import type { Cluster } from './scratch-cluster.ts';
import type { VerifyOptions } from './verify-backup.ts';

/**
 * Makes roles, extensions and an empty database in a scratch cluster and restores the dump into it, as a role without
 * privileges (S24). What is left out is noted, and taken out of what the comparison expects.
 * @throws ExtensionMissing, RestoreFailed.
 */
export async function restoreIntoScratch(
  cluster: Cluster,
  options: Pick<
    VerifyOptions,
    'destinations' | 'dump' | 'decrypt' | 'source' | 'contents' | 'level' | 'deadlineMs' | 'signal'
  >,
  notes: { leftOut: string[]; remarks: string[] },
): Promise<{ url: string; expected: DatabaseContents; dump: DumpListing }> {
  const [primary] = options.destinations;
  if (primary === undefined) throw new Error('no destination holds the backup');
  const plain = () => decompressStream(options.decrypt(primary.read(options.dump.file)));
  const run = {
    cluster,
    deadlineMs: options.deadlineMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const scratch = await prepareScratch(cluster, options.source);
  const structureOnly = options.level === 'structure';
  const contents = await listContents(plain(), run);
  const plan = planRestore(contents, {
    existing: scratch.existing,
    missing: scratch.missing.map((extension) => extension.name),
    missingTables: new Set(scratch.missing.flatMap((extension) => extension.tables)),
    structureOnly,
    foreignToo: options.source.wrappers !== undefined,
  });
  notes.leftOut.push(...plan.leftOut);
  notes.remarks.push(...scratch.remarks);
  await restoreStream(plain(), scratch, plan.list, run);
  if (plan.grants.length > 0) await restoreGrants(plain(), scratch, plan.grants, run);
  const eventTriggers = plan.eventTriggers.length > 0 ? await printEntries(plain(), plan.eventTriggers, run) : '';
  const left = new Set(plan.leftOut.filter((line) => line.startsWith('FOREIGN TABLE ')).map((line) => line.slice(14)));
  const expected = without(options.contents, left);
  return {
    url: scratch.url,
    expected: structureOnly ? onlyStructure(expected) : expected,
    dump: { contents, eventTriggers },
  };
}

/** What the scratch copy holds. */
export async function readRestored(url: string, structureOnly = false): Promise<DatabaseContents> {
  const connection = await connect(url, { applicationName: 'ops-actions compare' });
  try {
    await connection.query(comparableSession);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const contents = await readContents(connection, await readRelations(connection));
    return structureOnly ? onlyStructure(contents) : contents;
  } finally {
    await connection.close();
  }
}

function without(contents: DatabaseContents, names: ReadonlySet<string>): DatabaseContents {
  if (names.size === 0) return contents;
  const belongs = (line: string) =>
    [...names].some((name) => line.includes(` ${name}.`) || line.includes(` on ${name} to `));
  return {
    ...contents,
    relations: contents.relations.filter((relation) => !names.has(relation.name)),
    definitions: contents.definitions.filter((line) => !belongs(line)),
  };
}
