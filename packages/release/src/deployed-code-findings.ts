import { cleanText } from '#http/text';
import type { MigrationFinding } from '#postgres/classify-migrations';
import { identifier } from '#postgres/sql-names';
import type { RemovedName } from '#postgres/statement-finding';
import { describePlaces } from './find-uses.ts';
import type { DeployedUses } from './search-deployed-code.ts';

/** Everything that pending files take away, in the order of the findings. Pure. */
export function removedNames(findings: readonly MigrationFinding[]): RemovedName[] {
  return findings.flatMap(({ removes }) => removes ?? []);
}

/** What the source of the deployed commit says about the names that go: findings to stand beside those they belong to. Pure. */
export function deployedCodeFindings(findings: readonly MigrationFinding[], found: DeployedUses): MigrationFinding[] {
  const removing = findings.filter(({ removes = [] }) => removes.length > 0);
  const [first] = removing;
  if (first === undefined) return [];
  const commit = found.commit?.slice(0, 7);
  if ('reason' in found) {
    const names = describeNames(removedNames(findings));
    const where = commit === undefined ? '' : ` (commit ${commit})`;
    const message = `whether the code that is deployed now${where} still uses ${names} could not be searched: ${found.reason}`;
    const correction = 'search for the names in the deployed commit yourself before they go';
    return [at(first, 'deployed-code-not-searched', message, correction)];
  }
  return removing.flatMap((finding) => {
    const names = finding.removes ?? [];
    const uses = found.uses.filter(({ removed }) => names.includes(removed));
    if (uses.length === 0) return [];
    const used = describeNames(names.filter((name) => uses.some(({ removed }) => removed === name)));
    const more = names.reduce((sum, name) => sum + (found.more.get(name) ?? 0), 0);
    const places = cleanText(describePlaces(uses, more), 1000);
    const message = `the code that is deployed now (commit ${commit}) names ${used}: ${places}`;
    const correction =
      'deploy code that does without it, and let this run afterwards; a place that means something else needs nothing';
    return [at(finding, 'used-by-deployed-code', message, correction)];
  });
}

/** For the log, where nothing was found: what that is worth. Undefined: there are findings, or nothing goes. Pure. */
export function describeUnused(findings: readonly MigrationFinding[], found: DeployedUses): string | undefined {
  if ('reason' in found || found.uses.length > 0) return undefined;
  const names = describeNames(removedNames(findings));
  return `No use of ${names} found in ${found.files} files of the deployed commit ${found.commit.slice(0, 7)}; a name that is put together at run time is not seen`;
}

function at(
  { file, line, column, statement }: MigrationFinding,
  rule: MigrationFinding['rule'],
  message: string,
  correction: string,
): MigrationFinding {
  const place = column === undefined ? { file, line } : { file, line, column };
  return { ...place, rule, severity: 'warn', message, statement, correction };
}

const shownNames = 8;

function describeNames(removed: readonly RemovedName[]): string {
  const names = [
    ...new Set(
      removed.map(({ name, table }) => identifier(name) + (table === undefined ? '' : ` of ${identifier(table)}`)),
    ),
  ];
  const rest = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
