import { readRecentReleases } from '#release/read-environment';
import { describeWouldHaveBeen, wouldHaveBeens } from '#release/would-have-been';
import { type EnvironmentOptions, openEnvironment } from './open-environment.ts';
import type { CommandAnswer } from './rollback-command.ts';

/** What milder modes left undone, from the ledger: to judge rules before they act. Exit code 0 also where there is nothing. */
export async function listWouldHaveBeens(options: EnvironmentOptions): Promise<CommandAnswer> {
  const { github, settings } = await openEnvironment(options);
  const { environment } = settings;
  const releases = await readRecentReleases(github, environment);
  const all = wouldHaveBeens(releases);
  const head = `Of ${releases.length} recorded releases of ${environment}, mode auto would have rolled back`;
  const text = all.length === 0 ? `${head} none.` : [`${head}:`, ...all.map(describeWouldHaveBeen)].join('\n');
  const json = {
    environment,
    releases: releases.length,
    wouldHaveBeen: all.map((one) => ({ ...one, at: one.at / 1000 })),
  };
  return { exitCode: 0, text, json };
}
