import { type Command, Option } from 'commander';
import { embeddedPresets } from '#config/embedded-presets';
import { installedFrom } from '#release/installed-from';
import { backupKeyFile, makeBackupKey, readBackupKey } from './init/backup-key.ts';
import { detectRepository } from './init/detect-repository.ts';
import { type InitPlan, planInit } from './init/plan-init.ts';
import { type InitOptions, readInitRequest } from './init/read-request.ts';
import { renderAlerts } from './init/render-alerts.ts';
import { renderBackup } from './init/render-backup.ts';
import { renderDoctor } from './init/render-doctor.ts';
import { renderOpsYml } from './init/render-ops-yml.ts';
import { type InitOutcome, initJson, initText } from './init/render-outcome.ts';
import { renderRehearsal } from './init/render-rehearsal.ts';
import { renderWatch } from './init/render-watch.ts';
import { renderDeploy, renderRollback } from './init/render-workflows.ts';
import { compareFiles, writeFiles } from './init/write-files.ts';
import { UsageError } from './open-environment.ts';

/** Adds `init`. Exit code 0 done, 1 files are there and differ, 2 wrong use, 3 could not run. */
export function registerInit(program: Command): void {
  program
    .command('init')
    .description(
      'look at this repository and write .github/ops.yml, deploy.yml and rollback.yml that work, database-doctor.yml for a database, rehearse-rollback.yml for staging and, where a preset needs them, watch.yml, alerts.yml and backup.yml',
    )
    .option('--ref <commit>', 'commit of ops-actions that the workflows pin (40 hex digits)')
    .addOption(new Option('--preset <name>', 'start from a policy').choices(Object.keys(embeddedPresets).sort()))
    .option('--on <trigger>', 'when production is released, e.g. "tag v*" or "push to main"')
    .option('--url <address>', 'public address of production')
    .option('--slack <channel>', 'id of the channel for release messages')
    .option('--app <folder>', 'folder of the app, where there are several')
    .option('--staging-project <id>', 'staging is a Vercel project of its own')
    .option('--staging-environment <slug>', 'staging is a custom environment of the project')
    .option('--staging-alias <host>', 'staging is a preview deployment behind this host')
    .option('--staging-url <address>', 'public address of staging')
    .option('--staging-on <trigger>', 'when staging is released; default a push to the default branch')
    .option('--age-recipient <key>', 'public age key for backups; without it a key pair is made')
    .option('--key-file <path>', 'where the private key goes; default ~/.config/ops-actions/')
    .option('--force', 'overwrite files that are there')
    .option('--dry-run', 'show what would be written, change nothing')
    .option('--json', 'one JSON object on standard output; it never holds the private key')
    .action(async (options: InitOptions) => {
      process.exitCode = await init(options, process.cwd());
    });
}

async function init(options: InitOptions, folder: string): Promise<number> {
  try {
    const detected = await detectRepository(folder, options.app);
    const installed = installedFrom(process.argv[1] ?? '');
    const request = readInitRequest(options, detected, installed);
    const keyFile = options.keyFile ?? backupKeyFile(detected.repository ?? 'local', process.env);
    const needsKey = detected.supabase !== undefined && options.ageRecipient === undefined;
    const known = needsKey ? await readBackupKey(keyFile) : undefined;
    const compare = async (recipient: string | undefined) => {
      const plan = planInit(detected, { ...request, ...(recipient && { recipient }) });
      return { plan, files: await compareFiles(detected.root, filesOf(plan)) };
    };
    const given = options.ageRecipient ?? known?.recipient;
    const planned = await compare(given ?? (needsKey ? 'age1-is-made-when-the-files-are-written' : undefined));
    const different = planned.files.filter(({ state }) => state === 'different').map(({ path }) => path);
    if (different.length > 0 && !options.force && !options.dryRun) return refuse(different);
    if (options.dryRun) return tell(options, { ...planned, dryRun: true, ...(needsKey && { keyFile }) });
    const key = needsKey ? (known ?? (await makeBackupKey(keyFile, detected.root))) : undefined;
    const final = key && !known ? await compare(key.recipient) : planned;
    await writeFiles(detected.root, final.files);
    return tell(options, { ...final, dryRun: false, ...(key && { key, keyFile }) });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(error.problems.map((problem) => `ops-actions init: ${problem}\n`).join(''));
    return 2;
  }
}

function filesOf(plan: InitPlan): Record<string, string> {
  return {
    '.github/ops.yml': renderOpsYml(plan),
    '.github/workflows/deploy.yml': renderDeploy(plan),
    '.github/workflows/rollback.yml': renderRollback(plan),
    ...(plan.watch && { '.github/workflows/watch.yml': renderWatch(plan, plan.watch) }),
    ...(plan.backup && { '.github/workflows/backup.yml': renderBackup(plan, plan.backup) }),
    ...(plan.alerts && { '.github/workflows/alerts.yml': renderAlerts(plan, plan.alerts) }),
    ...(plan.database && { '.github/workflows/database-doctor.yml': renderDoctor(plan) }),
    ...(plan.rehearsal && { '.github/workflows/rehearse-rollback.yml': renderRehearsal(plan, plan.rehearsal) }),
  };
}

function refuse(different: readonly string[]): number {
  process.stderr.write(
    `ops-actions init: ${different.join(', ')} ${different.length === 1 ? 'is' : 'are'} there and would change; nothing was written. --dry-run shows what would be written, --force overwrites.\n`,
  );
  return 1;
}

function tell(options: InitOptions, outcome: InitOutcome): number {
  process.stdout.write(options.json ? `${JSON.stringify(initJson(outcome))}\n` : initText(outcome));
  return 0;
}
