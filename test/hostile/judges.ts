import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { type DefaultTreeAdapterTypes, parse, parseFragment } from 'parse5';
import { SaxesParser } from 'saxes';

/**
 * What each channel makes of a text (S14), told by parsers that the product does not use. Every judge answers complaints; none
 * of them knows which texts were sent, only what ours never holds.
 */
type Complaints = string[];

/** Line ends and tabs are the only controls; nothing reorders or hides what stands behind it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\u{e0000}-\u{e007f}]|\p{Bidi_Control}/u;

export function judgeText(where: string, text: string, longest: number): Complaints {
  const hidden = unseen.exec(text);
  return [
    ...(hidden === null ? [] : [`${where}: U+${code(hidden[0])} in ${excerpt(text, hidden.index)}`]),
    ...(text.length > longest ? [`${where}: ${text.length} characters, at most ${longest}`] : []),
    ...(text.isWellFormed() ? [] : [`${where}: half a character`]),
  ];
}

/** Every text inside a JSON value, judged by `judge`. */
export function judgeJson(where: string, value: unknown, longest: number): Complaints {
  if (typeof value === 'string') return judgeText(where, value, longest);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...judgeText(`${where}: a name`, name, longest),
    ...judgeJson(`${where}.${name.slice(0, 40)}`, inner, longest),
  ]);
}

const ourCommands = new Set(['error', 'warning', 'notice', 'debug', 'group', 'endgroup']);

/** A line of a process, as a runner reads it: `::name …::` at its start, `##[name …]` anywhere (actions/runner, ActionCommand.cs). */
export function judgeLine(line: string, masks: ReadonlySet<string>): Complaints {
  // A command of GitHub begins behind blanks, whatever kind of blank it is.
  const command = /^\s*::(?<name>[^\s:]+)[^:]*::(?<data>.*)$/su.exec(line)?.groups;
  const legacy = /##\[/.exec(line);
  const known =
    command?.name === 'add-mask' ? masks.has(decode(command.data ?? '')) : ourCommands.has(command?.name ?? '');
  return [
    ...judgeText('log', command === undefined ? line : decode(line), 20_000),
    ...(command === undefined || known ? [] : [`log: the command ${command.name} in ${excerpt(line, 0)}`]),
    ...(legacy === null ? [] : [`log: an old command in ${excerpt(line, legacy.index)}`]),
  ];
}

const decode = (data: string): string => data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');

/** Elements that ours write into summaries and issues. */
const ourElements = new Set(
  'h2 h3 h4 p ul ol li input table thead tbody tr th td code pre strong em a br details summary'.split(' '),
);

