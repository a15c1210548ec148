import { join } from 'node:path';
import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { BackupDestination } from '#backup/destination';
import { objectsFolder } from '#backup/objects/find-catalogues';
import { openDestinations } from '#backup/open-destinations';
import { type PlannedDestination, planDestinations } from '#backup/plan-destinations';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import { type BackupLedger, openBackupLedger } from '#release/backup-ledger';
import type { Given } from './inputs.ts';

/** Where versions lie, in a folder of their own beside the dumps; mistakes go to `problems`. */
export function planPlaces(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  problems: InputProblem[],
): { places: PlannedDestination[]; publicRepository: boolean } {
  const where = givenDestinations(runner, given, settings.database);
  const sourceProject = given.mode === 'copy' ? projectOf(given, settings) : undefined;
  const hosted = given.mode === 'copy' && where.hosted;
  const planned = planDestinations({ ...where, artifacts: false, hosted, sourceProject });
  problems.push(
    ...planned.problems.map((problem) =>
      problem.given === 'artifact'
        ? { ...problem, message: 'keeps no versions of objects: each artifact ends by a clock of its own' }
        : problem,
    ),
  );
  const places = planned.destinations.map((place): PlannedDestination => {
    if (place.kind === 'directory') return { ...place, path: join(place.path, objectsFolder) };
    if (place.kind !== 's3' && place.kind !== 'supabase-storage') return place;
    return { ...place, prefix: [place.prefix, objectsFolder].filter((part) => part !== '').join('/') };
  });
  return { places, publicRepository: where.publicRepository };
}

export function openPlaces(runner: Runner, places: readonly PlannedDestination[]): Promise<BackupDestination[]> {
  return openDestinations(places, destinationPorts(runner));
}

export function projectOf(given: Given, { database }: EnvironmentSettings): string | undefined {
  return given.supabaseProject ?? database.project;
}

/** The address of the storage of a project; Supabase's own has a host for large objects. @throws InputError (S11). */
export function storageAddress(
  runner: Runner,
  name: 'source-url' | 'target-url',
  input: string | undefined,
  project: string,
): string {
  const variable = name === 'source-url' ? 'OPS_ACTIONS_SOURCE_STORAGE_URL' : 'OPS_ACTIONS_TARGET_STORAGE_URL';
  return serviceAddress(runner, { name, input, variable, standard: `https://${project}.storage.supabase.co` });
}

/** What a run lacks that has to ask the ledger which catalogues are ours. Pure. */
export function lackedByLedger({ context }: Pick<Runner, 'context'>, given: Given): InputProblem[] {
  const why =
    'only catalogues in the ledger of the environment say what may go: whoever writes to the store could write one that names nothing (S26)';
  return [
    ...(given.environment === undefined ? [{ name: 'environment', message: `is needed by prune: ${why}` }] : []),
    ...(given.githubToken === undefined || context.repository === ''
      ? [{ name: 'github-token', message: `and its repository are needed by prune: ${why}` }]
      : []),
  ];
}

export function openLedger(
  runner: Runner,
  given: Given,
  { production }: EnvironmentSettings,
): { ledger: BackupLedger; trusted(name: string, digest: string): Promise<boolean> } {
  const { context, logger } = runner;
  const { githubToken: token, environment, acknowledgedRecipients: acknowledged } = given;
  const github =
    token === undefined || context.repository === '' ? undefined : createGitHub(gitHubConnection(runner, token));
  const ledger = openBackupLedger(
    github,
    { environment, production, ref: context.sha, acknowledged, of: 'objects' },
    logger,
  );
  const known = github !== undefined && environment !== undefined;
  const believed = given.mode === 'copy';
  if (!known && believed)
    logger.warning(
      'Weaker than standard: without environment and github-token no ledger says which catalogues are ours, and those in the store are believed',
    );
  return {
    ledger,
    // Without a ledger a copy has only the store to ask; nothing is restored or removed by what that says.
    trusted: async (name, digest) => (known ? (await ledger.digestsOfName(name))?.manifest === digest : believed),
  };
}
