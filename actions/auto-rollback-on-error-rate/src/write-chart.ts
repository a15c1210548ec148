import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runner } from '#action-kit/runner';
import { svgChart } from '#observe/render-chart';
import type { WatchOutcome } from '#observe/watch';

/** Writes the chart of a verdict as SVG for a later step to keep; its path, or empty where there is nothing to draw. Never rejects. */
export async function writeChart(
  { context, logger }: Pick<Runner, 'context' | 'logger'>,
  outcome: WatchOutcome,
  name: 'watch' | 'restored',
): Promise<string> {
  const chart = svgChart(outcome);
  if (chart === '') return '';
  const path = join(context.temp, `${name}-chart.svg`);
  try {
    await writeFile(path, chart, { mode: 0o600 });
    return path;
  } catch (error) {
    logger.warning(`The chart of the watch could not be written: ${(error as Error).message}`);
    return '';
  }
}
