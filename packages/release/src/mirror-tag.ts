import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '#child-process/run-tool';
import { cleanText } from '#http/text';
import { gitAccess, type MirrorSecrets } from './git-access.ts';
import type { MirrorPlan } from './plan-mirror.ts';

/** For questions, which move no history. */
const askMs = 60_000;

export type MirrorOutcome =
  | { outcome: 'mirrored' | 'already-there'; object: string; message: string }
  | {
      outcome: 'failed';
      reasonCode: 'tag_missing' | 'history_missing' | 'tag_differs' | 'remote_refused';
      message: string;
    };

/**
 * Pushes one tag with its history to a second remote and asks the remote for it afterwards. A tag that is there with another object
 * stays as it is: nothing is ever forced. Never throws because of the remote; throws the signal's reason.
 */
export async function mirrorTag(
  plan: MirrorPlan,
  secrets: MirrorSecrets,
  given: {
    workspace: string /** For a key on tmpfs, where there is one. */;
    temporary: string;
    tag: string /** Of the push. */;
    deadlineMs: number;
    signal?: AbortSignal;
  },
): Promise<MirrorOutcome> {
  const { workspace, tag, deadlineMs, signal } = given;
  const ref = `refs/tags/${tag}`;
  const folder = await mkdtemp(join(given.temporary, 'ops-actions-mirror-'));
  try {
    await chmod(folder, 0o700);
    const environment = await gitAccess(plan.kind, secrets, folder);
    const run = (limitMs: number, args: string[]) =>
      runTool({
        command: 'git',
        // safe.directory: in a container the checkout belongs to another user. No hook of the checkout runs beside the key.
        args: ['-c', `safe.directory=${workspace}`, '-c', 'core.hooksPath=/dev/null', ...args],
        cwd: workspace,
        environment,
        deadlineMs: limitMs,
        signal,
      });
    const git = (...args: string[]) => run(Math.min(askMs, deadlineMs), args);
    const local = await git('rev-parse', '--verify', '--quiet', '--end-of-options', ref);
    const object = local.stdout.trim();
    if (local.exitCode !== 0)
      return failed('tag_missing', `there is no tag ${tag} in this checkout: check it out with fetch-depth: 0`);
    const shallow = await git('rev-parse', '--is-shallow-repository');
    if (shallow.stdout.trim() === 'true')
      return failed(
        'history_missing',
        `this checkout has not the whole history of ${tag}: check out with fetch-depth: 0`,
      );
    const ask = () => git('ls-remote', '--tags', '--end-of-options', plan.remote, ref);
    const before = await ask();
    if (before.exitCode !== 0) return failed('remote_refused', `${plan.where} does not answer: ${last(before)}`);
    const there = objectIn(before.stdout, ref);
    if (there === object) return { outcome: 'already-there', object, message: `${plan.where} has ${tag} already` };
    if (there !== undefined) return differs(plan, tag, there, object);
    const pushed = await run(deadlineMs, ['push', '--end-of-options', plan.remote, `${ref}:${ref}`]);
    // Asked again whatever it said: the answer to a push that arrived may be lost.
    const after = await ask();
    const now = after.exitCode === 0 ? objectIn(after.stdout, ref) : undefined;
    if (now === object)
      return { outcome: 'mirrored', object, message: `${plan.where} has ${tag} (${object.slice(0, 12)})` };
    if (now !== undefined) return differs(plan, tag, now, object);
    return failed(
      'remote_refused',
      `${plan.where} did not take ${tag}: ${last(pushed.exitCode === 0 ? after : pushed)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function objectIn(listing: string, ref: string): string | undefined {
  const line = listing.split('\n').find((one) => one.endsWith(`\t${ref}`));
  return line?.split('\t')[0];
}

function differs({ where }: MirrorPlan, tag: string, there: string, object: string): MirrorOutcome {
  return failed(
    'tag_differs',
    `${where} has another ${tag} (${there.slice(0, 12)}, not ${object.slice(0, 12)}): nothing was forced; somebody moved the tag here or there`,
  );
}

function failed(
  reasonCode: Extract<MirrorOutcome, { outcome: 'failed' }>['reasonCode'],
  message: string,
): MirrorOutcome {
  return { outcome: 'failed', reasonCode, message };
}

function last({ stderr, timedOut }: { stderr: string; timedOut: boolean }): string {
  if (timedOut) return 'it took too long';
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => /^(?:fatal|error|remote| !)/.test(line));
  return cleanText(lines[0] ?? stderr.trim().split('\n').at(-1) ?? '', 200) || 'git says nothing';
}
