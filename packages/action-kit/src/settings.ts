import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentSettings } from '#config/settings';
import { InputError } from './input-error.ts';
import type { Runner } from './runner.ts';

const standardFile = '.github/ops.yml';

/** What is asked for: `config` names another file than `.github/ops.yml`; `throwAway` comes from the workflow file only (S11). */
export interface SettingsRequest {
  config?: string | undefined;
  environment?: string | undefined;
  throwAway?: boolean | undefined;
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
  const { ConfigError } = await import('#config/config-error');
  const { loadConfig } = await import('#config/load-config');
  try {
    const { settings, warnings } = await loadConfig({
      file,
      text: text ?? '',
      environment: request.environment ?? '',
      throwAway,
      readReference: (reference) => readReference(runner, reference),
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

/** Reads `owner/repository/path@<40-hex>` of an `extends:` through GitHub's API with the run's own token. */
async function readReference(runner: Runner, reference: string): Promise<{ file: string; text: string }> {
  const match = /^([\w.-]+\/[\w.-]+)\/(.+)@([0-9a-f]{40})$/.exec(reference);
  if (match === null)
    throw new InputError([
      { name: 'extends', given: reference, message: 'is not owner/repository/path@<40-hex commit>' },
    ]);
  const [, repository = '', path = '', commit = ''] = match;
  const { createHttpClient } = await import('#http/client');
  const token = runner.input('github-token');
  const client = createHttpClient({
    baseUrl: runner.context.apiUrl,
    signal: runner.signal,
    headers: {
      accept: 'application/vnd.github.raw+json',
      'user-agent': 'ops-actions',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  const place = path.split('/').map(encodeURIComponent).join('/');
  const answer = await client.request({ path: `/repos/${repository}/contents/${place}`, query: { ref: commit } });
  return { file: reference, text: answer.text };
}
