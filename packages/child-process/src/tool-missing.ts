/** The program does not exist on this machine (or may not be executed). */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing';
  readonly reasonCode = 'tool_missing';
  readonly command: string;

  constructor(command: string, cause: unknown) {
    super(`The program ${command} was not found on this machine. Install it, or put its folder on PATH.`, { cause });
    this.command = command;
  }
}
