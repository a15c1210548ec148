import type { BackupKey } from './backup-key.ts';
import type { InitPlan } from './plan-init.ts';
import type { PlannedFile } from './write-files.ts';

/** What `init` did, or would do. */
export interface InitOutcome {
  plan: InitPlan;
  files: PlannedFile[];
  dryRun: boolean;
  key?: BackupKey;
  /** Where the private key lies, or would lie. */
  keyFile?: string;
}

/** For programs. Never holds the private key. */
export function initJson({ plan, files, dryRun, key, keyFile }: InitOutcome): object {
  const { root: _root, appExists: _appExists, git: _git, ...detected } = plan.detected;
  return {
    schemaVersion: 1,
    dryRun,
    detected,
    files: files.map(({ path, state, text }) => ({ path, action: action(state, dryRun), ...(dryRun && { text }) })),
    ref: plan.pin,
    refIsPlaceholder: plan.pinIsPlaceholder,
    backupKey:
      keyFile === undefined
        ? null
        : { file: keyFile, recipient: key?.recipient ?? null, created: key?.identity !== undefined },
    secrets: secretsOf(plan).map((secret) => ({ ...secret, command: command(secret.name) })),
    next: plan.next,
  };
}

/** For people. The private key is shown here, once, when it was made. */
export function initText(outcome: InitOutcome): string {
  const { plan, files, dryRun, key, keyFile } = outcome;
  const lines = [...found(plan), ''];
  for (const { path, state, text } of files) {
    lines.push(`${action(state, dryRun).padEnd(20)} ${path}`);
    if (dryRun)
      lines.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => `    ${line}`),
        '',
      );
  }
  if (keyFile !== undefined) lines.push('', ...keyLines(keyFile, key));
  lines.push('', 'Secrets (each command asks for the value):');
  for (const { name, required, from } of secretsOf(plan)) {
    lines.push(`  ${command(name)}`, `      ${required ? 'needed' : 'optional'}: ${from}`);
  }
  lines.push('', 'Next:', ...plan.next.map((step, index) => `  ${index + 1}. ${step}`), '');
  return lines.join('\n');
}

function found({ detected }: InitPlan): string[] {
  const { vercel, supabase, smoke } = detected;
  const rows: [string, string][] = [
    [
      'app',
      `${detected.app === '.' ? 'the root' : detected.app}${detected.framework ? `, ${detected.framework}` : ''}${detected.monorepo ? `, in a monorepo (${detected.monorepo})` : ''}`,
    ],
    ['Vercel', vercel ? `${vercel.name ?? vercel.project} (${vercel.file})` : 'no .vercel/project.json'],
    [
      'Supabase',
      supabase
        ? `${supabase.migrations ?? 'no migrations'}${supabase.functions ? `, ${supabase.functions}` : ''} (${supabase.config})`
        : 'none: step 2 will say "not configured"',
    ],
    ['smoke', smoke ? `${smoke.script}${smoke.folder === '.' ? '' : ` in ${smoke.folder}`}` : 'no script test:smoke'],
    ['health', detected.healthPaths.join(', ') || 'no route found'],
    [
      'Git',
      detected.gitDeployments === 'off'
        ? `vercel.json keeps Vercel from deploying ${detected.defaultBranch} by itself`
        : `vercel.json does not say who deploys ${detected.defaultBranch}`,
    ],
  ];
  return ['Found:', ...rows.map(([name, text]) => `  ${name.padEnd(9)} ${text}`)];
}

function keyLines(file: string, key: BackupKey | undefined): string[] {
  if (!key) return [`An age key pair for backups would be made: ${file}`];
  if (!key.identity) return [`Backups are encrypted to ${key.recipient}, whose private key lies in ${file}`];
  return [
    `The private key of your backups is in ${file} and shown here once. Keep a second copy in a password manager:`,
    `without it no backup can ever be read. It belongs neither into the repository nor into the secrets of a release.`,
    `    ${key.identity}`,
    `Public key (in deploy.yml): ${key.recipient}`,
  ];
}

/** Those of a release, then those that backups need beside them. */
function secretsOf({ secrets, backup }: InitPlan): InitPlan['secrets'] {
  return [...secrets, ...(backup?.secrets ?? [])];
}

function command(name: string): string {
  return `gh secret set ${name}`;
}

function action(state: PlannedFile['state'], dryRun: boolean): string {
  if (state === 'unchanged') return 'unchanged';
  const done = state === 'new' ? 'created' : 'overwritten';
  return dryRun ? `would be ${done}` : done;
}
