import {
  limits,
  plainText,
  type SlackBlock,
  type SlackMessage,
  slackLink,
  slackText,
  splitLines,
} from './slack-text.ts';

export type { SlackMessage } from './slack-text.ts';

export type ReleasePhase =
  | 'started'
  | 'promoted'
  | 'released'
  | 'watch-continues'
  | 'rolling-back'
  | 'rolled-back'
  | 'rollback-failed'
  | 'held'
  | 'refused'
  | 'failed'
  | 'cancelled'
  | 'would-roll-back'
  | 'asked'
  | 'staged'
  | 'already-current'
  | 'superseded'
  | 'planned';

/** What people are told of a release at one moment. */
export interface ReleaseNews {
  environment: string;
  version: string;
  repository: string;
  phase: ReleasePhase;
  /** One line. */
  summary: string;
  phases: { name: string; state: 'pending' | 'running' | 'done' | 'failed' | 'skipped'; detail?: string }[];
  links: { label: string; url: string }[];
  /** What production serves now. */
  serving?: { deploymentId: string; version?: string | undefined; since?: number | undefined };
  actor?: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  now: number;
  /** Rules that are relaxed for this release (S11). */
  weakenings?: readonly string[] | undefined;
  /** Evidence for the thread, one line each. */
  details?: string[];
}

const headlines: Record<ReleasePhase, { sign: string; words: string }> = {
  started: { sign: '🚢', words: 'is on its way to' },
  promoted: { sign: '👀', words: 'is live and watched in' },
  released: { sign: '✅', words: 'is released to' },
  'watch-continues': { sign: '👀', words: 'is promoted, the watch continues in' },
  'rolling-back': { sign: '⏪', words: 'is being rolled back in' },
  'rolled-back': { sign: '⏪', words: 'was rolled back in' },
  'rollback-failed': { sign: '🔥', words: 'needs a person: the rollback did NOT succeed in' },
  held: { sign: '⚠️', words: 'is live but was not judged in' },
  refused: { sign: '⛔', words: 'was refused for' },
  failed: { sign: '❌', words: 'failed during its release to' },
  cancelled: { sign: '🛑', words: 'was cancelled during its release to' },
  'would-roll-back': { sign: '⚠️', words: 'should be rolled back in' },
  asked: { sign: '🙋', words: 'should be rolled back, and a reviewer is asked, in' },
  staged: { sign: '📦', words: 'is staged for' },
  'already-current': { sign: '✅', words: 'was already live in' },
  superseded: { sign: '↪️', words: 'was superseded in' },
  planned: { sign: '📝', words: 'was planned for' },
};

const signs = { pending: '▫️', running: '▶️', done: '✔️', failed: '✖️', skipped: '➖' } as const;

/** The living message of a release within Slack's limits; everything foreign is escaped. Pure. */
export function renderRelease(news: ReleaseNews): SlackMessage {
  const { sign, words } = headlines[news.phase];
  const headline = `${sign} ${news.version} ${words} ${news.environment}`;
  const blocks: SlackBlock[] = [
    // A header takes plain text, which Slack does not parse.
    { type: 'header', text: { type: 'plain_text', text: plainText(headline, limits.header), emoji: true } },
    section(slackText(news.summary, 1500)),
  ];
  const phases = news.phases.slice(0, 20).map((phase) => {
    const detail = phase.detail === undefined || phase.detail === '' ? '' : ` – ${slackText(phase.detail, 220)}`;
    return `${signs[phase.state]} ${slackText(phase.name, 60)}${detail}`;
  });
  if (phases.length > 0) blocks.push(section(fit(phases, limits.section)));
  if (news.serving !== undefined) blocks.push(section(serving(news.serving)));
  const weakenings = (news.weakenings ?? [])
    .slice(0, 10)
    .map((text) => `⚠️ Weaker than standard: ${slackText(text, 300)}`);
  if (weakenings.length > 0) blocks.push(section(fit(weakenings, limits.section)));
  const links = news.links.slice(0, 10).map((link) => slackLink(link.url, link.label));
  if (links.length > 0) blocks.push(section(fit([links.join('  ·  ')], limits.section)));
  const seconds = Math.max(0, Math.round((news.now - news.startedAt) / 1000));
  const by = news.actor === undefined ? '' : ` · by ${slackText(news.actor, 80)}`;
  blocks.push({
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `${slackText(news.repository, 150)}${by} · ${duration(seconds)}` }],
  });
  return { text: slackText(`${headline}: ${news.summary}`, limits.section), blocks };
}

function serving({ deploymentId, version, since }: NonNullable<ReleaseNews['serving']>): string {
  const what = version === undefined ? '' : `${slackText(version, 100)} `;
  const time = since === undefined ? '' : ` since ${slackDate(since)}`;
  return `Serving now: ${what}\`${slackText(deploymentId, 100).replaceAll('`', "'")}\`${time}`;
}

/** Shown in each reader's own time zone; elsewhere in UTC. `at` in milliseconds. */
function slackDate(at: number): string {
  const fallback = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(at / 1000)}^{date_short_pretty} {time_secs}|${fallback}>`;
}

// Slack refuses a section without text.
function section(text: string): SlackBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: text || '…' } };
}

/** Whole lines while they fit: a cut inside a link or a date would break it. */
function fit(lines: readonly string[], maxLength: number): string {
  let text = '';
  for (const line of lines) {
    if (text.length + line.length + 1 > maxLength - 1) return `${text}\n…`;
    text = text === '' ? line : `${text}\n${line}`;
  }
  return text;
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A message from plain words, for `notify-slack`. Pure. */
export function renderNote(note: { status: string; title: string; text?: string | undefined }): SlackMessage {
  const sign = noteSigns[note.status] ?? 'ℹ️';
  const title = `${sign} ${note.title}`;
  const blocks: SlackBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: plainText(title, limits.header), emoji: true } },
  ];
  if (note.text !== undefined) blocks.push(...splitLines(note.text, 3).map(section));
  return { text: slackText(note.text === undefined ? title : `${title}: ${note.text}`), blocks };
}

/** Words that `status` takes, with the sign each gets. */
export const noteSigns: Record<string, string> = {
  info: 'ℹ️',
  running: '⏳',
  success: '✅',
  warning: '⚠️',
  failure: '❌',
};
