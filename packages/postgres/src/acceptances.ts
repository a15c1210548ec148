import { acceptableRules, firmRules } from './migration-rules.ts';
import type { ParsedStatement, SqlComment } from './sql-parser.ts';
import type { StatementFinding } from './statement-finding.ts';

/** What a person has accepted for one statement, with the reason that is shown wherever the finding is. */
export interface Acceptances {
  /** Reason by rule, by index of the statement. */
  reasons: ReadonlyMap<number, ReadonlyMap<string, string>>;
  /** Comments that say it wrongly: refused, because whoever wrote them believes that something is accepted. */
  problems: StatementFinding[];
}

const form = /^--[ \t]*ops:accept\b[ \t]*(\S*)[ \t]*(.*)$/i;
const shortestReason = 8;

/** Reads `-- ops:accept <rule> <reason>` above (or inside) statements. Pure. */
export function readAcceptances(
  comments: readonly SqlComment[],
  statements: readonly Pick<ParsedStatement, 'start' | 'end'>[],
): Acceptances {
  const reasons = new Map<number, Map<string, string>>();
  const problems: StatementFinding[] = [];
  for (const comment of comments) {
    const found = form.exec(comment.text.trimEnd());
    if (found === null) continue;
    const [, rule = '', reason = ''] = found;
    const index = statements.findIndex((statement) => statement.end > comment.start);
    const problem = problemOf(rule, reason.trim(), index);
    if (problem !== undefined) {
      problems.push({ offset: comment.start, rule: 'acceptance', severity: 'refuse', ...problem });
      continue;
    }
    const accepted = reasons.get(index) ?? new Map<string, string>();
    reasons.set(index, accepted.set(rule, reason.trim()));
  }
  return { reasons, problems };
}

function problemOf(rule: string, reason: string, index: number): { message: string; correction: string } | undefined {
  const correction = '-- ops:accept <rule> <reason>, on a line of its own above the statement';
  if ((firmRules as readonly string[]).includes(rule)) {
    const message = `"${rule}" can be accepted by nobody: it is about the history, not about what a statement does`;
    return { message, correction: 'remove the comment, and correct what the rule says' };
  }
  if (!(acceptableRules as readonly string[]).includes(rule)) {
    const message = rule === '' ? 'ops:accept names no rule' : `"${rule}" is no rule that could be accepted`;
    return { message, correction: `${correction}; rules: ${acceptableRules.join(', ')}` };
  }
  if (reason.length < shortestReason) {
    const message = `ops:accept ${rule} gives no reason, and a reason is shown wherever the finding is`;
    return { message, correction };
  }
  return index === -1
    ? { message: `ops:accept ${rule} stands after the last statement, so it accepts nothing`, correction }
    : undefined;
}
