import { commandOn } from './command-line.ts';
import type { ReleaseDecision } from './decide-release-outcome.ts';

/** What the domains of an environment serve. */
export interface Serving {
  deploymentId: string;
  version?: string;
  /** Milliseconds since the epoch. */
  since?: number;
}

/** What a red end must say in one last line: what serves now, since when, the next command. */
export interface LastLineFacts {
  decision: ReleaseDecision;
  reasonCode: string;
  what: string;
  environment: string;
  /** False also where the workflow file marks the environment throw-away. */
  production: boolean;
  version: string;
  /** Undefined when Vercel did not say, or when nothing is served. */
  serving: Serving | undefined;
  /** Vercel said that no deployment is behind the address yet. */
  servesNothing?: boolean;
  locked: boolean;
  /** What can still be gone back to; never what is served. */
  rollbackTarget?: { deploymentId: string; version?: string | undefined } | undefined;
  now: number;
}

/** The last line of a run: what happened to which version, what serves now since when, the next command. Pure. */
export function renderLastLine(facts: LastLineFacts): string {
  const { what, next } = partsOf(facts);
  return joined([opened(facts, what), servingNow(facts), next]);
}

/** The same for a message whose headline names version and decision and which shows beside it what serves. Pure. */
export function renderNews(facts: LastLineFacts): string {
  const { what, next } = partsOf(facts);
  const opening = preflightOpenings(facts).find((text) => what.startsWith(text)) ?? '';
  return joined([what.slice(opening.length), facts.serving === undefined ? servingNow(facts) : '', next]);
}

/** What failed may bring its own next command; that is more exact than ours and still comes last. */
function partsOf(facts: LastLineFacts): { what: string; next: string } {
  const [what = '', ownNext] = facts.what.split(/ (?=Next(?:, at once)?: )/, 2);
  return { what: sentence(what), next: ownNext?.trim() ?? nextCommand(facts) };
}

/** How preflight opens its own summaries. */
function preflightOpenings({ version, environment }: LastLineFacts): string[] {
  return [`${version} is refused on ${environment}: `, `${version} is superseded: `];
}

/** Decisions whose `what` alone does not say that they were taken. */
const openings: Partial<Record<ReleaseDecision, string>> = {
  released: 'is released to',
  'watch-continues': 'is promoted, the watch continues on',
  staged: 'is staged for',
  'would-roll-back': 'should be rolled back on',
  asked: 'should be rolled back on',
  'rollback-failed': 'needs a person, the rollback did not succeed on',
  refused: 'is refused on',
  failed: 'failed during its release to',
  cancelled: 'was cancelled during its release to',
  superseded: 'is superseded on',
};

/** Names version and environment unless `what` does so itself. */
function opened({ decision, version, environment }: LastLineFacts, what: string): string {
  if (what.startsWith(`${version} `) || what.startsWith(`${environment} `)) return what;
  return `${version} ${openings[decision] ?? 'on'} ${environment}: ${what}`;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function servingNow({ environment, serving, servesNothing, now }: LastLineFacts): string {
  if (servesNothing === true) return `${capital(environment)} serves nothing yet.`;
  if (serving === undefined) return `Vercel did not say what ${environment} serves now.`;
  const name = serving.version === undefined ? serving.deploymentId : `${serving.version} (${serving.deploymentId})`;
  const since = serving.since === undefined ? '' : ` since ${clockTime(serving.since)} (${age(now - serving.since)})`;
  return `Now serving on ${environment}: ${name}${since}.`;
}

/** The maintenance mode that Vercel has (docs: REST API, "Pause a project"): production is blocked, auto-assignment off. */
function offline(facts: LastLineFacts): string {
  const on = commandOn(facts, 'maintenance on');
  return `to show nobody a broken app meanwhile, pause the project with: ${on} (visitors get 503 until maintenance off)`;
}

function nextCommand(facts: LastLineFacts): string {
  const { decision, reasonCode, locked, serving, servesNothing, rollbackTarget } = facts;
  const unlock = commandOn(facts, 'unlock');
  switch (decision) {
    case 'rolled-back':
      return locked ? `Next: fix it, then lift the lock with: ${unlock}` : 'Next: fix it and release again.';
    case 'rollback-failed': {
      if (reasonCode === 'promotion_pending')
        return `Next, at once: watch the project in Vercel; when the promotion is through or gone: ${unlock}`;
      const target = rollbackTarget?.deploymentId;
      // Going back to the very deployment that serves and is sick would change nothing.
      return target === undefined || target === serving?.deploymentId
        ? `Next: there is nothing to go back to; ${offline(facts)}; fix forward, then: ${unlock}`
        : `Next, at once: ${commandOn(facts, 'rollback', { target })}`;
    }
    case 'would-roll-back':
      return rollbackTarget === undefined
        ? 'Next: look at the errors; there is no earlier deployment to go back to.'
        : `Next: look, then either leave it or: ${commandOn(facts, 'rollback', { target: rollbackTarget.deploymentId })}`;
    case 'asked':
      return 'Next: a reviewer approves or rejects the waiting job of this run.';
    case 'refused':
      return reasonCode === 'locked' || reasonCode === 'pinned_rollback' || locked
        ? `Next: when the cause is mended: ${unlock}`
        : 'Next: mend what is listed above and run again.';
    case 'failed':
      return serving === undefined && servesNothing !== true
        ? 'Next: check production, then run again.'
        : 'Next: mend the cause and run the job again.';
    case 'cancelled':
      return locked ? `Next: check production, then: ${unlock}` : 'Next: run the job again when you want it released.';
    case 'superseded':
      if (locked) return `Next: when the cause is mended: ${unlock}`;
      return reasonCode === 'no_open_question'
        ? 'Next: look at what serves; nobody acts on the question any more.'
        : 'Next: nothing; the newer state stays.';
    case 'watch-continues':
      return 'Next: nothing; scheduled runs of watch.yml judge the rest of the window, and take it back where the mode says so.';
    case 'held':
      return 'Next: watch it for a while; nothing was proven wrong.';
    case 'staged':
      return 'Next: approve, then run the job with resume: true.';
    default:
      return '';
  }
}

function sentence(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line === '' || /[.!?;:]$/.test(line) ? line : `${line}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function clockTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `3 min`, `2 h`, `5 d`. */
export function age(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}
