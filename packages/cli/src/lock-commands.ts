import type { Command } from 'commander';
import { parseDuration } from '#config/parse-duration';
import { readAfterRelease } from '#release/after-release/after-release-record';
import { listCandidates } from '#release/choose-rollback-target';
import { cleanUp } from '#release/clean-up';
import { age } from '#release/last-line';
import { closeLock, defaultLockExpiryMs, type Lock, readOpenLocks, takeLock } from '#release/lock';
import { endMaintenance, startMaintenance } from '#release/maintenance';
import { readMigrationRecords } from '#release/migration-record';
import { readHistory, readRecentReleases } from '#release/read-environment';
import type { ReleaseRecord } from '#release/release-record';
import { unlock } from '#release/unlock';
import { listMigrationStates } from './migrations-command.ts';
import { type EnvironmentOptions, openEnvironment, UsageError } from './open-environment.ts';
import { describeReconcile, type ReconcileOptions, reconcileCommand } from './reconcile-command.ts';
import { describeRevert, type RevertOptions, revertCommand } from './revert-command.ts';
import { type CommandAnswer, describeRollback, type RollbackOptions, rollback } from './rollback-command.ts';
import { say, sayAside } from './terminal.ts';
import { listWouldHaveBeens } from './would-have-been-command.ts';

interface LockOptions extends EnvironmentOptions {
  reason?: string;
  expires?: string;
  show?: true;
  autoAssign?: 'on' | 'off';
}

/**
 * Adds `lock`, `unlock`, `maintenance`, `clean-up`, `rollback`, `revert`, `reconcile`, `releases`, `migrations` and `would-have-been`.
 * Exit code 0 done, 1 the gate said no, 2 wrong use, 3 could not run.
 */
export function registerLock(program: Command): void {
  common(program.command('lock'))
    .description('stop releases of one environment until somebody lifts it; rollbacks ignore it')
    .option('--reason <text>', 'why; everybody who is stopped reads it')
    .option('--expires <duration>', 'when it ends by itself, e.g. 2h or 7d', '7d')
    .option('--show', 'only show who holds it')
    .action((options: LockOptions) => run(options, lock));
  common(program.command('unlock'))
    .description('lift the lock after a rollback and give auto-assignment of production domains back')
    .option('--reason <text>', 'why it may be lifted', 'lifted by hand')
    .option('--auto-assign <on|off>', 'what to restore where no lock remembers it')
    .action((options: LockOptions) => run(options, lift));
  common(
    program
      .command('maintenance')
      .argument('<on|off>', 'on: Vercel pauses the project; off: production is shown again'),
  )
    .description('show nobody a broken production: visitors get 503 until it is off; releases are locked meanwhile')
    .option('--reason <text>', 'why, for the lock', 'nothing to go back to')
    .action((word: string, options: LockOptions) => run(options, (given) => maintenance(word, given)));
  describeRollback(common(program.command('rollback'))).action((options: RollbackOptions) => run(options, rollback));
  describeRevert(common(program.command('revert'))).action((options: RevertOptions) => run(options, revertCommand));
  describeReconcile(common(program.command('reconcile'))).action((options: ReconcileOptions) =>
    run(options, reconcileCommand),
  );
  common(program.command('clean-up'))
    .description(
      'delete deployments of releases that are older than the newest ones; never what serves or what can be gone back to',
    )
    .requiredOption('--keep <number>', 'how many of the newest releases stay, at least 2')
    .option('--dry-run', 'only say what would be deleted, and what stays why')
    .action((options: CleanUpOptions) => run(options, cleanUpCommand));
  common(program.command('releases'))
    .description('list what production served: version, verdict, and whether it can be rolled back to')
    .action((options: LockOptions) => run(options, listReleases));
  common(program.command('migrations'))
    .description('list the migrations of an environment: applied, pending, only in the database; changes nothing')
    .addHelpText('after', 'The database comes from DATABASE_URL, else SUPABASE_DB_PASSWORD and the project.')
    .action((options: EnvironmentOptions) => run(options, listMigrationStates));
  common(program.command('would-have-been'))
    .description('list what the watch would have rolled back, had the mode let it')
    .action((options: EnvironmentOptions) => run(options, listWouldHaveBeens));
}

