import { createHash } from 'node:crypto';
import type { DemoFinding, DemoRelease, DemoResult, SlackMessage } from '../demo-result.ts';
import { errorRateChart, percent } from './error-rate-chart.ts';
import { type Html, html } from './html.ts';
import { style } from './style.ts';
import { timeline } from './timeline.ts';

/**
 * The whole report as one self-contained page. Its policy allows nothing but the one hashed style sheet (S19): no script,
 * no request, no inline style attribute.
 */
export function renderReport(result: DemoResult): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>ops-actions: a bad release, noticed and taken back</title>
`;
  return `${page.markup}<style>${style}</style>\n</head>\n${body(result).markup}\n</html>\n`;
}

function body(result: DemoResult): Html {
  const watched = result.releases.filter((release) => release.watch !== null);
  const refused = result.releases.find((release) => release.findings.length > 0);
  return html`<body>
<header>
<h1>A bad release, noticed and taken back</h1>
<p>${headline(result)}</p>
</header>
<main>
<section><h2>Releases</h2>${releaseTable(result.releases)}</section>
<section><h2>Timeline</h2><div class="wide">${timeline(result)}</div><p class="quiet">Each block is a step: green passed, red did not.</p></section>
${watched.map(
  (release) => html`<section><h2>Error rate after ${release.version}</h2>
<p>${watchSentence(release)}</p>
${errorRateChart(result, release, release.decision === 'rolled-back' ? result.rollback : null)}</section>`,
)}
${refused === undefined ? html`` : html`<section><h2>${refused.version} was refused for its migration</h2>${refused.findings.map(finding)}</section>`}
<section><h2>What people saw in Slack</h2>${result.slack.messages.map(slackMessage)}
<p class="quiet">${result.slack.messages.length} messages, edited in place ${result.slack.edits} times, ${result.slack.replies} replies in their threads.</p></section>
<section><h2>Incidents</h2>${result.issues.map(
    (issue) =>
      html`<details open><summary>#${issue.number} ${issue.title} <span class="tag">${issue.state}</span></summary><pre>${issue.body}</pre></details>`,
  )}</section>
</main>
</body>`;
}

function headline(result: DemoResult): string {
  const took = (result.endedAt - result.startedAt).toFixed(0);
  const { rollback, traffic } = result;
  const story =
    rollback?.swappedAt != null && rollback.breachAt != null
      ? `Users felt errors; ${(rollback.swappedAt - rollback.breachAt).toFixed(1)} s after the first bucket above the limit production was back on the proven release.`
      : 'No rollback took place.';
  return `${story} ${traffic.failed} of ${traffic.requests} users' requests failed in the ${took} s of the whole story.`;
}

function releaseTable(releases: readonly DemoRelease[]): Html {
  return html`<table class="releases"><thead><tr><th>Version</th><th>Decision</th><th>Reason</th><th>Took</th><th>Backup</th><th>What happened</th></tr></thead><tbody>
${releases.map(
  (release) =>
    html`<tr><td>${release.version}</td><td><span class="tag ${release.failed ? 'bad' : 'good'}">${release.decision}</span></td><td><code>${release.reasonCode}</code></td><td>${(release.endedAt - release.startedAt).toFixed(1)} s</td><td>${backup(release)}</td><td>${release.summary}</td></tr>`,
)}</tbody></table>`;
}

function backup(release: DemoRelease): string {
  if (release.backup === null) return 'nothing pending';
  const { verified, relations, rows, bytes } = release.backup;
  return `${verified ? 'verified' : 'NOT verified'}: ${relations} relations, ${rows} rows, ${(bytes / 1024).toFixed(1)} KiB`;
}

function watchSentence(release: DemoRelease): string {
  const watch = release.watch;
  if (watch === null) return '';
  const rate = watch.requests === 0 ? 'no requests' : percent(watch.errors / watch.requests);
  return `Verdict ${watch.verdict} (${watch.reasonCode}): ${watch.errors} of ${watch.requests} ${watch.denominator} failed (${rate}), judged in ${watch.buckets.length} buckets from ${watch.source} against “${watch.rules.join('”, “')}”.`;
}

function finding(one: DemoFinding): Html {
  return html`<article><p><code>${one.file}:${one.line}</code> ${one.message}</p><pre>${one.statement}</pre><p>Corrected:</p><pre>${one.correction}</pre></article>`;
}

function slackMessage(message: SlackMessage): Html {
  const blocks = message.blocks.length === 0 ? [{ type: 'section', text: message.text }] : message.blocks;
  return html`<article class="slack"><p class="who">ops-actions <time>${clock(message.at)}</time>${message.edited ? html` <span class="quiet">(edited)</span>` : html``}</p>
${blocks.map((block) => html`<p class="block ${block.type}">${plain(block.text)}</p>`)}${message.replies.map((reply) => html`<div class="reply"><time>${clock(reply.at)}</time><p class="block">${plain(reply.text)}</p></div>`)}</article>`;
}

/** Slack's own escapes and links as a reader sees them. */
function plain(text: string): string {
  return text
    .replace(/<(?:[^|<>]+)\|([^<>]+)>/g, '$1')
    .replaceAll('`', '')
    .replace(/<(https?:[^<>]+)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}
