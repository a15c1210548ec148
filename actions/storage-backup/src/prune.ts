import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { decideObjectPruning } from '#backup/objects/decide-object-pruning';
import { findCatalogues } from '#backup/objects/find-catalogues';
import type { EnvironmentSettings } from '#config/settings';
import type { Given } from './inputs.ts';
import { lackedByLedger, openLedger, openPlaces, planPlaces } from './places.ts';

const dayMs = 24 * 60 * 60 * 1000;
const standardDays = 30;

/** Removes versions whose time is over, and the catalogues that named them. */
export async function prune(runner: Runner, given: Given, settings: EnvironmentSettings): Promise<Result> {
  const problems: InputProblem[] = [];
  const { places } = planPlaces(runner, given, settings, problems);
  const keepDays = (given.retention ?? settings.database.retentionMs?.storage ?? standardDays * dayMs) / dayMs;
  if (keepDays < 1) problems.push({ name: 'retention', message: 'is less than a day' });
  problems.push(...lackedByLedger(runner, given));
  if (problems.length > 0) throw new InputError(problems);
  const { clock, logger, signal } = runner;
  const log = (line: string) => logger.info(line);
  const { trusted } = openLedger(runner, given, settings);
  const told: string[] = [];
  const removed = { versions: 0, files: 0 };
  let kept = false;
  for (const destination of await openPlaces(runner, places)) {
    const { environment, maxAge } = given;
    const { catalogues, files, ...beside } = await findCatalogues(destination, { environment, trusted, log });
    const now = clock.now() / 1000;
    const decided = decideObjectPruning(catalogues, files, {
      ...{ environment, keepDays, freshSeconds: maxAge / 1000, now },
      ...beside,
    });
    const present = new Set(files.map(({ name }) => name));
    for (const file of decided.remove.filter((name) => present.has(name))) {
      signal.throwIfAborted();
      await destination.remove(file);
      removed.files += 1;
    }
    removed.versions += decided.versions;
    kept ||= decided.kept !== undefined;
    told.push(
      `${destination.description}: ${decided.kept === undefined ? `${decided.versions} old versions removed` : `nothing is removed: ${decided.kept}`}`,
    );
  }
  for (const line of told) log(line);
  return {
    decision: kept ? 'kept' : 'pruned',
    reasonCode: kept ? 'no_fresh_catalogue' : 'old_versions_removed',
    summary: told.join('; '),
    failed: kept,
    details: { ...removed, keepDays },
    jobSummary: `### Old versions of storage objects\n\n${escapeMarkdown(told.join('; '))}\n`,
  };
}
