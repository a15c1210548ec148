import { cleanText } from '#http/text';
import { totalOf } from '#observe/bucket';
import { percent } from '#observe/judge/judge';
import type { WatchOutcome } from '#observe/watch';
import type { Answer } from '#release/asked';
import type { Question } from './await-answer.ts';
import type { ActionDecision } from './decide-action.ts';

/**
 * What follows from a question to people: `approved` and `unanswered` (with fallback auto) take the release back in the next step,
 * whatever was measured meanwhile: the verdict stays failed. Pure.
 */
export function decideAnswer(
  outcome: Pick<WatchOutcome, 'buckets' | 'ruleVerdicts' | 'reasonCode' | 'summary'>,
  answer: Answer | 'taken-over' | undefined,
  { reason, fallback }: Question,
): ActionDecision & { reasonCode: string } {
  const base = { act: false, failed: true, warning: false };
  if (answer === 'taken-over') {
    // Whoever takes over is named first. Everything else that ends it without an answer is the end of the job, whatever the rules say.
    const decision = outcome.reasonCode === 'superseded' ? 'superseded' : 'cancelled';
    const { summary } = outcome;
    const isSaid = outcome.reasonCode === decision;
    return {
      ...base,
      decision,
      reasonCode: decision,
      summary: isSaid ? summary : `Cancelled while people were asked: ${summary}`,
    };
  }
  const why = `${reason.replace(/\.$/, '')}. ${meanwhile(outcome)}`;
  if (answer === undefined) {
    return fallback === 'auto'
      ? { ...base, decision: 'unanswered', reasonCode: 'unanswered', summary: `Nobody answered in time: ${why}` }
      : {
          ...base,
          decision: 'would-roll-back',
          reasonCode: 'unanswered',
          summary: `Nobody answered in time, and approve-fallback is notify: ${why}`,
        };
  }
  const by = cleanText(answer.by, 60) || 'a reviewer';
  const comment = answer.comment === '' ? '' : ` ("${cleanText(answer.comment, 120)}")`;
  return answer.word === 'approved'
    ? { ...base, decision: 'approved', reasonCode: 'approved', summary: `Approved by ${by}${comment}: ${why}` }
    : {
        ...base,
        decision: 'declined',
        reasonCode: 'declined',
        summary: `${by} declined the rollback${comment}: ${why}`,
      };
}

function meanwhile({ buckets, ruleVerdicts }: Pick<WatchOutcome, 'buckets' | 'ruleVerdicts'>): string {
  const { requests, errors } = totalOf(buckets);
  if (requests === 0) return 'While the answer was waited for, no requests were counted';
  const rate = `While the answer was waited for, ${percent(errors / requests)} of ${requests} requests failed`;
  const critical = ruleVerdicts.filter(({ level }) => level !== 'warning');
  const recovered =
    critical.length > 0 && critical.every(({ verdict }) => verdict !== 'fail' && verdict !== 'undecided');
  return recovered ? `${rate}: it has recovered, and the verdict stays` : rate;
}
