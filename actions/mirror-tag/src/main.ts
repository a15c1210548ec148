import { existsSync } from 'node:fs';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, readInputs } from '#action-kit/inputs';
import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { mirrorTag } from '#release/mirror-tag';
import { planMirror } from '#release/plan-mirror';
import { inputs } from './inputs.ts';

/** A private key lies in memory where the machine has such a folder (S13). */
const memory = '/dev/shm';

/** Pushes one tag to a second remote and asks the remote for it. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { remote, sshKey, knownHosts, token, deadline: deadlineMs } = given;
  const { context, signal, logger } = runner;
  const tag = given.tag ?? (context.refType === 'tag' ? context.refName : undefined);
  const is = (value: string | undefined) => value !== undefined;
  const planned = planMirror({ remote, sshKey: is(sshKey), knownHosts: is(knownHosts), token: is(token) });
  const problems: InputProblem[] = planned.problems;
  if (tag === undefined) problems.push({ name: 'tag', message: 'is needed: the event of this run is no tag' });
  const { plan } = planned;
  if (problems.length > 0 || plan === undefined || tag === undefined) throw new InputError(problems);
  const temporary = existsSync(memory) ? memory : context.temp;
  const made = await mirrorTag(
    plan,
    { sshKey, knownHosts, token },
    { workspace: context.workspace, temporary, tag, deadlineMs, signal },
  );
  logger.info(made.message);
  const failed = made.outcome === 'failed';
  const fine = made.outcome === 'mirrored' ? 'tag_mirrored' : 'tag_there';
  return {
    decision: made.outcome,
    reasonCode: made.outcome === 'failed' ? made.reasonCode : fine,
    summary: failed ? `${tag} is not on the second remote: ${made.message}` : made.message,
    failed,
    details: { tag, remote: plan.where, ...('object' in made ? { object: made.object } : {}) },
    jobSummary: `### Mirror of ${escapeMarkdown(tag)}\n\n${escapeMarkdown(made.message)}\n`,
  };
}
