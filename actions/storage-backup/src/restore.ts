import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import type { BackupDestination } from '#backup/destination';
import { openDecryption, type PrivateKey } from '#backup/encryption';
import { findCatalogues } from '#backup/objects/find-catalogues';
import { digestOfVersions, parseObjectList } from '#backup/objects/object-list';
import { openObjectStore } from '#backup/objects/object-store';
import { chooseObjects, planObjectRestore } from '#backup/objects/plan-object-restore';
import { restoreObjects } from '#backup/objects/restore-objects';
import { folderTarget, projectTarget, type RestoreTarget } from '#backup/objects/restore-target';
import { openDocument } from '#backup/sealed-document';
import type { EnvironmentSettings } from '#config/settings';
import { describeMoment, parseMoment } from '#supabase/judge-platform-restore';
import type { Given } from './inputs.ts';
import { openLedger, openPlaces, planPlaces, storageAddress } from './places.ts';
import { renderRestore } from './render-restore.ts';

/** Opens objects as they were, and puts them into a folder or a project; into the one that was copied, or over what is there, only with its reference typed. */
export async function restore(runner: Runner, given: Given, settings: EnvironmentSettings): Promise<Result> {
  const problems: InputProblem[] = [];
  const { places } = planPlaces(runner, given, settings, problems);
  const moment = checkGiven(given, problems);
  const { logger, signal } = runner;
  const { ledger, trusted } = openLedger(runner, given, settings);
  const recorded = await recordOf(given, ledger, logger.warning);
  const digest = given.digest?.replace(/^sha256:/, '').toLowerCase() ?? recorded?.object;
  if (given.manifest !== undefined && digest === undefined)
    problems.push({
      name: 'digest',
      message: `is needed: no ledger that could be read knows ${given.manifest}, and everybody can encrypt to a public key (S26)`,
      allowed:
        'sha256:... from the summary of the run that made the copy; or environment, and a github-token with deployments: read',
    });
  if (problems.length > 0) throw new InputError(problems);
  const log = (line: string) => logger.info(line);
  const decryption = await openDecryption(privateKey(given), signal);
  try {
    const [destination] = await openPlaces(runner, places);
    if (destination === undefined) throw new Error('checked above');
    const chosen =
      moment === undefined
        ? {
            manifestFile: given.manifest ?? '',
            digest: digest ?? '',
            manifestDigest: digest === recorded?.object ? recorded?.manifest : undefined,
          }
        : await chooseBefore(destination, moment, { environment: given.environment, trusted, log });
    if (chosen === undefined) {
      const summary = `No complete catalogue of ${given.environment} in ${destination.description}, known to the ledger, is from before ${describeMoment(moment ?? 0)}`;
      return { decision: 'refused', reasonCode: 'no_catalogue', summary, failed: true };
    }
    const { manifest, text } = await openDocument({ destination, ...chosen, decryption, signal });
    const list = parseObjectList(text);
    if (digestOfVersions(manifest.versions ?? {}) !== list.versionsDigest)
      throw new BackupFailed(
        'digest_mismatch',
        `the versions that ${chosen.manifestFile} names are not those of its list: somebody has replaced them; no object was opened (S26)`,
      );
    const { chosen: objects, unknown } = chooseObjects(list.objects, given.objects);
    const told = { manifest: chosen.manifestFile, listedAt: list.listedAt, complete: manifest.complete === true };
    if (unknown.length > 0 || objects.length === 0)
      return {
        decision: 'refused',
        reasonCode: 'unknown_object',
        summary: `${told.manifest} has no object ${unknown.join(', ')}. Nothing was written`,
        failed: true,
      };
    const target = openTarget(runner, given);
    const buckets = list.buckets.filter(({ name }) => objects.some(({ bucket }) => bucket === name));
    const replace = given.existing === 'replace';
    const plan = planObjectRestore(objects, (await target?.existing(buckets)) ?? new Map(), replace);
    // What may take the place of somebody's objects is typed by a person, whichever project that is.
    const asks = given.targetProject !== undefined && (replace || given.targetProject === list.project);
    if (asks && given.confirm !== given.targetProject)
      return renderRestore({
        ...told,
        plan,
        target: target?.description,
        ending: given.confirm === undefined ? 'planned' : 'not-confirmed',
      });
    for (const name of plan.newer.slice(0, 20))
      logger.warning(
        `${name} in ${target?.description} is newer than the version that is restored: ${replace ? 'replaced' : 'left alone'}`,
      );
    await target?.prepare(buckets);
    const done = await restoreObjects({
      ...{ objects: plan.write, versions: manifest.versions ?? {}, destination, decryption, target, replace, signal },
    });
    return renderRestore({ ...told, plan, target: target?.description, ending: 'done', done });
  } finally {
    await decryption.close();
  }
}

