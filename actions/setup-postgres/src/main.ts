import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { findPostgres, type PostgresBinaries, PostgresMissing } from '#backup/find-postgres';
import { InstallFailed, installPostgres } from '#backup/install-postgres';
import { cleanText } from '#http/text';
import { inputs } from './inputs.ts';

/** Finds PostgreSQL's programs of a major version or installs them, signed, before any step gets a secret (S32). */
export async function main(runner: Runner): Promise<Result> {
  const { major, install } = readInputs(runner, inputs);
  if (major === undefined) {
    const summary = 'No major version is given: PostgreSQL is not needed';
    return { decision: 'not-needed', reasonCode: 'no_major', summary, failed: false };
  }
  const missing = await look(major);
  if (!(missing instanceof PostgresMissing)) return ready('found', missing);
  if (!install) return failed(missing.reasonCode, missing.message);
  const { logger, signal } = runner;
  try {
    await logger.group(`Install PostgreSQL ${major}`, () =>
      installPostgres(major, { log: (line) => logger.info(cleanText(line, 500)), signal }),
    );
  } catch (error) {
    if (!(error instanceof InstallFailed)) throw error;
    const next = error.line === '' ? `by hand: ${missing.installLine}` : `by hand with: ${error.line}`;
    return failed(error.reasonCode, `PostgreSQL ${major} is not here and ${error.message}. Install it ${next}`);
  }
  const found = await look(major);
  if (!(found instanceof PostgresMissing)) return ready('installed', found);
  return failed('not_found_after_install', `The package manager was content, but ${found.message}`);
}

async function look(major: number): Promise<PostgresBinaries | PostgresMissing> {
  return await findPostgres({ major, server: true }).catch((error: unknown) => {
    if (error instanceof PostgresMissing) return error;
    throw error;
  });
}

function ready(reasonCode: 'found' | 'installed', { version, directory, image }: PostgresBinaries): Result {
  const where = image === undefined ? `in ${directory}` : `as Docker's image ${image}`;
  return {
    decision: 'ready',
    reasonCode,
    summary: `PostgreSQL ${version} is ${reasonCode === 'found' ? 'there' : 'installed'}, ${where}`,
    failed: false,
    details: { version, directory, ...(image === undefined ? {} : { image }) },
    outputs: { version },
  };
}

function failed(reasonCode: string, message: string): Result {
  return { decision: 'failed', reasonCode, summary: cleanText(message, 1500), failed: true };
}