function common(command: Command): Command {
  return command
    .requiredOption('--environment <name>', 'name of the environment in .github/ops.yml')
    .option('--config <file>', 'the configuration', '.github/ops.yml')
    .option('--throw-away', 'its data may be lost, as the workflow file says with throw-away: true')
    .option('--repository <owner/name>', 'default: GITHUB_REPOSITORY, else the git remote origin')
    .option('--vercel-project <id>', 'default from the configuration')
    .option('--vercel-team <id>', 'default from the configuration')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', '\nTokens come from the environment: GITHUB_TOKEN, VERCEL_TOKEN.');
}

async function run<Options extends EnvironmentOptions>(
  options: Options,
  action: (options: Options) => Promise<CommandAnswer>,
): Promise<void> {
  try {
    const { exitCode, text, json } = await action(options);
    say(options.json ? JSON.stringify({ schemaVersion: 1, ...json }) : text);
    process.exitCode = exitCode;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    for (const problem of error.problems) sayAside(`ops-actions: ${problem}`);
    process.exitCode = 2;
  }
}

async function lock(options: LockOptions): Promise<CommandAnswer> {
  const { github, settings, key } = await openEnvironment(options);
  const { environment, production } = settings;
  if (options.show) {
    const locks = await readOpenLocks(github, environment);
    const text = locks.length === 0 ? `${environment} is not locked.` : locks.map(showLock).join('\n');
    return { exitCode: 0, text, json: { environment, locked: locks.length > 0, locks } };
  }
  if (options.reason === undefined)
    throw new UsageError(['--reason is missing: say why, the next one who is stopped reads it']);
  const { sha } = await github.commit('HEAD');
  const taken = await takeLock(github, {
    schemaVersion: 1,
    environment,
    production,
    ref: sha,
    key,
    reason: options.reason,
    expiresAfterMs: parseDuration(options.expires ?? '7d'),
  });
  // Who was second does not stay in the queue: lifting the first lock means that releases may go on.
  if (!taken.held) await closeLock(github, taken.own, 'yielded', `to ${taken.holder.id}`);
  const held = taken.held ? taken.lock : taken.holder;
  const text = taken.held ? `Locked. ${showLock(held)}` : `Already locked. ${showLock(held)}`;
  return { exitCode: taken.held ? 0 : 1, text, json: { environment, held: taken.held, lock: held } };
}

function showLock(lock: Lock): string {
  const by = [lock.by, lock.runUrl ?? (lock.runId ? `run ${lock.runId}` : undefined)].filter(Boolean).join(', ');
  const { target: held } = lock;
  const apps = Object.entries(held?.apps ?? {}).map(([name, id]) => `, ${name}: ${id}`);
  const target = held === undefined ? '' : `\n  serves meanwhile: ${[held.deploymentId, ...apps].join('')}`;
  return `${lock.environment}: ${lock.reason}\n  by: ${by || 'unknown'}\n  expires: ${new Date(lock.expiresAt).toISOString()}${target}`;
}

async function lift(options: LockOptions): Promise<CommandAnswer> {
  const { github, settings, key, openProject } = await openEnvironment(options);
  if (options.autoAssign !== undefined && !['on', 'off'].includes(options.autoAssign)) {
    throw new UsageError([`--auto-assign ${options.autoAssign}: give on or off`]);
  }
  // An alias or a custom environment has no auto-assign to restore.
  const project = (settings.vercel.as ?? 'production') === 'production' ? await openProject() : undefined;
  const outcome = await unlock(
    { github, project },
    {
      environment: settings.environment,
      production: settings.production,
      reason: options.reason ?? 'lifted by hand',
      key,
      autoAssignDefault: options.autoAssign !== 'off',
    },
  );
  return { exitCode: 0, text: outcome.message, json: { environment: settings.environment, ...outcome } };
}