function checkGiven(given: Given, problems: InputProblem[]): number | undefined {
  const { manifest, before, environment, githubToken, targetPath, targetProject, targetKey } = given;
  const push = (name: string, message: string, allowed?: string) =>
    problems.push({ name, message, ...(allowed === undefined ? {} : { allowed }) });
  if ((manifest === undefined) === (before === undefined))
    push('manifest', 'or before is needed to restore, one of them', 'the name of a catalogue, or a moment');
  if (targetPath !== undefined && targetProject !== undefined)
    push('target-path', 'and target-project are two places: give one of them');
  if (targetProject !== undefined && targetKey === undefined)
    push('target-key', 'is needed to write into target-project');
  if (before === undefined) return undefined;
  if (environment === undefined || githubToken === undefined)
    push(
      environment === undefined ? 'environment' : 'github-token',
      'is needed by before: only what the ledger of the environment knows is chosen (S26)',
    );
  const moment = parseMoment(before);
  if (moment === undefined)
    push('before', 'is no moment with a time zone', '2026-01-24T09:00:00Z, or 2026-01-24 10:00 +01:00');
  return moment;
}

async function chooseBefore(
  destination: BackupDestination,
  moment: number,
  given: Parameters<typeof findCatalogues>[1],
) {
  const { catalogues } = await findCatalogues(destination, given);
  const found = catalogues.find(({ manifest }) => manifest.complete === true && manifest.createdAt <= moment);
  if (found === undefined) return undefined;
  const { manifest, manifestFile, manifestDigest } = found;
  given.log(`chosen: ${manifestFile} of ${describeMoment(manifest.createdAt)}`);
  return { manifestFile, digest: manifest.object.sha256, manifestDigest };
}

async function recordOf(given: Given, ledger: ReturnType<typeof openLedger>['ledger'], say: (line: string) => void) {
  if (given.manifest === undefined) return undefined;
  try {
    return await ledger.digestsOfName(given.manifest.replace(/\.objects\.json$/, ''));
  } catch (error) {
    if (!(error instanceof BackupFailed)) throw error;
    say(error.message);
    return undefined;
  }
}

function openTarget(runner: Runner, given: Given): RestoreTarget | undefined {
  const { targetPath: path, targetProject: project, targetKey: key } = given;
  if (path !== undefined) return folderTarget(path);
  if (project === undefined || key === undefined) return undefined;
  const { logger, signal } = runner;
  const url = storageAddress(runner, 'target-url', given.targetUrl, project);
  const options = {
    signal,
    log: (line: string) => logger.info(line),
    keyFrom: { input: 'target-key', secret: 'the one of target-project' },
  };
  return projectTarget(openObjectStore(project, { url, key }, options));
}

function privateKey({ ageIdentity, gpgPrivateKey, gpgPassphrase }: Given): PrivateKey {
  return {
    ...(ageIdentity === undefined ? {} : { ageIdentity }),
    ...(gpgPrivateKey === undefined ? {} : { gpgPrivateKey }),
    ...(gpgPassphrase === undefined ? {} : { gpgPassphrase }),
  };
}
