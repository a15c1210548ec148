import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentSettings } from '#config/settings';
import { isProduction } from '#config/trust-limits';
import { InputError } from './input-error.ts';
import { policyForm } from './inputs.ts';
import type { Runner } from './runner.ts';

const standardFile = '.github/ops.yml';

/** What is asked for: `config` names another file than `.github/ops.yml`; `throwAway` comes from the workflow file only (S11). */
export interface SettingsRequest {
  config?: string | undefined;
  environment?: string | undefined;
  throwAway?: boolean | undefined;
  /** `owner/repository/path@<40-hex>`, or `./path@<40-hex>` in this repository; from the workflow file only. */
  policy?: string | undefined;
}

/**
 * The settings of one environment from the checked-out `.github/ops.yml`; without a file (and none named) only the
 * environment's name and nature are set. The parser is loaded only when there is a file to read.
 * @throws InputError with every mistake of the file, each with its line, or when a named file is not there.
 */
export async function loadSettings(runner: Runner, request: SettingsRequest): Promise<EnvironmentSettings> {
  const file = request.config ?? standardFile;
  const text = await readFile(join(runner.context.workspace, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && request.config === undefined) return undefined;
    throw new InputError([
      { name: 'config', given: file, message: `cannot be read (${error.code}): check out the repository first` },
    ]);
  });
  const throwAway = request.throwAway ?? false;
  const environment = request.environment ?? '';
  if (text === undefined && request.policy === undefined)
    return withoutFile(environment, isProduction(environment, throwAway));
  const { ConfigError } = await import('#config/config-error');
  const { loadConfig } = await import('#config/load-config');
  const readReference = async (reference: string) => {
    const { readReference: read } = await import('#config/read-reference');
    const { apiUrl } = runner.context;
    return await read({ apiUrl, token: runner.input('github-token'), signal: runner.signal }, reference);
  };
  const policy =
    request.policy === undefined ? {} : { policy: await readPolicyFile(runner, request.policy, readReference) };
  try {
    const { settings, warnings } = await loadConfig({
      file,
      text: text ?? '',
      environment,
      throwAway,
      ...policy,
      readReference,
    });
    for (const warning of warnings) runner.logger.notice(warning);
    return settings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new InputError(
      error.problems.map(({ file: where, line, path, message, allowed }) => ({
        name: `${where}:${line}${path === '' ? '' : ` ${path}`}`,
        message,
        ...(allowed === undefined ? {} : { allowed }),
      })),
    );
  }
}

/** A policy that cannot be read stops the way forward: its floors would be lost. */
async function readPolicyFile(
  { context }: Runner,
  given: string,
  readReference: (reference: string) => Promise<{ file: string; text: string }>,
): Promise<{ file: string; text: string }> {
  const [path = ''] = given.split('@');
  // Two names and a file below them are another repository; a file of this one is written with a leading ./
  const reference = path.startsWith('./') ? `${context.repository}/${given.slice(2)}` : given;
  try {
    return await readReference(reference);
  } catch (error) {
    const message = `could not be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new InputError([{ name: 'policy', given, message, allowed: policyForm }]);
  }
}

/** What an empty file would say. */
function withoutFile(environment: string, production: boolean): EnvironmentSettings {
  const sections = { vercel: {}, database: {}, health: {}, smoke: {}, watch: {}, release: {}, slack: {} };
  return { environment, production, ...sections };
}
