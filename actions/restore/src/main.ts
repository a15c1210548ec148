import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { drill } from './drill.ts';
import { drillReport } from './drill-report.ts';
import { inputs } from './inputs.ts';
import { pointInTime } from './point-in-time.ts';
import { rebuild } from './rebuild.ts';
import { rebuildEnd } from './rebuild-end.ts';
import { restore } from './restore.ts';
import { restoreReport } from './restore-report.ts';
import { verify } from './verify.ts';

/** Restores a backup, lets the platform go back, verifies what is stored, rehearses a restore as a drill, down to the app against the copy, or files what a drill found. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  switch (given.mode) {
    case 'verify':
      return await verify(runner, given);
    case 'drill':
      return await drill(runner, given);
    case 'rebuild':
      return await rebuild(runner, given);
    case 'rebuild-end':
      return await rebuildEnd(runner, given);
    case 'drill-report':
      return await drillReport(runner, given);
    case 'point-in-time':
      return await pointInTime(runner, given);
    case 'restore-report':
      return await restoreReport(runner, given);
    case 'restore':
      return await restore(runner, given);
  }
}
