import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentSettings } from '#config/settings';
import { type GitHub, GitHubError } from '#github/client';
import type { Finding } from './decide-preflight.ts';
import { type OpenForwardFix, readForwardFixes, withdrawCommand } from './forward-fix-record.ts';
import type { DatabaseInspection } from './inspect-database.ts';
import { isForwardOnly } from './plan-forward-fix.ts';

/** What a release would do to the database, as far as a forward fix asks for it. */
export interface ForwardFixFacts {
  /** Versions in the history; empty where a tool of one's own keeps it. */
  applied: readonly string[];
  /** Versions that this release applies before anything else. */
  toApply: readonly string[];
  /** Paths of fixes that the checkout holds with something in them, where a command of one's own migrates in this release. */
  handedToCommand: readonly string[];
}

/** A fix that is neither applied nor applied by this release keeps it from starting (DRB-06). Pure. */
export function decideForwardFixes(
  open: readonly OpenForwardFix[],
  facts: ForwardFixFacts,
  repository: string,
): Finding[] {
  const done = new Set([...facts.applied, ...facts.toApply]);
  return open
    .filter(({ version, path }) => !done.has(version) && !facts.handedToCommand.includes(path))
    .map(({ id, mends, path, branch }) => ({
      code: 'forward_fix_open',
      severity: 'refuse',
      message: `the migration that mends ${mends === 'command' ? 'the failed migration command' : mends} is not applied: ${path} (branch ${branch})`,
      fix: `write it, merge it, and release or apply it; only where nothing has to be repaired any more: ${withdrawCommand(repository, id)}`,
    }));
}

/** What an open forward fix says against a release, where the policy of the environment forbids every other way back. */
export async function forwardFixFindings(
  github: GitHub | undefined,
  { settings, workspace }: { settings: EnvironmentSettings; workspace: string },
  { applied, toApply, command }: Pick<DatabaseInspection, 'applied' | 'toApply' | 'command'>,
): Promise<Finding[]> {
  // Without the ledger preflight is refused for that alone.
  if (github === undefined || !isForwardOnly(settings.database.rollbackPolicy)) return [];
  try {
    const open = await readForwardFixes(github, settings.environment);
    const runs = command !== undefined && (settings.database.apply ?? 'automatic') === 'automatic';
    const paths = runs ? open.map(({ path }) => path) : [];
    const written = await Promise.all(paths.map((path) => isWritten(join(workspace, path))));
    const handedToCommand = paths.filter((_, index) => written[index]);
    return decideForwardFixes(open, { applied, toApply, handedToCommand }, github.repository);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return [{ code: error.reasonCode, severity: 'refuse', message: error.message }];
  }
}

/** An empty file repairs nothing. */
export async function isWritten(path: string): Promise<boolean> {
  return (await readFile(path, 'utf8').catch(() => '')).trim() !== '';
}
