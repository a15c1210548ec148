import type { GitHubComparison } from '#github/client';
import { type Guard, wayAround } from '../guard-rollback.ts';
import type { ReleaseRecord } from '../release-record.ts';

type Status = GitHubComparison['status'];

export interface RevertFacts {
  release: Pick<ReleaseRecord, 'version' | 'commit' | 'rollbackTarget'>;
  branch: string;
  /** The release compared with what was released before it; undefined where GitHub knows no such commit. */
  sinceFormer: Status | undefined;
  /** The branch compared with the release. */
  sinceRelease: Status | undefined;
  guard: Guard;
  allowUnsafe: string | undefined;
}

/** Why a release is not reverted; undefined where it may be. Pure. */
export function refuseRevert(facts: RevertFacts): { reasonCode: string; message: string } | undefined {
  const { release, branch, sinceFormer, sinceRelease, guard, allowUnsafe } = facts;
  const { version, rollbackTarget: former } = release;
  if (former?.commit === undefined)
    return {
      reasonCode: 'former_unknown',
      message: `the record of ${version} does not say which commit was released before it: revert its commits by hand`,
    };
  const name = former.version ?? former.commit.slice(0, 7);
  if (sinceFormer === 'identical')
    return {
      reasonCode: 'nothing_to_revert',
      message: `${version} is the commit of ${name}: there is nothing to revert`,
    };
  if (sinceFormer !== 'ahead')
    return {
      reasonCode: 'diverged',
      message: `${version} does not follow ${name} in the history (${sinceFormer ?? 'unknown'}): what reverting it means is for a person to say`,
    };
  if (sinceRelease !== 'ahead' && sinceRelease !== 'identical')
    return {
      reasonCode: 'not_on_branch',
      message: `${branch} does not have ${version} (${sinceRelease ?? 'unknown'}): name the branch that has it`,
    };
  const crosses = guard.verdict === 'safe' || (allowUnsafe ?? '') !== '' ? undefined : guard;
  if (crosses !== undefined) {
    const next = crosses.verdict === 'unsafe' ? ` ${wayAround(crosses.files)}` : '';
    return { reasonCode: crosses.reasonCode, message: `going back to the code of ${name} ${crosses.reason}.${next}` };
  }
  return undefined;
}

/** A release that went live after this one and was not taken back; its code is not in the revert. Pure. */
export function releasedSince(
  releases: readonly Pick<ReleaseRecord, 'id' | 'version' | 'commit' | 'decision' | 'rolledBack' | 'promotion'>[],
  { release, revert }: { release: Pick<ReleaseRecord, 'id' | 'commit'>; revert: string },
): string | undefined {
  return releases.find(
    ({ id, commit, decision, rolledBack, promotion }) =>
      promotion === 'promoted' &&
      id > release.id &&
      commit !== release.commit &&
      commit !== revert &&
      !rolledBack &&
      decision !== 'rolled-back',
  )?.version;
}

/** True where a person has to do something before the revert can be released. Pure. */
export function needsAPerson({ decision, reasonCode }: { decision: string; reasonCode: string }): boolean {
  return decision === 'refused' || ['no_free_tag', 'newer_released', 'tag_refused'].includes(reasonCode);
}

/** Subject and body of the revert; the same for every run, because the commit must be the same. Pure. */
export function revertMessage({ version, commit, rollbackTarget: former }: RevertFacts['release']): string {
  const to = former?.version ?? former?.commit?.slice(0, 7) ?? 'the release before';
  return [
    `Revert ${version}: the files of ${to} again`,
    '',
    `This reverts every commit of ${version}, merge commits included, from ${former?.commit ?? ''} (not included) to ${commit}.`,
  ].join('\n');
}

/** Tags that the revert may get, in order: the next patches of a version, else `<version>-revert`, `-revert-2` and so on. Pure. */
export function* revertTags(version: string): Generator<string> {
  const parts = /^(v?\d+\.\d+\.)(\d+)$/.exec(version);
  for (let next = 1; next <= 50; next++) {
    if (parts !== null) yield `${parts[1]}${Number(parts[2]) + next}`;
    else yield next === 1 ? `${version}-revert` : `${version}-revert-${next}`;
  }
}
