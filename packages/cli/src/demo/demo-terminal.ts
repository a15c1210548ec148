import type { RunnerEvent } from '#local-runner/run-composite';
import type { DemoResult } from './demo-result.ts';
import { percent } from './report/error-rate-chart.ts';
import type { Traffic } from './traffic.ts';

export interface DemoTerminal {
  /** A line of the story with the time since its start. */
  line(chapter: string, text: string): void;
  /** Follows one run of the local runner: a line when a step of the release path starts to take long, and when it ends. */
  follow(chapter: string, event: RunnerEvent): void;
  /** Shows the users' error rate every two seconds while a release is under way; answers how to stop. */
  watchTraffic(chapter: string, traffic: Traffic): () => void;
}

/** Prints progress as plain lines, so that a log file reads as well as a terminal. */
export function createDemoTerminal(write: (text: string) => void): DemoTerminal {
  const started = performance.now();
  const line = (chapter: string, text: string): void => {
    const elapsed = `${((performance.now() - started) / 1000).toFixed(1)} s`;
    write(`${elapsed.padStart(7)}  ${chapter.padEnd(8)} ${text}\n`);
  };
  return {
    line,
    follow(chapter, event) {
      const [, step] = event.path;
      if (event.kind === 'line' && step === 'watch' && event.path.length === 2 && event.text.startsWith('[')) {
        line(chapter, `    ${event.text}`);
      }
      if (event.kind !== 'step-ended' || event.path.length !== 2 || event.step.outcome === 'skipped') return;
      const { name, outcome, outputs, startedAt, endedAt } = event.step;
      const seconds = ((endedAt - startedAt) / 1000).toFixed(1);
      const sign = outcome === 'success' ? '✓' : '✗';
      line(chapter, `${sign} ${name} (${seconds} s)${outputs.summary ? `: ${outputs.summary}` : ''}`);
    },
    watchTraffic(chapter, traffic) {
      const timer = setInterval(() => {
        const { requests, failed } = traffic.recent(2);
        if (failed > 0) line(chapter, `  users: ${percent(failed / requests)} of ${requests} requests failed in 2 s`);
      }, 2000);
      return () => clearInterval(timer);
    },
  };
}

/** The closing table. Pure. */
export function closingTable(result: DemoResult): string {
  const rows = result.releases.map((release) => [
    release.version,
    release.decision,
    release.reasonCode,
    release.watch === null ? '-' : `${release.watch.errors} of ${release.watch.requests} failed`,
    release.backup === null ? '-' : release.backup.verified ? `verified, ${release.backup.rows} rows` : 'NOT verified',
    release.decision === release.expected ? 'as expected' : `EXPECTED ${release.expected}`,
  ]);
  const table = [['version', 'decision', 'reason', 'watched requests', 'backup', ''], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `\n${lines.join('\n')}\n`;
}