/** GitHub Markdown, HTML let through: only our elements, links only to `hosts`, no mention, reference or address that links itself. */
export function judgeMarkdown(where: string, markdown: string, hosts: readonly string[]): Complaints {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  const complaints = judgeText(where, markdown, 65_536);
  for (const { element, text, isQuiet } of walk(parseFragment(html))) {
    if (element !== undefined) {
      const target = element.attrs.find(({ name }) => name === 'href')?.value ?? '';
      if (!ourElements.has(element.tagName)) complaints.push(`${where}: <${element.tagName}>`);
      if (element.tagName === 'a' && !hosts.includes(URL.parse(target)?.host ?? ''))
        complaints.push(`${where}: a link to ${target}`);
      for (const { name, value } of element.attrs) {
        // A checklist is a list of boxes that nobody can tick.
        const box = element.tagName === 'input' && ['type', 'disabled', 'checked'].includes(name) && value !== 'image';
        const ours = box || ['href', 'align', 'open'].includes(name) || value === 'language-mermaid';
        if (!ours) complaints.push(`${where}: ${name}=`);
      }
    }
    if (text === undefined || isQuiet) continue;
    // Both link themselves after any character that is not part of a word (docs.github.com, "Autolinked references").
    const linked = /(?<![\w`])@[a-z\d]|(?<!\w)(?:#|GH-)\d|(?:https?:\/\/|www\.)\w/i.exec(text);
    if (linked !== null) complaints.push(`${where}: ${linked[0]} links itself in ${excerpt(text, linked.index)}`);
  }
  return complaints;
}

/** Slack's mrkdwn: in angle brackets only our links and dates; `&`, `<` and `>` are escaped everywhere else (api.slack.com, formatting). */
export function judgeMrkdwn(where: string, text: string, hosts: readonly string[], longest = 3000): Complaints {
  const complaints = judgeText(where, text, longest);
  const rest = text.replace(/<([^<>]*)>/g, (whole, inner: string) => {
    const [target = '', ...label] = inner.split('|');
    const date = /^!date\^\d+\^\{date_short_pretty\} \{time_secs\}$/.test(target) && label.length === 1;
    const link = /^https?:/.test(target) && hosts.includes(URL.parse(target)?.host ?? '') && label.length === 1;
    if (!date && !link) complaints.push(`${where}: ${whole}`);
    return '';
  });
  const bare = /[<>]|&(?!amp;|lt;|gt;)/.exec(rest);
  return bare === null
    ? complaints
    : [...complaints, `${where}: an unescaped ${bare[0]} in ${excerpt(rest, bare.index)}`];
}

/** Every text element of a list of blocks; `plain_text` is not parsed by Slack. */
export function judgeBlocks(blocks: unknown, hosts: readonly string[]): Complaints {
  if (typeof blocks !== 'object' || blocks === null) return [];
  const { type, text } = blocks as { type?: unknown; text?: unknown };
  if (type === 'mrkdwn') return judgeMrkdwn('Slack block', String(text), hosts);
  if (type === 'plain_text') return judgeText('Slack header', String(text), 150);
  return Object.values(blocks).flatMap((inner) => judgeBlocks(inner, hosts));
}

/** An XML file of ours: well formed, and nothing in it but the elements of JUnit. */
export function judgeJunit(xml: string): Complaints {
  const complaints: Complaints = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => complaints.push(`JUnit: ${error.message}`));
  parser.on('opentag', ({ name, attributes }) => {
    if (!/^(testsuites?|testcase|failure|flakyFailure|error|system-out)$/.test(name))
      complaints.push(`JUnit: <${name}>`);
    complaints.push(...judgeJson(`JUnit <${name}>`, attributes, 8000));
  });
  parser.on('text', (text) => complaints.push(...judgeText('JUnit text', text, 8000)));
  for (const kind of ['comment', 'cdata', 'doctype'] as const)
    parser.on(kind, () => complaints.push(`JUnit: a ${kind}`));
  parser.write(xml).close();
  return complaints;
}

/** A page of ours: nothing runs, nothing is fetched, and its policy says so (S19). */
export function judgePage(html: string): Complaints {
  const complaints = judgeText('report', html, 2_000_000);
  const inert =
    /^(html|head|meta|title|style|body|header|main|section|article|h[1-3]|p|pre|code|table|t(head|body|r|h|d)|div|span|time|details|summary|figure|figcaption|svg|g|rect|line|text|path|polyline|polygon|circle)$/;
  let policy = '';
  for (const { element } of walk(parse(html))) {
    if (element === undefined) continue;
    if (!inert.test(element.tagName)) complaints.push(`report: <${element.tagName}>`);
    for (const { name, value } of element.attrs) {
      if (/^on|^style$|^src|href|^action$|^srcdoc$/i.test(name))
        complaints.push(`report: ${name}="${value.slice(0, 80)}"`);
      if (element.tagName === 'meta' && name === 'content' && value.includes('-src')) policy = value;
    }
  }
  return /^default-src 'none'; style-src 'sha256-[\w+/=]+'/.test(policy)
    ? complaints
    : [...complaints, `report: policy ${policy}`];
}

interface Visited {
  element?: DefaultTreeAdapterTypes.Element;
  text?: string;
  /** In code or a link, where GitHub links nothing by itself. */
  isQuiet: boolean;
}

function* walk(node: DefaultTreeAdapterTypes.ParentNode, isQuiet = false): Generator<Visited> {
  for (const child of node.childNodes) {
    if (child.nodeName === '#text') yield { text: (child as DefaultTreeAdapterTypes.TextNode).value, isQuiet };
    if (!('tagName' in child)) continue;
    yield { element: child, isQuiet };
    yield* walk(child, isQuiet || child.tagName === 'code' || child.tagName === 'a');
  }
}

const code = (character: string): string => character.codePointAt(0)?.toString(16).padStart(4, '0') ?? '';
const excerpt = (text: string, at: number): string => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
