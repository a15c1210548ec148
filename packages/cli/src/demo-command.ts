import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { DemoResult } from './demo/demo-result.ts';
import { closingTable, createDemoTerminal } from './demo/demo-terminal.ts';
import { PostgresNeeded, providePostgres } from './demo/provide-postgres.ts';
import { renderReport } from './demo/report/render-report.ts';
import { libraryRoot } from './library-root.ts';

interface DemoOptions {
  keep?: true;
  install?: true;
  json?: true;
  out: string;
}

/** Adds `ops-actions demo`: exit code 0 when the story went as it must, 1 when not, 3 when it could not be played. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('ship a good release, then a bad one, and see the way back: everything on this machine, no account')
    .option('--keep', 'leave the sandbox running at the end and print its addresses')
    .option('--install', 'install PostgreSQL by the package manager of this system when it is missing')
    .option('--json', 'print the result as JSON on standard output, progress on standard error')
    .option('--out <folder>', 'where result.json and report.html are written', '.demo')
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

async function demo(options: DemoOptions): Promise<number> {
  const progress = (text: string): void => {
    (options.json ? process.stderr : process.stdout).write(text);
  };
  const terminal = createDemoTerminal(progress);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await providePostgres({ install: options.install === true, log: (line) => terminal.line('set-up', line) });
  } catch (error) {
    if (!(error instanceof PostgresNeeded)) throw error;
    progress(`${error.message}\n`);
    return 3;
  }
  // Loaded late: what is missing above is said in a moment, not after a second of imports.
  const [{ startSandbox }, { tellStory }, { createNotesRepository }] = await Promise.all([
    import('#sandbox/start-sandbox'),
    import('./demo/tell-story.ts'),
    import('./demo/notes-repository.ts'),
  ]);
  terminal.line('sandbox', 'starting Vercel, PostgreSQL, Slack and GitHub on this machine');
  await using resources = new AsyncDisposableStack();
  const repository = await createNotesRepository(join(libraryRoot, 'examples'));
  resources.defer(repository.remove);
  const sandbox = await startSandbox({ gitDirectory: repository.directory });
  resources.defer(sandbox.close);
  try {
    terminal.line('sandbox', `ready; production will be at ${sandbox.description.vercel.domains[0]}`);
    const result = await tellStory({ libraryRoot, repository, sandbox, terminal, signal: interrupted.signal });
    await writeResult(options.out, result);
    progress(closingTable(result));
    progress(closingLines(result, options.out));
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    if (options.keep && !interrupted.signal.aborted) await keep(sandbox.description, progress, interrupted.signal);
    return result.asExpected ? 0 : 1;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    progress('interrupted; everything that was started is stopped\n');
    return 3;
  }
}

async function writeResult(folder: string, result: DemoResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(join(folder, 'report.html'), renderReport(result));
}

function closingLines(result: DemoResult, folder: string): string {
  const { rollback } = result;
  const lines = [''];
  if (rollback?.swappedAt != null && rollback.breachAt != null) {
    const back = (rollback.swappedAt - rollback.breachAt).toFixed(1);
    lines.push(
      `v1.1.0 ended with a failing exit status, as it must: ${back} s after the first bucket above the limit, production was`,
      `back on ${rollback.to}; ${rollback.requestsFailedMeanwhile} requests of users had failed since its promotion.`,
    );
  }
  const { before, after } = result.autoAssign;
  lines.push(`Auto-assign of production domains: ${before} before, ${after} after.`);
  lines.push(
    result.asExpected ? 'The story went as it must.' : 'The story did NOT go as it must; see the table above.',
  );
  lines.push(`Result: ${join(folder, 'result.json')}   Report: ${join(folder, 'report.html')}`, '');
  return lines.join('\n');
}

async function keep(description: unknown, progress: (text: string) => void, signal: AbortSignal): Promise<void> {
  progress(`\nLeft running until Ctrl-C:\n${JSON.stringify(description, null, 2)}\n`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
