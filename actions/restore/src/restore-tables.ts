import { escapeMarkdown, table as markdownTable } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { findCopies } from '#backup/find-copies';
import type { OpenedBackup } from '#backup/restore-backup';
import {
  compareBeside,
  dropBeside,
  findTables,
  mergeBeside,
  restoreBeside,
  type TableBeside,
  type TableDifference,
} from '#backup/restore-beside';
import { writableUrl } from '#postgres/database-url';
import { renderChecklist } from './checklist.ts';
import { renderRefusal } from './render-restore.ts';
import { type ReplaceOptions, savePresent } from './replace-live.ts';

/** `compare` leaves nothing, `beside` leaves the copy, `place` merges it into the live tables and removes it. */
export type Into = 'compare' | 'beside' | 'place';

/**
 * Restores single tables beside the live ones and compares them by primary key; with `into: place` brings back what is missing, in
 * one transaction, after a backup of the present state. No row is ever deleted (RES-09).
 */
export async function restoreTables(
  runner: Runner,
  backup: OpenedBackup,
  options: Omit<ReplaceOptions, 'checks' | 'writeStopReason' | 'why' | 'time'> & {
    tables: readonly string[];
    into: Into;
    overwrite: boolean;
  },
): Promise<Result> {
  const { clock, context, logger, signal } = runner;
  const { into, overwrite, note, checklist, deadlineMs, scratchImage } = options;
  // Also where a person has stopped writes: this is a way back.
  const reach = async () => writableUrl(await options.target.reach());
  const known = backup.contents.contents.tables.map(({ name }) => name);
  const { tables, unknown } = findTables(options.tables, known);
  if (unknown.length > 0)
    return renderRefusal('table_not_in_backup', `${backup.manifest.name} has no ${unknown.join(', ')}`, checklist);
  const at = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/\D/g, '');
  const schema = `restored_${at}_${context.runId}_${context.runAttempt}`;
  const log = (line: string) => logger.info(line);
  const made = await restoreBeside(await reach(), backup, {
    ...{ schema, tables, deadlineMs, scratchImage, log, signal },
  });
  note('Restored beside', made.map(({ merge, rows }) => `${merge.copy} with ${rows} rows of ${merge.live}`).join(', '));
  for (const { merge } of made) for (const remark of merge.remarks) logger.warning(remark);
  let keep = into === 'beside';
  try {
    // Not removed: only a person knows which of them was kept on purpose.
    const earlier = await findCopies(await reach(), schema);
    if (earlier.length > 0)
      logger.warning(`Copies of earlier runs still hold rows, drop those that nobody needs: ${earlier.join(', ')}`);
    const before = await compareBeside(await reach(), made);
    note('Compared', describe(made, before));
    if (into !== 'place') return render({ made, before, into, schema, checklist, name: backup.manifest.name });
    const url = await reach();
    const saved = await savePresent(runner, backup, url, options);
    if ('reasonCode' in saved)
      return renderRefusal(saved.reasonCode, `${saved.message}; the live tables were not touched`, checklist);
    note(
      'Present state saved',
      `${saved.manifestFile}, sha256:${saved.manifest.object.sha256}: the way back from this`,
    );
    // Where it does not go in, the copy tells a person why.
    keep = true;
    const merged = await mergeBeside(await reach(), made, { overwrite, signal });
    keep = false;
    const sum = (key: 'inserted' | 'overwritten') => [...merged.values()].reduce((all, one) => all + one[key], 0);
    note(
      'Merged',
      `${sum('inserted')} rows inserted, ${sum('overwritten')} overwritten, none deleted, in one transaction`,
    );
    const after = await compareBeside(await reach(), made);
    note('Verified', describe(made, after));
    const savedBefore = saved.manifestFile;
    return render({ made, before, after, into, schema, checklist, name: backup.manifest.name, merged, savedBefore });
  } finally {
    if (!keep) await remove(runner, await reach(), schema);
    else if (into === 'place') logger.warning(`The copy is left in schema ${schema}: drop it when you have looked`);
  }
}

/** A copy that is left is a nuisance, not a failure. */
async function remove({ logger }: Runner, url: string, schema: string): Promise<void> {
  try {
    await dropBeside(url, schema);
  } catch (error) {
    logger.warning(`The copy in schema ${schema} could not be removed (${(error as Error).message}): drop it`);
  }
}

const none: TableDifference = { missing: 0, changed: 0, added: 0 };

/** Pure. */
function describe(made: readonly TableBeside[], found: ReadonlyMap<string, TableDifference>): string {
  return made
    .map(({ merge: { live } }) => {
      const { missing, changed, added } = found.get(live) ?? none;
      return `${live}: ${missing} missing, ${changed} changed, ${added} new since the backup`;
    })
    .join('; ');
}

/** How single tables came back. Pure. */
function render(end: {
  made: readonly TableBeside[];
  before: ReadonlyMap<string, TableDifference>;
  after?: ReadonlyMap<string, TableDifference>;
  merged?: ReadonlyMap<string, { inserted: number; overwritten: number }>;
  into: Into;
  schema: string;
  name: string;
  savedBefore?: string;
  checklist: Parameters<typeof renderChecklist>[0];
}): Result {
  const { made, before, after, merged, into, schema, name, savedBefore, checklist } = end;
  // Nobody can have taken a row away since: the merge is over, and what is missing still was not brought back.
  const short = after === undefined ? [] : made.filter(({ merge }) => (after.get(merge.live)?.missing ?? 0) > 0);
  const place = { compare: 'the copy was removed', beside: `the copy stays in schema ${schema}`, place: 'merged' }[
    into
  ];
  const told = describe(made, before);
  const summary = `${name} beside the live tables: ${told}; ${place}${savedBefore === undefined ? '' : `; the state before is ${savedBefore}`}`;
  const tables = made.map(({ merge, rows }) => ({
    ...{ table: merge.live, copy: merge.copy, rows, ...(before.get(merge.live) ?? none) },
    ...merged?.get(merge.live),
  }));
  return {
    decision: short.length === 0 ? 'restored' : 'failed',
    reasonCode:
      short.length > 0
        ? 'rows_still_missing'
        : `tables_${into === 'place' ? 'merged' : into === 'beside' ? 'restored_beside' : 'compared'}`,
    summary,
    failed: short.length > 0,
    details: {
      target: 'tables',
      into,
      schema,
      tables,
      checklist,
      ...(savedBefore === undefined ? {} : { savedBefore }),
    },
    ...(savedBefore === undefined ? {} : { outputs: { 'backup-manifest': savedBefore } }),
    jobSummary: [
      '### Restore of tables',
      escapeMarkdown(summary),
      markdownTable(
        ['Table', 'Rows in the backup', 'Missing', 'Changed', 'New'],
        tables.map(({ table, rows, missing, changed, added }) => [
          escapeMarkdown(table),
          ...[rows, missing, changed, added].map(String),
        ]),
      ),
      ...renderChecklist(checklist),
      '',
    ].join('\n\n'),
  };
}
