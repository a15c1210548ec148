/** How a command is started: directly, or by `sh -c` where it uses the shell's own language. */
export interface CommandLine {
  command: string;
  args: string[];
}

/** A command that cannot be started safely; the message says why. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

// Values put into a shell script must not mean anything to the shell.
const PLAIN = /^[A-Za-z0-9._~:/@%+=,-]*$/;

/**
 * Splits the consumer's command into words, as a shell would for plain words and quotes, and replaces `{environment}` and
 * `{url}` inside the words, so that a value can never become a second word. Pipes, redirections, variables and the like make
 * it a shell script, in which only harmless values are replaced; throws CommandError otherwise.
 */
export function splitCommand(command: string, values: { environment: string; url: string }): CommandLine {
  const words = wordsOf(command);
  if (words) {
    const [program, ...args] = words.map((word) => fill(word, values));
    if (!program) throw new CommandError('The command is empty.');
    return { command: program, args };
  }
  for (const [name, value] of Object.entries(values)) {
    if (command.includes(`{${name}}`) && !PLAIN.test(value)) {
      throw new CommandError(
        `The command uses shell syntax and {${name}} holds characters that the shell would interpret; put it into a script and use the variable $OPS_ACTIONS_${name.toUpperCase()}.`,
      );
    }
  }
  return { command: 'sh', args: ['-c', fill(command, values)] };
}

function fill(text: string, values: { environment: string; url: string }): string {
  return text.replace(/\{(environment|url)\}/g, (_, name: 'environment' | 'url') => values[name]);
}

const BLANK = /\s+/y;
// A stretch of a word: 'single quotes', "double quotes without expansion", an escaped character, or plain characters.
const STRETCH = /'([^']*)'|"((?:[^"\\$`]|\\["\\])*)"|\\(.)|([^\s'"\\|&;<>()$`*?[\]#~!]+)/y;

/** The words of a command without shell syntax; undefined where a shell is needed. Throws CommandError for an open quote. */
function wordsOf(command: string): string[] | undefined {
  const text = command.trim();
  if (text.includes('\n')) return undefined;
  const words: string[] = [];
  let word = '';
  let inWord = false;
  for (let at = 0; at < text.length; ) {
    BLANK.lastIndex = at;
    STRETCH.lastIndex = at;
    const stretch = STRETCH.exec(text);
    const blank = stretch ? null : BLANK.exec(text);
    if (stretch) {
      word += stretch[1] ?? stretch[2]?.replace(/\\(["\\])/g, '$1') ?? stretch[3] ?? stretch[4] ?? '';
      inWord = true;
      at = STRETCH.lastIndex;
    } else if (blank) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
      at = BLANK.lastIndex;
    } else {
      refuseOpenQuote(text, at);
      return undefined;
    }
  }
  if (inWord) words.push(word);
  // `NAME=value program` sets a variable: that is the shell's language.
  return /^[A-Za-z_]\w*=/.test(words[0] ?? '') ? undefined : words;
}

function refuseOpenQuote(text: string, at: number): void {
  const quote = text.charAt(at);
  if ((quote === '"' || quote === "'") && !text.includes(quote, at + 1)) {
    throw new CommandError(`The command has an open ${quote} quote: ${text}`);
  }
}
