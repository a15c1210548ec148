import { isDeepStrictEqual } from 'node:util';
import { isPart } from './merge.ts';

/** What may be written and is checked, but changes nothing yet. `*` stands for every entry of a list or map. */
export const notActedOn: readonly string[] = [
  'supabase.required-secrets',
  'database.backup.before',
  'database.backup.schedule',
  'database.backup.retention.storage',
  'database.backup.verify-every',
  'database.naming',
  'database.critical',
  'database.lint',
  'health.checks.*.retries',
  'health.checks.*.every',
  'health.checks.*.recent',
  'health.checks.*.release',
  'health.checks.*.json-all',
  'smoke.checks.*.retries',
  'smoke.checks.*.every',
  'smoke.checks.*.recent',
  'smoke.checks.*.release',
  'smoke.checks.*.json-all',
  'functions.checks.*.retries',
  'functions.checks.*.every',
  'functions.checks.*.recent',
  'functions.checks.*.release',
  'functions.checks.*.json-all',
  'smoke.end-to-end',
  'smoke.after',
  'release.approval',
  'release.keep-previous',
  'release.issue',
  'checklist.automatic',
  'checklist.confirm',
  'rollback.rules',
  'rollback.functions',
  'notifications',
  'alerts',
  'incidents',
  'golden-paths',
  'after-release',
  'budgets',
  'doctor',
  'maintenance',
  'security',
  'variables',
  'webhooks',
  'scans',
  'drills.rollback',
  'tasks',
  'contacts',
  'metrics',
];

/**
 * Keys that act, with the words that change nothing yet. `skip` of a policy and less than `restore` act where the workflow
 * file says throw-away.
 */
export const actInPart: Readonly<Record<string, readonly string[]>> = {
  'database.backup.policy': ['platform'],
  'database.on-failure': ['rollback'],
  'release.strategy': ['blue-green'],
  'rollback.app.method': ['git-revert'],
  'drills.disaster-recovery': ['after-deploy'],
  'drills.backup-restore': ['after-deploy'],
};

/** Values that say what happens anyway: writing them down is no reason for a warning. */
const saysWhatHappens: Readonly<Record<string, readonly unknown[]>> = {
  'database.backup.before': [['migration']],
  'database.naming': ['timestamp'],
  'release.approval': ['none'],
  'rollback.functions': [{ method: 'snapshot' }],
};

/** The keys of a merged environment that this version reads without acting on them. */
export function findNotActedOn(environment: unknown): string[] {
  const found = notActedOn.filter((pattern) =>
    present(environment, pattern.split('.'), saysWhatHappens[pattern] ?? []),
  );
  for (const [pattern, words] of Object.entries(actInPart)) {
    const value = valueAt(environment, pattern.split('.'));
    for (const word of words.filter((one) => (Array.isArray(value) ? value.includes(one) : value === one)))
      found.push(`${pattern} ${word}`);
  }
  const watch = isPart(environment) && isPart(environment.watch) ? environment.watch : {};
  const observe = isPart(environment) && isPart(environment.observe) ? environment.observe : {};
  const sources = Array.isArray(watch.source) ? (watch.source as string[]) : [];
  // A preset may name a vendor; without a section of its own nobody knows where to look there.
  const nowhere = sources.filter((source) => needsSection.includes(source) && observe[source] === undefined);
  return [...found, ...nowhere.map((source) => `watch.source ${source}`)];
}

/** Sources of vendors: `observe.<source>` says where their numbers are. */
export const needsSection: readonly string[] = [
  'sentry',
  'datadog',
  'prometheus',
  'grafana',
  'new-relic',
  'supabase-logs',
];

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce((part, step) => (isPart(part) ? part[step] : undefined), value);
}

function present(value: unknown, steps: readonly string[], usual: readonly unknown[]): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return value !== undefined && !usual.some((entry) => isDeepStrictEqual(entry, value));
  if (step === '*') return Object.values(value ?? {}).some((entry) => present(entry, rest, usual));
  return isPart(value) && present(value[step], rest, usual);
}
