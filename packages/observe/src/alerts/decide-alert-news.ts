import type { AlertFinding } from './judge-alert.ts';

/** How an alert stood after the last run that looked. Times in Unix seconds. */
export interface AlertState {
  key: string;
  state: 'ok' | 'firing' | 'no-data';
  /** The broken limit, as written. */
  rule?: string;
  /** Since when it stands like this. */
  since: number;
  /** When people were told last; absent where nobody could be, or nobody had to. */
  toldAt?: number;
}

/** One message: what changed, or that it has not changed for long. */
export interface AlertNews {
  kind: 'firing' | 'no-data' | 'recovered' | 'reminder';
  finding: AlertFinding;
  /** Before this run. */
  before: AlertState | undefined;
  /** As it stands now, before anybody was told. */
  state: AlertState;
}

/**
 * What people are told and what is kept: a message for every change of state and, while it lasts, one after every `remindSeconds`.
 * A state nobody was told of yet is told again. An alert that cannot be decided now stands as it stood. Pure.
 */
export function decideAlertNews(
  before: readonly AlertState[],
  findings: readonly AlertFinding[],
  { now, remindSeconds }: { now: number; remindSeconds: number },
): { states: AlertState[]; news: AlertNews[] } {
  const states: AlertState[] = [];
  const news: AlertNews[] = [];
  for (const finding of findings) {
    const last = before.find(({ key }) => key === finding.key);
    const state = nextState(finding, last, now);
    if (state === undefined) continue;
    states.push(state);
    const kind = newsOf(state, last, finding.reasonCode, { now, remindSeconds });
    if (kind !== undefined) news.push({ kind, finding, before: last, state });
  }
  return { states, news };
}

function nextState(finding: AlertFinding, last: AlertState | undefined, now: number): AlertState | undefined {
  const { key, state, limit } = finding;
  if (state === 'undecided') return last;
  const rule = state === 'firing' ? limit?.rule.text : undefined;
  if (last?.state === state && last.rule === rule) return last;
  return { key, state, ...(rule !== undefined && { rule }), since: now };
}

function newsOf(
  state: AlertState,
  last: AlertState | undefined,
  reasonCode: string,
  { now, remindSeconds }: { now: number; remindSeconds: number },
): AlertNews['kind'] | undefined {
  if (state.state === 'ok') return last !== undefined && last.state !== 'ok' ? 'recovered' : undefined;
  if (state.toldAt === undefined) return state.state;
  // What no source can tell is a matter of the settings, and every run says so.
  if (permanent.has(reasonCode)) return undefined;
  return now - state.toldAt >= remindSeconds ? 'reminder' : undefined;
}

const permanent = new Set(['no_source', 'no_checks']);

/**
 * What is kept once it is known which messages arrived: an untold change stays untold, so that the next run tells it; an untold
 * recovery has not happened yet. Pure.
 */
export function settleNews(
  states: readonly AlertState[],
  told: readonly { news: AlertNews; delivered: boolean }[],
  now: number,
): AlertState[] {
  return states.map((state) => {
    const of = told.find(({ news }) => news.state.key === state.key);
    if (of === undefined) return state;
    if (of.delivered) return of.news.kind === 'recovered' ? state : { ...state, toldAt: now };
    return of.news.kind === 'recovered' ? (of.news.before ?? state) : state;
  });
}
