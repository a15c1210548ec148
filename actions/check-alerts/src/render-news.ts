import type { EnvironmentSettings } from '#config/settings';
import type { AlertNews } from '#observe/alerts/decide-alert-news';
import { type Alert, type AlertLimit, subjectOf } from '#observe/alerts/plan-alerts';

/** Who is told of one piece of news: those of the limit that is or was broken; of no limit, those of all. Pure. */
export function placesOf(
  { state, before }: AlertNews,
  alert: Alert | undefined,
  settings: Pick<EnvironmentSettings, 'slack' | 'notifications'>,
  channel: string | undefined,
): { channels: string[]; others: string[] } {
  const limits = alert?.limits ?? [];
  const rules = [state.rule, before?.rule].filter((rule) => rule !== undefined);
  const meant = limits.filter(({ rule }) => rules.includes(rule.text));
  const standard = channel ?? settings.slack.channel;
  const channels = new Set<string>();
  const others = new Set<string>();
  for (const { route: name } of meant.length > 0 ? meant : limits) {
    const route = name === undefined ? undefined : settings.notifications?.routes[name];
    for (const way of route?.others ?? []) others.add(`${way} of route ${name}`);
    const own = route?.slack ?? [];
    for (const place of own.length > 0 ? own : standard === undefined ? [] : [standard]) channels.add(place);
  }
  return { channels: [...channels], others: [...others] };
}

/** One message in plain words; the escaping is that of renderNote. Pure. */
export function renderNews(
  { kind, finding, state, before }: AlertNews,
  alert: Alert | undefined,
  about: { environment: string; runUrl: string; others: readonly string[] },
): { status: string; title: string; text: string } {
  const { environment, runUrl, others } = about;
  const metric = subjectOf(state.key);
  const limit = alert?.limits.find(({ rule }) => rule.text === state.rule);
  const lines = [
    `${finding.said}.`,
    ...(finding.samples ?? []).map(({ said, url }) => (url === undefined ? said : `${said} ${url}`)),
    ...(kind === 'no-data' && before?.rule !== undefined ? [`Before, it was beyond "${before.rule}".`] : []),
    `Since ${moment(kind === 'recovered' ? (before?.since ?? state.since) : state.since)}${kind === 'recovered' ? ' it had been otherwise' : ''}.`,
    ...(others.length > 0 ? [`Not told, for this version cannot: ${others.join(', ')}.`] : []),
    runUrl,
  ];
  return { ...headOf(kind, state.state, { metric, environment, limit, alert }), text: lines.join('\n') };
}

function headOf(
  kind: AlertNews['kind'],
  state: AlertNews['state']['state'],
  about: { metric: string; environment: string; limit: AlertLimit | undefined; alert: Alert | undefined },
): { status: string; title: string } {
  const { metric, environment, limit, alert } = about;
  if (kind === 'recovered') return { status: 'success', title: `${environment}: ${metric} is within its limits again` };
  const still = kind === 'reminder' ? 'still ' : '';
  if (state === 'no-data') return { status: 'warning', title: `${environment}: ${still}no data about ${metric}` };
  const level = limit?.level === undefined ? '' : `${limit.level}, `;
  const strictest = limit === alert?.limits.at(-1);
  return {
    status: strictest ? 'failure' : 'warning',
    title: `${level}${environment}: ${still}${limit?.rule.text ?? metric}`,
  };
}

function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
