import { gitHubConnection, missingForVercel, vercelConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createGitHub } from '#github/client';
import { openApps } from '#release/open-apps';
import { liftRehearsal } from '#release/rehearsal/lift-rehearsal';
import { inputs } from './inputs.ts';
import { judge } from './judge.ts';
import { report } from './report.ts';

/** Begins, judges or reports a rehearsal of the way back; the release between them is that of deploy. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { githubToken, mode } = given;
  if (githubToken === undefined) {
    const message = 'is needed: ledger and lock are read from GitHub';
    throw new InputError([{ name: 'github-token', message, allowed: 'a token with deployments: write' }]);
  }
  const github = createGitHub(gitHubConnection(runner, githubToken));
  if (mode === 'report') return await report(runner, given, github);
  const settings = await loadSettings(runner, given);
  const connection = vercelConnection(runner, given, settings);
  if (connection === undefined) throw new InputError(missingForVercel(given, settings));
  const project = await openApps({ connection, settings, github });
  if (mode === 'judge') return await judge(runner, given, { github, project, settings });
  const { lifted, message } = await liftRehearsal({ github, project }, settings);
  const summary = message ?? 'No earlier rehearsal left anything locked.';
  return { decision: 'ready', reasonCode: lifted > 0 ? 'lifted' : 'nothing_left', summary, failed: false };
}
