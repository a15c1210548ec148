import { ConfigError } from './config-error.ts';
import { describeIssues } from './find-problems.ts';
import { readDocument } from './read-document.ts';
import { watch } from './sections.ts';
import type { WatchSettings } from './settings.ts';

/** What a watch goes by. */
export type WatchPolicy = Pick<
  WatchSettings,
  'rules' | 'windowMs' | 'intervalMs' | 'minRequests' | 'onNoData' | 'onInconclusive'
>;

/**
 * Reads a watch policy as a file of its own (JSON or YAML), in the words of the section `watch` of ops.yml. Throws ConfigError
 * with every mistake.
 */
export function readWatchPolicy(file: string, text: string): WatchPolicy {
  const { document, problems } = readDocument(file, text);
  if (problems.length > 0) throw new ConfigError(problems);
  const read = watch.safeParse(document.data ?? {});
  if (!read.success) throw new ConfigError(describeIssues(document, watch, read.error.issues));
  const { rules, window, interval } = read.data;
  const policy: WatchPolicy = {};
  if (rules !== undefined) policy.rules = rules;
  if (window !== undefined) policy.windowMs = window;
  if (interval !== undefined) policy.intervalMs = interval;
  if (read.data['min-requests'] !== undefined) policy.minRequests = read.data['min-requests'];
  if (read.data['on-no-data'] !== undefined) policy.onNoData = read.data['on-no-data'];
  if (read.data['on-inconclusive'] !== undefined) policy.onInconclusive = read.data['on-inconclusive'];
  return policy;
}
