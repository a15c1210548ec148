import type { Annotation } from './events.ts';
import type { StepContext } from './step-context.ts';
import { parseWorkflowCommand, registeredCommands, type WorkflowCommand } from './workflow-command.ts';

/** Reads the output of one step: obeys workflow commands (actions/runner's ActionCommandManager.cs), shows the rest. */
export class LineInterpreter {
  readonly context: StepContext;
  readonly registered = new Set(registeredCommands);
  #stopToken: string | undefined;
  #echo = false;

  constructor(context: StepContext) {
    this.context = context;
  }

  take(line: string, stream: 'stdout' | 'stderr'): void {
    this.context.job.hear(line);
    const command = parseWorkflowCommand(line, (name) => this.registered.has(name.toLowerCase()));
    if (command === undefined || !this.#obey(command, line)) this.context.job.line(this.context.path, line, stream);
  }

  /** False where the line is to be shown as text. */
  #obey(command: WorkflowCommand, line: string): boolean {
    if (this.#stopToken !== undefined) return this.#resume(command, line);
    if (command.name === 'stop-commands') return this.#stop(command, line);
    if (
      this.#echo &&
      !['add-mask', 'debug', 'echo', 'error', 'warning', 'notice', 'group', 'endgroup'].includes(command.name)
    ) {
      this.context.job.line(this.context.path, line);
    }
    try {
      this.#run(command);
    } catch (error) {
      this.context.fail(
        `Unable to process command '${command.name === 'add-mask' ? command.name : line}' successfully.`,
      );
      this.context.fail(error);
      this.context.commandResult = 'failure';
    }
    return true;
  }

  #resume(command: WorkflowCommand, line: string): boolean {
    if (command.name !== this.#stopToken) return false;
    this.registered.delete(command.name);
    this.#stopToken = undefined;
    this.context.job.line(this.context.path, line);
    return true;
  }

  #stop(command: WorkflowCommand, line: string): boolean {
    const token = command.data.toLowerCase();
    if (token === '' || token === 'pause-logging' || this.registered.has(token)) {
      this.context.fail(`The stop-commands token '${command.data}' is empty or the name of a command.`);
      this.context.commandResult = 'failure';
      return true;
    }
    this.#stopToken = token;
    this.registered.add(token);
    this.context.job.line(this.context.path, line);
    if (token.length > 6) this.context.job.masker.add(command.data);
    return true;
  }

  #run(command: WorkflowCommand): void {
    const { context } = this;
    const { job, path } = context;
    switch (command.name) {
      case 'error':
      case 'warning':
      case 'notice':
        this.#annotate(command.name, command);
        break;
      case 'debug':
        if (job.debug) job.line(path, `##[debug]${command.data}`);
        break;
      case 'group':
        job.line(path, `##[group]${command.data}`);
        break;
      case 'endgroup':
        job.line(path, '##[endgroup]');
        break;
      case 'add-mask':
        this.#addMask(command.data);
        break;
      case 'set-output':
        context.setOutput(requiredName(command), command.data);
        break;
      case 'save-state':
        context.state.set(requiredName(command), command.data);
        break;
      case 'echo':
        this.#echo = command.data.trim().toLowerCase() === 'on';
        break;
      case 'set-env':
      case 'add-path':
        throw new Error(`The '${command.name}' command is disabled. Write to $GITHUB_ENV or $GITHUB_PATH instead.`);
      default:
        throw new Error(`The '${command.name}' command is not supported by the local runner.`);
    }
  }

  #addMask(secret: string): void {
    const { job, path } = this.context;
    const message = "Can't add secret mask for empty string in ##[add-mask] command.";
    if (secret.trim() === '') job.annotate(path, { level: 'warning', message });
    else job.masker.add(secret);
  }

  #annotate(level: Annotation['level'], command: WorkflowCommand): void {
    const { properties, data } = command;
    const [title, file, line] = [properties.get('title'), properties.get('file'), Number(properties.get('line'))];
    if (level === 'error') this.context.error ??= this.context.job.masker.mask(data);
    this.context.job.annotate(this.context.path, {
      level,
      message: data,
      ...(title === undefined ? {} : { title }),
      ...(file === undefined ? {} : { file }),
      ...(Number.isInteger(line) ? { line } : {}),
    });
  }
}

function requiredName(command: WorkflowCommand): string {
  const name = command.properties.get('name');
  if (!name) throw new Error(`Required field 'name' is missing in ##[${command.name}] command.`);
  return name;
}
