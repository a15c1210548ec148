import { cleanText } from '#http/text';
import type { RunnerEvent, RunReport } from '#local-runner/run-composite';

/** Turns the events of a run into lines for people: steps as headings, groups indented, durations at the end of each step. */
export function createRunPrinter(write: (line: string) => void): {
  follow(event: RunnerEvent): void;
  finish(report: RunReport): void;
} {
  let depth = 0;
  let heading = '';
  const indented = (text: string): void => write(`${'  '.repeat(depth + 1)}${text}`);
  return {
    follow(event) {
      const where = event.path.slice(1).join(' › ') || event.path.join('');
      switch (event.kind) {
        case 'step-started':
          depth = 0;
          heading = where;
          write(`▶ ${cleanText(event.name, 120)}  [${where}]`);
          break;
        case 'step-ended':
          depth = 0;
          if (event.step.stage === 'main' || event.step.outcome !== 'success')
            write(endLine(event.step, where !== heading));
          break;
        case 'annotation':
          indented(`${event.level}: ${cleanText([event.title, event.message].filter(Boolean).join(': '), 2000)}`);
          break;
        case 'line':
          if (event.text.startsWith('##[endgroup]')) depth = 0;
          else if (event.text.startsWith('##[group]')) {
            indented(cleanText(event.text.slice('##[group]'.length), 2000));
            depth = 1;
          } else indented(`${/^ */.exec(event.text)?.[0] ?? ''}${cleanText(event.text, 4000)}`);
          break;
        case 'summary':
          break;
      }
    },
    finish(report) {
      write('');
      for (const [name, value] of Object.entries(report.outputs)) {
        const isLong = value.length > 300 && /^[{[]/.test(value);
        if (value !== '')
          write(`${name}: ${isLong ? `JSON of ${value.length} characters; --json shows it` : cleanText(value, 2000)}`);
      }
      if (report.error !== undefined) write(`error: ${report.error}`);
      write(`conclusion: ${report.conclusion}`);
    },
  };
}

type Ended = Extract<RunnerEvent, { kind: 'step-ended' }>['step'];

function endLine(step: Ended, named: boolean): string {
  const signs = { success: '✓', failure: '✗', cancelled: '■', skipped: '–' };
  const seconds = ((step.endedAt - step.startedAt) / 1000).toFixed(1);
  const forgiven = step.outcome !== step.conclusion ? `, continues as ${step.conclusion}` : '';
  const time = step.outcome === 'skipped' ? '' : ` in ${seconds} s`;
  return `${signs[step.outcome]} ${named ? `${cleanText(step.name, 120)} ` : ''}${step.outcome}${forgiven}${time}`;
}

/** Exit code of a run: 0 done, 1 the gate said no, 2 wrong use, 3 could not run, was cancelled, or our bug. */
export function runExitCode(report: RunReport): number {
  if (report.error !== undefined || report.conclusion === 'cancelled') return 3;
  if (report.conclusion === 'success') return 0;
  if (report.outputs['reason-code'] === 'bad_input') return 2;
  if (report.outputs.decision === 'could-not-run' || report.outputs['reason-code'] === 'unexpected_error') return 3;
  return 1;
}
