import { commandOn } from './command-line.ts';
import type { SupersededDecision } from './decide-superseded.ts';
import { describeLock, type Lock } from './lock.ts';

/** One thing preflight found; refusals are listed all at once, each with its exact fix. */
export interface Finding {
  /** Stable snake_case. */
  code: string;
  severity: 'refuse' | 'warning' | 'notice';
  message: string;
  /** What to do, as a command or a sentence. */
  fix?: string;
}

export interface PreflightFacts {
  environment: string;
  /** False also where the workflow file marks the environment throw-away. */
  production: boolean;
  dryRun: boolean;
  /** What the readers of configuration, Vercel, GitHub and the database found. */
  findings: readonly Finding[];
  openLocks: readonly Lock[];
  superseded?: SupersededDecision | undefined;
  /** Production serves this very commit, released or never released by us. */
  alreadyCurrent?: { deploymentId: string; version?: string | undefined } | undefined;
  version: string;
}

export interface PreflightDecision {
  decision: 'ready' | 'refused' | 'already-current' | 'superseded' | 'planned';
  reasonCode: string;
  summary: string;
  findings: Finding[];
}

/** Reasons that name the whole ending where several refusals stand beside each other, most telling first. */
const ranking = ['locked', 'pinned_rollback', 'forward_fix_open', 'unsafe_migration'];

/** What preflight says, from everything it read. Pure. */
export function decidePreflight(facts: PreflightFacts): PreflightDecision {
  const findings = [...facts.findings, ...lockFindings(facts), ...supersededFindings(facts)];
  const refusals = findings.filter((finding) => finding.severity === 'refuse');
  const { alreadyCurrent, environment, version } = facts;
  if (alreadyCurrent !== undefined) {
    const name =
      alreadyCurrent.version === undefined || alreadyCurrent.version === version
        ? ''
        : ` (as ${alreadyCurrent.version})`;
    return {
      decision: 'already-current',
      reasonCode: 'already_current',
      summary: `${environment} already serves the commit of ${version}${name}: ${alreadyCurrent.deploymentId}. Nothing to do.`,
      findings,
    };
  }
  if (
    facts.superseded?.superseded === true &&
    refusals.every((finding) => finding.code === facts.superseded?.reasonCode)
  ) {
    return {
      decision: 'superseded',
      reasonCode: facts.superseded.reasonCode ?? 'superseded',
      summary: `${version} is superseded: ${facts.superseded.message}`,
      findings,
    };
  }
  const [first] = refusals;
  if (first !== undefined) {
    const leading =
      ranking.map((code) => refusals.find((finding) => finding.code === code)).find((found) => found) ?? first;
    const fix = leading.fix === undefined ? '' : ` Fix: ${leading.fix}`;
    const others = refusals.filter((finding) => finding !== leading);
    const what = `${withoutStop(leading.message)}${alsoRefused(others)}.`;
    return {
      decision: 'refused',
      reasonCode: leading.code,
      summary: `${version} is refused on ${environment}: ${what}${fix}`,
      findings,
    };
  }
  if (facts.dryRun) {
    return {
      decision: 'planned',
      reasonCode: 'dry_run',
      summary: `${version} could be released to ${environment}; nothing was changed.`,
      findings,
    };
  }
  return { decision: 'ready', reasonCode: 'ready', summary: `${version} can be released to ${environment}.`, findings };
}

/** Named in the one line, too: who mends only the first would be refused again. */
function alsoRefused(others: readonly Finding[]): string {
  const named = others.slice(0, namedLimit).map(({ message }) => withoutStop(message));
  const rest = others.length - named.length;
  if (rest > 0) named.push(`${rest} more, listed above`);
  return named.length === 0 ? '' : `. Also: ${named.join('; ')}`;
}

const namedLimit = 4;

function withoutStop(message: string): string {
  return message.replace(/\.$/, '');
}

function lockFindings(facts: PreflightFacts): Finding[] {
  return facts.openLocks.map((lock) => ({
    code: 'locked',
    severity: 'refuse',
    message: `${describeLock(lock)} It expires ${new Date(lock.expiresAt).toISOString()}`,
    fix: `when the cause is mended: ${commandOn(facts, 'unlock')}`,
  }));
}

function supersededFindings({ superseded }: PreflightFacts): Finding[] {
  if (superseded === undefined) return [];
  const notes = superseded.notes.map((message): Finding => ({ code: 'history', severity: 'warning', message }));
  if (!superseded.superseded) return notes;
  return [
    ...notes,
    { code: superseded.reasonCode ?? 'superseded', severity: 'refuse', message: superseded.message ?? '' },
  ];
}