async function maintenance(word: string, options: LockOptions): Promise<CommandAnswer> {
  if (word !== 'on' && word !== 'off') throw new UsageError([`maintenance ${word}: give on or off`]);
  const { github, settings, key, openProject } = await openEnvironment(options);
  const { environment, production } = settings;
  if ((settings.vercel.as ?? 'production') !== 'production')
    throw new UsageError([`${environment} is no production of a Vercel project, and only that can be paused`]);
  const services = { github, project: await openProject() };
  const { sha: ref } = await github.commit('HEAD');
  const reason = options.reason ?? 'nothing to go back to';
  const about = { environment, production, key, ref, reason, lockExpiryMs: defaultLockExpiryMs };
  const outcome = word === 'on' ? await startMaintenance(services, about) : await endMaintenance(services, about);
  return { exitCode: 0, text: outcome.message, json: { environment, ...outcome } };
}

interface CleanUpOptions extends EnvironmentOptions {
  keep: string;
  dryRun?: true;
}

async function cleanUpCommand(options: CleanUpOptions): Promise<CommandAnswer> {
  const keep = Number(options.keep);
  if (!Number.isInteger(keep) || keep < 2)
    throw new UsageError([`--keep ${options.keep}: give a whole number from 2 on`]);
  const { github, settings, openProject } = await openEnvironment(options);
  const services = { github, project: await openProject() };
  const outcome = await cleanUp(services, { settings, keep, dryRun: options.dryRun === true });
  for (const warning of outcome.warnings) sayAside(`ops-actions: ${warning}`);
  const { deleted, kept } = outcome;
  return {
    exitCode: outcome.warnings.length > 0 ? 1 : 0,
    text: outcome.message,
    json: { environment: settings.environment, dryRun: options.dryRun === true, deleted, kept },
  };
}

async function listReleases(options: LockOptions): Promise<CommandAnswer> {
  const { github, settings, openProject } = await openEnvironment(options);
  const project = await openProject();
  const { environment } = settings;
  const [recent, migrations] = await Promise.all([
    readRecentReleases(github, environment),
    readMigrationRecords(github, environment),
  ]);
  const history = { ...(await readHistory(project, settings, recent)), migrations };
  const now = github.serverTime();
  const releases = listCandidates(history).map((candidate) => ({
    version: candidate.version,
    commit: candidate.commit,
    deploymentId: candidate.deployment.id,
    liveAt: candidate.liveAt / 1000,
    current: candidate.current,
    verdict: candidate.release?.decision ?? candidate.standing,
    signOff: candidate.release && signOffOf(candidate.release),
    rollback: candidate.standing !== 'ineligible' && !candidate.current,
    reason: candidate.reason,
    ...(candidate.promoted && { promoted: candidate.promoted }),
    ...(candidate.deployment.apps && { apps: candidate.deployment.apps }),
  }));
  const rows = releases.map((release) =>
    [
      release.current ? '*' : ' ',
      (release.version ?? '-').padEnd(14),
      (release.commit?.slice(0, 7) ?? '-').padEnd(8),
      release.deploymentId.padEnd(32),
      age(now - release.liveAt * 1000).padEnd(12),
      release.verdict.padEnd(14),
      (release.signOff ?? '-').padEnd(11),
      release.rollback
        ? release.promoted
          ? `yes: ${release.promoted}`
          : 'yes'
        : release.current
          ? 'serving now'
          : `no: ${release.reason}`,
      ...(release.apps ?? []).map(({ name, deploymentId = 'none' }) => `(${name} ${deploymentId})`),
    ].join(' '),
  );
  const head = `  ${'version'.padEnd(14)} ${'commit'.padEnd(8)} ${'deployment'.padEnd(32)} ${'live'.padEnd(12)} ${'verdict'.padEnd(14)} ${'sign-off'.padEnd(11)} can go back to`;
  const text = rows.length === 0 ? `${settings.environment} has no deployments.` : [head, ...rows].join('\n');
  return { exitCode: 0, text, json: { environment: settings.environment, releases } };
}

/** How the sign-off of a release stands in its record; undefined where nothing was looked at after it. */
function signOffOf(release: Pick<ReleaseRecord, 'facts'>): string | undefined {
  const { checks, told, confirmed, ended } = readAfterRelease(release);
  return ended?.how ?? (checks.length + told.size + confirmed.size > 0 ? 'open' : undefined);
}
