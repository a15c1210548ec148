import { escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { AlertState } from '#observe/alerts/decide-alert-news';
import type { AlertFinding } from '#observe/alerts/judge-alert';
import { subjectOf } from '#observe/alerts/plan-alerts';

/** What one run found and did. */
export interface CheckedAlerts {
  environment: string;
  findings: readonly AlertFinding[];
  /** As they are kept. */
  states: readonly AlertState[];
  /** How many messages arrived. */
  messages: number;
  /** What did not arrive, one sentence each; `untold` where a change reached nobody. */
  missed: readonly string[];
  untold: boolean;
  notes: readonly string[];
}

/** Red only where people should know something and could not be told; what fires was told, and is a warning. Pure. */
export function renderCheck(checked: CheckedAlerts): Result {
  const { environment, findings, states, messages, missed, untold, notes } = checked;
  const firing = states.filter(({ state }) => state === 'firing');
  const blind = findings.filter(({ state }) => state === 'no-data');
  const decision = untold ? 'not-told' : firing.length > 0 ? 'firing' : blind.length > 0 ? 'no-data' : 'ok';
  const reasonCode = untold
    ? 'not_told'
    : firing.length > 0
      ? 'beyond_limit'
      : (blind[0]?.reasonCode ?? 'within_limits');
  const told = messages === 0 ? 'nothing new to tell' : `${messages} ${messages === 1 ? 'message' : 'messages'} sent`;
  const summary = [
    `${environment}: ${findings.length} alerts looked at`,
    ...firing.map(({ rule = '' }) => `beyond ${rule}`),
    ...blind.map(({ key, said }) => `no data about ${subjectOf(key)} (${said})`),
    told,
    ...(untold ? missed : []),
  ].join('; ');
  const rows = findings.map(({ key, said, state }) => {
    const kept = states.find((each) => each.key === key);
    const since = kept === undefined ? '' : new Date(kept.since * 1000).toISOString().slice(0, 16).replace('T', ' ');
    return [escapeMarkdown(key), state, kept?.state ?? 'unknown', since, escapeMarkdown(said)];
  });
  return {
    decision,
    reasonCode,
    summary,
    failed: untold,
    warning: firing.length > 0 || blind.length > 0 || notes.length > 0,
    details: {
      environment,
      alerts: findings.map(({ limit, ...finding }) => ({
        ...finding,
        ...(limit && { rule: limit.rule.text, ...(limit.level !== undefined && { level: limit.level }) }),
        kept: states.find(({ key }) => key === finding.key) ?? null,
      })),
      messages,
      missed,
      notJudged: notes,
    },
    outputs: { firing: JSON.stringify(firing.map(({ rule }) => rule)) },
    jobSummary: [
      `### Alerts of ${escapeMarkdown(environment)}`,
      escapeMarkdown(summary),
      table(['Alert', 'Now', 'Stands as', 'Since (UTC)', 'What was seen'], rows),
      ...notes.map((note) => `- ${escapeMarkdown(note)}`),
      '',
    ].join('\n\n'),
  };
}
