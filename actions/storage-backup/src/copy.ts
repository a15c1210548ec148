import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { backupName } from '#backup/backup-name';
import { openEncryption } from '#backup/encryption';
import { type CopyState, copyObjects } from '#backup/objects/copy-objects';
import { findCatalogues } from '#backup/objects/find-catalogues';
import { knownVersions } from '#backup/objects/known-versions';
import { digestOfVersions, type ObjectList } from '#backup/objects/object-list';
import { openObjectStore } from '#backup/objects/object-store';
import { type SealedDocument, sealDocument } from '#backup/sealed-document';
import type { EnvironmentSettings } from '#config/settings';
import type { Given } from './inputs.ts';
import { openLedger, openPlaces, planPlaces, projectOf, storageAddress } from './places.ts';
import { renderCopy } from './render-copy.ts';

/** Copies what changed since the catalogues that the ledger knows, and writes one of its own. */
export async function copy(runner: Runner, given: Given, settings: EnvironmentSettings): Promise<Result> {
  const problems: InputProblem[] = [];
  const project = projectOf(given, settings);
  const { sourceKey: key, environment } = given;
  const { places, publicRepository } = planPlaces(runner, given, settings, problems);
  if (key === undefined)
    problems.push({
      name: 'source-key',
      message: 'is needed to read objects',
      allowed: 'secret SUPABASE_SERVICE_ROLE_KEY: a secret key (sb_secret_...) of the project',
    });
  if (project === undefined)
    problems.push({
      name: 'supabase-project',
      message: 'is neither given nor in the configuration (supabase.project)',
    });
  if (problems.length > 0 || key === undefined || project === undefined) throw new InputError(problems);
  const { clock, context, logger, signal } = runner;
  const log = (line: string) => logger.info(line);
  const url = storageAddress(runner, 'source-url', given.sourceUrl, project);
  const recipients = { age: given.ageRecipients ?? [], gpg: given.gpgRecipients ?? [] };
  const encryption = await openEncryption(recipients, signal);
  // Cancelled in the middle, what was copied is still written down: by what the cancellation does not end.
  const patient: Runner = { ...runner, signal: new AbortController().signal };
  try {
    const destinations = await openPlaces(runner, places);
    const { ledger, trusted } = openLedger(patient, given, settings);
    const found = [];
    for (const destination of destinations)
      found.push(await findCatalogues(destination, { environment, trusted, newestOnly: true, log }));
    const listedAt = clock.now() / 1000;
    const { runId, runAttempt } = context;
    const name = backupName({
      pattern: 'objects-{environment}-{date}T{time}Z',
      environment: environment ?? project,
      at: clock.now(),
      ...{ runId, runAttempt },
    });
    const write = async (state: CopyState, part: number | undefined, by: Runner): Promise<SealedDocument> => {
      // Lanes go on copying meanwhile.
      const versions = { ...state.versions };
      const list: ObjectList = {
        ...{ schemaVersion: 1, project, listedAt, buckets: state.buckets, objects: [...state.objects] },
        versionsDigest: digestOfVersions(versions),
      };
      return sealDocument({
        kind: 'objects',
        name: part === undefined ? name : `${name}-part${part}`,
        text: `${JSON.stringify(list)}\n`,
        counts: { objects: list.objects.length, buckets: list.buckets.length },
        versions,
        complete: part === undefined && state.failed.length === 0,
        ...{ environment, recipients, clock, signal: by.signal },
        destinations: await openPlaces(by, places),
      });
    };
    let parts = 0;
    const state = await copyObjects({
      source: openObjectStore(
        project,
        { url, key },
        { signal, log, keyFrom: { input: 'source-key', secret: 'SUPABASE_SERVICE_ROLE_KEY' } },
      ),
      except: given.exceptBuckets ?? [],
      ...{ destinations, encryption, log, signal },
      known: knownVersions(
        found[0]?.catalogues ?? [],
        found.map(({ files }) => files),
        encryption.fingerprints,
      ),
      run: `${runId}.${runAttempt}`,
      async checkpoint(sofar) {
        parts += 1;
        const part = await write(sofar, parts, patient);
        await ledger.keep(part);
        log(
          `${sofar.objects.length} objects so far, kept as ${part.manifestFile}: a run that is killed now goes on from there`,
        );
      },
    });
    const made = await write(state, undefined, runner);
    return renderCopy(made, state, await ledger.keep(made), { totalsOnly: publicRepository });
  } finally {
    await encryption.close();
  }
}
