import { isDeepStrictEqual } from 'node:util';
import { whyNotJudged } from './alert-rules.ts';
import { isPart } from './merge.ts';

/** What may be written and is checked, but changes nothing yet. `*` stands for every entry of a list or map. */
export const notActedOn: readonly string[] = [
  'supabase.required-secrets',
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
  'smoke.features.*.*.retries',
  'smoke.features.*.*.every',
  'smoke.features.*.*.recent',
  'smoke.features.*.*.release',
  'smoke.features.*.*.json-all',
  'functions.checks.*.critical',
  'functions.checks.*.retries',
  'functions.checks.*.every',
  'functions.checks.*.recent',
  'functions.checks.*.release',
  'functions.checks.*.json-all',
  'smoke.after',
  'release.approval',
  'release.issue',
  'checklist.automatic',
  'checklist.confirm',
  'rollback.functions',
  'notifications.events',
  'notifications.routes.*.pagerduty',
  'notifications.routes.*.email',
  'notifications.routes.*.sms',
  'notifications.routes.*.mention',
  'notifications.routes.*.digest',
  'incidents',
  'golden-paths',
  'budgets',
  'doctor',
  'maintenance',
  'security',
  'variables',
  'webhooks',
  'scans',
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
  'database.backup.verify-every': ['after-deploy'],
  'drills.disaster-recovery': ['after-deploy'],
  'drills.backup-restore': ['after-deploy'],
  'drills.rollback': ['after-deploy'],
};

/** Values that say what happens anyway: writing them down is no reason for a warning. */
const saysWhatHappens: Readonly<Record<string, readonly unknown[]>> = {
  'release.approval': ['none'],
  'rollback.functions': [{ method: 'snapshot' }],
};

/** True of a path, and of everything below one, that this version reads without acting on it. */
export function changesNothing(path: readonly PropertyKey[]): boolean {
  return notActedOn.some((pattern) =>
    pattern.split('.').every((step, index) => index < path.length && (step === '*' || step === String(path[index]))),
  );
}

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
  const alerts = isPart(environment) && Array.isArray(environment.alerts) ? environment.alerts : [];
  const unjudged = (alerts as { when: string }[]).filter(({ when }) => whyNotJudged(when) !== undefined);
  const rollback = isPart(environment) && isPart(environment.rollback) ? environment.rollback : {};
  const rules = Array.isArray(rollback.rules) ? (rollback.rules as { when: string }[]) : [];
  // What can be measured sounds as if it started by itself; a person dispatches all of them.
  const measured = rules.filter(({ when }) => !onlyPeopleKnow.includes(when));
  return [
    ...found,
    ...measured.map(({ when }) => `rollback.rules ${when}`),
    ...unjudged.map(({ when }) => `alerts ${when}`),
    ...nowhere.map((source) => `watch.source ${source}`),
  ];
}

/** Failures that no source measures: a scenario is what a person says that it is. */
const onlyPeopleKnow: readonly string[] = [
  'database-corruption',
  'data-loss',
  'security-vulnerability',
  'critical-feature-broken',
  'minor-regression',
];

/** Sources of vendors: `observe.<source>` says where their numbers are. */
export const needsSection: readonly string[] = [
  'sentry',
  'datadog',
  'prometheus',
  'grafana',
  'new-relic',
  'supabase-logs',
  'supabase-metrics',
  'sql',
  'json-values',
  'json-logs',
  'stripe',
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
