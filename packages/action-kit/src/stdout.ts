/**
 * The one place that writes to standard output (S14). Synchronous on purpose where the stream allows it: a process that is ended
 * by the runner must not lose its last lines.
 */
export function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
