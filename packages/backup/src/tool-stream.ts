import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type StartedTool, startTool, type ToolOptions, type ToolResult } from '#child-process/run-tool';

/**
 * A stream through a program, as it is produced; it ends only when the program has succeeded. An error of the source reaches
 * the reader in its own words.
 * @throws what `failed` makes of a program that did not succeed, ToolMissing.
 */
export async function* toolStream(
  source: AsyncIterable<Uint8Array>,
  tool: ToolOptions,
  failed: (result: ToolResult) => Error,
  /** Called when it runs; what it answers is called when it is over. */
  watch: (tool: StartedTool) => () => void = () => () => {},
): AsyncGenerator<Uint8Array> {
  const started = startTool(tool);
  const { stdin, stdout } = started.child;
  if (stdin === null || stdout === null) throw new Error(`${tool.command} was started without its streams`);
  const over = watch(started);
  let broken: unknown;
  const fed = pipeline(Readable.from(source, { objectMode: false }), stdin).catch((error: NodeJS.ErrnoException) => {
    // A program that stops reading, or is ended while it does not, has an error of its own to tell.
    if (['EPIPE', 'ECANCELED', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code ?? '')) return;
    broken = error;
    void started.stop();
  });
  try {
    yield* stdout as AsyncIterable<Uint8Array>;
    await fed;
    if (broken !== undefined) throw broken;
    const result = await started.finished;
    if (result.exitCode !== 0 || result.timedOut) throw failed(result);
  } finally {
    over();
    await started.stop();
  }
}
