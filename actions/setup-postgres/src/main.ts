import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { missingOf } from '#backup/choose-postgres';
import {
  describePostgres,
  findPostgres,
  type PostgresBinaries,
  PostgresMissing,
  type WantedPostgres,
} from '#backup/find-postgres';
import { InstallFailed, installPostgres } from '#backup/install-postgres';
import { howToProvide } from '#backup/missing-extensions';
import { cleanText } from '#http/text';
import { inputs } from './inputs.ts';
import { readWanted } from './read-wanted.ts';

/** Finds PostgreSQL's programs of a major version or provides them, signed or by digest, before any step gets a secret (S32). */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { major, install } = given;
  const { extensions, image } = await readWanted(runner, given);
  if (image !== undefined) return await provideImage(image, { ...(major && { major }), extensions, pull: install });
  if (major === undefined) {
    const summary = 'No major version is given: PostgreSQL is not needed';
    return { decision: 'not-needed', reasonCode: 'no_major', summary, failed: false };
  }
  const wanted = { major, extensions };
  const first = await look(wanted);
  if (isComplete(first, extensions)) return ready('found', first, extensions);
  const missing = first instanceof PostgresMissing ? first : undefined;
  if (!install) return missing ? failed(missing.reasonCode, missing.message) : withoutExtensions(first, extensions);
  const { logger, signal } = runner;
  try {
    await logger.group(`Install PostgreSQL ${major}`, () =>
      installPostgres(major, { extensions, log: (line) => logger.info(cleanText(line, 500)), signal }),
    );
  } catch (error) {
    if (!(error instanceof InstallFailed)) throw error;
    const next =
      error.line === '' ? `by hand: ${missing?.installLine ?? 'see its documentation'}` : `by hand with: ${error.line}`;
    const what = missing ? `PostgreSQL ${major}` : `An extension for PostgreSQL ${major} (${extensions.join(', ')})`;
    return failed(error.reasonCode, `${what} is not here and ${error.message}. Install it ${next}`);
  }
  const found = await look(wanted);
  if (isComplete(found, extensions)) return ready('installed', found, extensions);
  if (!(found instanceof PostgresMissing)) return withoutExtensions(found, extensions);
  return failed('not_found_after_install', `The package manager was content, but ${found.message}`);
}

/** The image that is pinned; fetched where Docker has not got it. */
async function provideImage(image: string, wanted: WantedPostgres): Promise<Result> {
  const here = await look({ ...wanted, image, pull: false });
  const found = here instanceof PostgresMissing && wanted.pull === true ? await look({ ...wanted, image }) : here;
  if (found instanceof PostgresMissing) return failed('image_unusable', found.message);
  const { extensions = [] } = wanted;
  if (!isComplete(found, extensions)) return withoutExtensions(found, extensions);
  return ready(found === here ? 'found' : 'pulled', found, extensions);
}

async function look(wanted: WantedPostgres): Promise<PostgresBinaries | PostgresMissing> {
  return await findPostgres({ ...wanted, server: true }).catch((error: unknown) => {
    if (error instanceof PostgresMissing) return error;
    throw error;
  });
}

function isComplete(
  found: PostgresBinaries | PostgresMissing,
  extensions: readonly string[],
): found is PostgresBinaries {
  return !(found instanceof PostgresMissing) && missingOf(found, extensions).length === 0;
}

function withoutExtensions(found: PostgresBinaries | PostgresMissing, extensions: readonly string[]): Result {
  if (found instanceof PostgresMissing) return failed(found.reasonCode, found.message);
  const ways = missingOf(found, extensions).map((name) => `${name}: ${howToProvide(name, found.major).fix}`);
  return failed('extension_missing', `${describePostgres(found)} lacks extensions that are named. ${ways.join('; ')}`);
}

function ready(
  reasonCode: 'found' | 'installed' | 'pulled',
  found: PostgresBinaries,
  extensions: readonly string[],
): Result {
  const { version, directory, image } = found;
  const how = { found: 'is there', installed: 'is installed', pulled: 'was fetched by its digest' }[reasonCode];
  // Without pg_config nobody can look; that is not the same as having them.
  const unseen = extensions.length > 0 && found.extensions === undefined;
  return {
    decision: 'ready',
    reasonCode,
    summary: `${describePostgres(found)} ${how}${unseen ? `; whether it has ${extensions.join(', ')} cannot be seen here (no pg_config)` : ''}`,
    failed: false,
    warning: unseen,
    details: { version, directory, ...(image === undefined ? {} : { image }) },
    outputs: { version },
  };
}

function failed(reasonCode: string, message: string): Result {
  return { decision: 'failed', reasonCode, summary: cleanText(message, 1500), failed: true };
}
