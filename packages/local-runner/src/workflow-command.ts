/** A `::name key=value::data` line (or the older `##[name key=value]data`, which the runner still obeys). */
export interface WorkflowCommand {
  name: string;
  properties: Map<string, string>;
  data: string;
}

/** The commands that actions/runner 2.336 registers; any other `::x::` line is plain text. */
export const registeredCommands = [
  'stop-commands',
  'set-env',
  'set-output',
  'save-state',
  'add-path',
  'add-mask',
  'add-matcher',
  'remove-matcher',
  'warning',
  'error',
  'notice',
  'debug',
  'group',
  'endgroup',
  'echo',
];

/** Parses a line as actions/runner's ActionCommand.cs does, or gives undefined where the line is plain text. */
export function parseWorkflowCommand(
  line: string,
  isRegistered: (name: string) => boolean,
): WorkflowCommand | undefined {
  return parseColons(line, isRegistered) ?? parseBrackets(line, isRegistered);
}

function parseColons(line: string, isRegistered: (name: string) => boolean): WorkflowCommand | undefined {
  const message = line.trimStart();
  if (!message.startsWith('::')) return undefined;
  const end = message.indexOf('::', 2);
  if (end < 0) return undefined;
  const [name, properties] = splitOnce(message.slice(2, end), ' ');
  if (!isRegistered(name)) return undefined;
  return {
    name: name.toLowerCase(),
    properties: parseProperties(properties?.trim() ?? '', ',', unescapeProperty),
    data: unescapeData(message.slice(end + 2)),
  };
}

function parseBrackets(line: string, isRegistered: (name: string) => boolean): WorkflowCommand | undefined {
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  const [name, properties] = splitOnce(line.slice(start + 3, end), ' ');
  if (!isRegistered(name)) return undefined;
  return {
    name: name.toLowerCase(),
    properties: parseProperties(properties ?? '', ';', unescapeBracket),
    data: unescapeBracket(line.slice(end + 1)),
  };
}

function parseProperties(text: string, separator: string, restore: (text: string) => string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const property of text.split(separator)) {
    const [key, value] = splitOnce(property, '=');
    if (key !== '' && value) properties.set(key.toLowerCase(), restore(value));
  }
  return properties;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)];
}

const unescapeData = (text: string): string =>
  text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');

const unescapeProperty = (text: string): string =>
  text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');

const unescapeBracket = (text: string): string =>
  text
    .replaceAll('%3B', ';')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%5D', ']')
    .replaceAll('%25', '%');
