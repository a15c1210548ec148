import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { drill } from './drill.ts';
import { drillReport } from './drill-report.ts';
import { inputs } from './inputs.ts';
import { pointInTime } from './point-in-time.ts';
import { restore } from './restore.ts';

/** Restores a backup, lets the platform go back, rehearses that as a drill, or files what a drill found. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  switch (given.mode) {
    case 'drill':
      return await drill(runner, given);
    case 'drill-report':
      return await drillReport(runner, given);
    case 'point-in-time':
      return await pointInTime(runner, given);
    case 'restore':
      return await restore(runner, given);
  }
}
