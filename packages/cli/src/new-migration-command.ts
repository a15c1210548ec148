import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describeConfigProblem } from '#config/config-error';
import { readChain } from '#config/extend-chain';
import { environmentNames, mergeEnvironment } from '#config/load-config';
import { toSettings } from '#config/to-settings';
import { decideNewVersion, type MigrationNaming, namings } from '#postgres/decide-new-version';
import { readMigrations } from '#postgres/read-migrations';
import { referenceReader, UsageError } from './open-environment.ts';
import { say, sayAside } from './terminal.ts';

export interface NewMigrationOptions {
  environment?: string;
  config: string;
  dir?: string;
  style?: string;
  json?: true;
}

/** Adds `migration new`. Exit code 0 with the path of the new file, 2 wrong use and nothing written. */
export function registerNewMigration(program: Command): void {
  program
    .command('migration')
    .description('work on the migration files of the checkout; "migrations" lists those of an environment')
    .command('new')
    .argument('<name>', 'what it does, e.g. add_focus_sessions_table')
    .description('write an empty migration after the newest one, in the style of its folder; never overwrites')
    .option('--environment <name>', 'whose folder and naming of ops.yml; needed only where environments differ')
    .option('--config <file>', 'the configuration', '.github/ops.yml')
    .option('--dir <folder>', 'default database.migrations of the configuration, else supabase/migrations')
    .option('--style <timestamp|numbered>', 'default database.naming, else as the newest file of the folder')
    .option('--json', 'one JSON object on standard output')
    .action(async (name: string, options: NewMigrationOptions) => {
      try {
        const made = await newMigration(name, options);
        say(options.json ? JSON.stringify({ schemaVersion: 1, ...made }) : made.path);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        for (const problem of error.problems) sayAside(`ops-actions: ${problem}`);
        process.exitCode = 2;
      }
    });
}

interface NewMigration {
  path: string;
  version: string;
  style: MigrationNaming;
}

/** Writes the file. @throws UsageError with everything that is mistaken; then nothing was written. */
export async function newMigration(given: string, options: NewMigrationOptions): Promise<NewMigration> {
  const name = given.trim().replace(/\s+/g, '_');
  const configured = await readPlace(options);
  const { folder, problems } = configured;
  if (!/^[A-Za-z0-9][\w-]{0,150}$/.test(name))
    problems.push(
      `the name ${JSON.stringify(given)} is not of letters, digits, "_" and "-": the version and .sql are added`,
    );
  const naming = namings.find((one) => one === (options.style ?? configured.naming));
  if (options.style !== undefined && naming === undefined)
    problems.push(`--style ${options.style}: give ${namings.join(' or ')}`);
  const { files } = await readMigrations(folder);
  const next = decideNewVersion({ versions: files.map(({ version }) => version), naming, now: Date.now() });
  if ('problem' in next) problems.push(`${folder}: ${next.problem}`);
  if (problems.length > 0 || 'problem' in next) throw new UsageError(problems);
  const { version, naming: style, ahead } = next;
  if (ahead !== undefined) sayAside(`version ${ahead} is not behind the clock: counted on from it`);
  const path = join(folder, `${version}_${name}.sql`);
  await mkdir(folder, { recursive: true });
  // wx: what is there already stays as it is.
  await writeFile(path, '', { flag: 'wx' });
  return { path, version, style };
}

/** Folder and naming: of the environment, or what all of them have in common; nothing of it weakens anything, so trust limits do not matter. */
async function readPlace(
  options: NewMigrationOptions,
): Promise<{ folder: string; naming: string | undefined; problems: string[] }> {
  const { config: file, environment, dir } = options;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const chain = await readChain(file, text, referenceReader());
  const problems = chain.flatMap((layer) => layer.problems.map(describeConfigProblem));
  const declared = environmentNames(chain);
  if (environment !== undefined && !declared.includes(environment))
    problems.push(`${file} names no environment ${environment}, only ${declared.join(', ') || 'none'}`);
  const names = environment !== undefined ? [environment] : declared.length === 0 ? [''] : declared;
  const places = names.map((name) => toSettings(mergeEnvironment(chain, name), name, false).database);
  const folders = new Set(places.map(({ migrations }) => migrations ?? 'supabase/migrations'));
  const styles = new Set(places.map(({ naming }) => naming));
  if (dir === undefined && folders.size > 1)
    problems.push(
      `the environments of ${file} have folders of their own (${[...folders].join(', ')}): give --environment or --dir`,
    );
  if (options.style === undefined && styles.size > 1)
    problems.push(`the environments of ${file} differ in database.naming: give --environment or --style`);
  const [folder = ''] = dir === undefined ? folders : [dir];
  const [naming] = styles;
  return { folder, naming, problems };
}
