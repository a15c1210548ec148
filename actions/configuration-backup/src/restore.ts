import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { missingForVercel } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import { openDecryption, type PrivateKey } from '#backup/encryption';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { openDocument } from '#backup/sealed-document';
import type { EnvironmentSettings } from '#config/settings';
import { type ConfigurationSnapshot, parseSnapshot } from '#release/configuration-snapshot';
import { SupabaseError } from '#supabase/supabase-error';
import { nameOf, planVariablesBack, type VariablesBack } from '#vercel/plan-variables-back';
import type { ProjectVariables } from '#vercel/project-variables';
import { VercelError } from '#vercel/vercel-error';
import { keepConfiguration, openLedger } from './back-up.ts';
import type { Given } from './inputs.ts';
import { mayBeMasked } from './may-be-masked.ts';
import { openVariables, planSources, readConfiguration } from './read-configuration.ts';
import { renderRestore } from './render-restore.ts';

/** Puts variables of Vercel back as a backup has them; without the typed name of the project it only says what would change. */
export async function restore(runner: Runner, given: Given, settings: EnvironmentSettings): Promise<Result> {
  const { manifest } = given;
  const problems: InputProblem[] = missingForVercel(given, settings);
  const sources = planSources(runner, given, settings);
  const where = givenDestinations(runner, given, settings.database);
  const planned = planDestinations({ ...where, hosted: false, publicRepository: false });
  problems.push(...planned.problems);
  if (manifest === undefined) problems.push({ name: 'manifest', message: 'is needed to restore' });
  const recorded = manifest === undefined ? undefined : await readRecord(runner, given, settings, manifest);
  const digest = given.digest?.replace(/^sha256:/, '').toLowerCase() ?? recorded?.object;
  if (digest === undefined && manifest !== undefined)
    problems.push({
      name: 'digest',
      message: `is needed: no ledger that could be read knows ${manifest}, and everybody can encrypt to a public key (S26)`,
      allowed:
        'sha256:... from the summary of the run that made the backup; or environment, and a github-token with deployments: read',
    });
  if (problems.length > 0) throw new InputError(problems);
  const { logger, signal } = runner;
  let decryption: Awaited<ReturnType<typeof openDecryption>> | undefined;
  try {
    decryption = await openDecryption(privateKey(given), signal);
    const [destination, ...others] = await openDestinations(planned.destinations, destinationPorts(runner));
    if (destination === undefined || manifest === undefined || digest === undefined || sources.vercel === undefined)
      throw new Error('checked above');
    const manifestDigest = digest === recorded?.object ? recorded.manifest : undefined;
    const { text } = await openDocument({
      destination,
      manifestFile: manifest,
      digest,
      manifestDigest,
      decryption,
      signal,
    });
    const saved = parseSnapshot(text);
    for (const { value } of saved.vercel?.variables ?? [])
      if (value !== undefined && mayBeMasked(value)) runner.mask(value);
    const variables = await openVariables(runner, sources.vercel);
    const refusal = whyNot(saved, variables);
    if (refusal !== undefined) return { ...refusal, decision: 'refused', failed: true };
    const live = await readConfiguration(runner, sources, variables);
    const plan = planVariablesBack(asSaved(saved), asSaved(live), given.variables);
    const told = { project: variables.project.name, manifest, plan };
    if (plan.unknown.length > 0) return renderRestore({ ...told, ending: 'unknown' });
    if (plan.change.length + plan.create.length === 0) return renderRestore({ ...told, ending: 'nothing' });
    if (given.confirm === undefined) return renderRestore({ ...told, ending: 'planned' });
    if (given.confirm !== variables.project.name) return renderRestore({ ...told, ending: 'not-confirmed' });
    if ((given.ageRecipients ?? given.gpgRecipients) === undefined)
      logger.warning(
        'Weaker than standard: the present values are kept nowhere before they are replaced: give age-recipients',
      );
    else {
      const kept = await keepConfiguration(runner, given, live, [destination, ...others]);
      await openLedger(runner, given, settings).keep(kept);
      logger.info(`the present values are kept as ${kept.manifestFile} (sha256:${kept.manifest.object.sha256})`);
    }
    return renderRestore({ ...told, ending: 'done', wrong: await apply(runner, variables, plan) });
  } catch (error) {
    if (!(error instanceof BackupFailed || error instanceof VercelError || error instanceof SupabaseError)) throw error;
    return { decision: 'failed', reasonCode: error.reasonCode, summary: error.message, failed: true };
  } finally {
    await decryption?.close();
  }
}

/** Every variable is tried; names of those that are not as the backup has them afterwards. */
async function apply(runner: Runner, variables: ProjectVariables, plan: VariablesBack): Promise<string[]> {
  const { logger, signal } = runner;
  const refused: string[] = [];
  const wanted = [...plan.change.map(({ to }) => to), ...plan.create];
  const writes = [
    ...plan.change.map(({ id, to }) => ({ to, write: () => variables.change(id, to) })),
    ...plan.create.map((to) => ({ to, write: () => variables.create(to) })),
  ];
  for (const { to, write } of writes) {
    signal.throwIfAborted();
    try {
      await write();
      logger.info(`${nameOf(to)}: written`);
    } catch (error) {
      if (!(error instanceof VercelError)) throw error;
      logger.warning(error.message);
      refused.push(nameOf(to));
    }
  }
  const found = await variables.read();
  // What is sensitive cannot be read back: that it was taken is all there is to know.
  const differs = wanted.filter(
    (one) => !found.some((now) => nameOf(now) === nameOf(one) && (now.value === one.value || now.type === 'sensitive')),
  );
  return [...new Set([...refused, ...differs.map(nameOf)])];
}

async function readRecord(runner: Runner, given: Given, settings: EnvironmentSettings, manifest: string) {
  try {
    return await openLedger(runner, given, settings).digestsOfName(manifest.replace(/\.configuration\.json$/, ''));
  } catch (error) {
    if (!(error instanceof BackupFailed)) throw error;
    runner.logger.warning(error.message);
    return undefined;
  }
}

function whyNot(
  saved: ConfigurationSnapshot,
  { project }: ProjectVariables,
): Pick<Result, 'reasonCode' | 'summary'> | undefined {
  if (saved.vercel === undefined)
    return {
      reasonCode: 'no_variables',
      summary: 'The backup holds no variables of Vercel: it was made without vercel-token. Nothing was changed',
    };
  if (saved.vercel.project.id === project.id) return undefined;
  const summary = `The backup is of the Vercel project ${saved.vercel.project.name} (${saved.vercel.project.id}), not of ${project.name}. Nothing was changed`;
  return { reasonCode: 'wrong_project', summary };
}

/** zod says `string | undefined` of what is absent. */
function asSaved({ vercel }: ConfigurationSnapshot) {
  return (vercel?.variables ?? []) as Parameters<typeof planVariablesBack>[0];
}

function privateKey({ ageIdentity, gpgPrivateKey, gpgPassphrase }: Given): PrivateKey {
  return {
    ...(ageIdentity === undefined ? {} : { ageIdentity }),
    ...(gpgPrivateKey === undefined ? {} : { gpgPrivateKey }),
    ...(gpgPassphrase === undefined ? {} : { gpgPassphrase }),
  };
}
