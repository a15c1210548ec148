import { type GitHub, GitHubError } from '#github/client';
import { cleanText } from '#http/text';
import { guardRollback } from '../guard-rollback.ts';
import { readMigrationRecords } from '../migration-record.ts';
import { readRecentReleases } from '../read-environment.ts';
import type { ReleaseRecord } from '../release-record.ts';
import { refuseRevert, revertMessage } from './plan-revert.ts';
import { refusalOf, tagged } from './tag-revert.ts';

export interface RevertRequest {
  environment: string;
  /** Version or commit of the release; default the newest that was promoted. */
  release: string | undefined;
  /** Branch that gets the revert. */
  branch: string;
  mode: 'push' | 'pull-request';
  /** Tags the revert, where production is released by tag. */
  tag: boolean;
  allowUnsafe: string | undefined;
  dryRun: boolean;
}

export interface RevertOutcome {
  decision: 'reverted' | 'opened' | 'already-reverted' | 'planned' | 'refused';
  reasonCode: string;
  message: string;
  /** The revert itself, whose files are those of the release before. */
  commit?: string;
  tag?: string;
  pullRequest?: { number: number; url: string };
}

/**
 * Takes the commits of a release back by one commit on top of it whose files are those of the release before; merge commits need no
 * parent number then. It reaches the branch by a fast-forward or, where commits came since, by a merge. Nothing is forced, a conflict
 * changes nothing, and a second run finds what the first one made (FRB-07). @throws GitHubError.
 */
export async function revertRelease(github: GitHub, request: RevertRequest): Promise<RevertOutcome> {
  const { environment, branch } = request;
  const releases = await readPromoted(github, environment);
  const release = findRelease(releases, request);
  if (release === undefined)
    return refused(
      'release_unknown',
      `no release of ${environment} was promoted${request.release === undefined ? '' : ` as ${request.release}`}`,
    );
  const { version, commit, rollbackTarget: former } = release;
  const head = await github.refTarget(`heads/${branch}`);
  if (head === undefined) return refused('branch_unknown', `there is no branch ${branch}`);
  const [sinceFormer, sinceRelease, migrations] = await Promise.all([
    former?.commit === undefined ? undefined : compared(github, former.commit, commit),
    compared(github, commit, head),
    readMigrationRecords(github, environment),
  ]);
  // What served before bore the database until this release opened: only what ran since counts.
  const since = migrations.filter(({ id, key }) => key === release.key || id > release.id);
  const guard = guardRollback({ target: { createdAt: 0, meta: {} }, migrations: since, since: [], bornUntil: 0 });
  const refusal = refuseRevert({ release, branch, sinceFormer, sinceRelease, guard, allowUnsafe: request.allowUnsafe });
  if (refusal !== undefined) return refused(refusal.reasonCode, refusal.message);
  const { treeSha } = await github.commit(former?.commit ?? '');
  if (treeSha === undefined) return refused('former_unknown', `GitHub does not say the files of ${former?.commit}`);
  if (request.dryRun) {
    const how = request.mode === 'push' ? `reach ${branch}` : `be proposed to ${branch}`;
    return {
      decision: 'planned',
      reasonCode: 'dry_run',
      message: `The revert of ${version} would ${how}; nothing was changed.`,
    };
  }
  const revert = await github.createCommit({
    message: revertMessage(release),
    tree: treeSha,
    parent: commit,
    // Of the release: a second run must make the same commit.
    at: new Date(release.openedAt),
  });
  if (await holds(github, head, revert))
    return await tagged(github, request, { release, releases }, already(request, release, revert));
  const made = { release, releases, head, revert };
  const outcome = await (request.mode === 'push' ? push(github, request, made) : propose(github, request, made));
  if (guard.verdict === 'safe') return outcome;
  const accepted = `Schema ${guard.verdict}, going back ${guard.reason}; taken all the same: ${cleanText(request.allowUnsafe ?? '', 200)}.`;
  return { ...outcome, message: `${outcome.message} ${accepted}` };
}

interface Made {
  release: ReleaseRecord;
  /** Everything that was promoted, newest first. */
  releases: readonly ReleaseRecord[];
  head: string;
  revert: string;
}

function already({ branch }: RevertRequest, { version }: ReleaseRecord, revert: string, by = '') {
  return {
    decision: 'already-reverted',
    reasonCode: 'already_reverted',
    message: `${branch} has the revert of ${version} already${by}: ${revert.slice(0, 7)}.`,
    commit: revert,
  } as const;
}

async function push(github: GitHub, request: RevertRequest, made: Made): Promise<RevertOutcome> {
  const { release, revert } = made;
  const { branch } = request;
  const { version } = release;
  const pushed = await reach(github, request, made);
  if (pushed === 'conflict') return conflicting(request, release);
  if (typeof pushed === 'object') return refused('push_refused', `${pushed.message}. Next: use mode: pull-request`);
  const how = pushed === 'forward' ? '' : ', merged with what came since';
  return await tagged(github, request, made, {
    decision: 'reverted',
    reasonCode: 'reverted',
    message: `${version} is reverted on ${branch}${how}: ${revert.slice(0, 7)}.`,
    commit: revert,
  });
}

/** Forward where nothing came since, else by a merge; a refusal of GitHub, e.g. by the rules of the branch, changed nothing. */
async function reach(
  github: GitHub,
  { branch }: RevertRequest,
  { release, head, revert }: Made,
): Promise<'forward' | 'merged' | 'conflict' | GitHubError> {
  try {
    if (head === release.commit && (await github.forwardBranch(branch, revert)) === 'moved') return 'forward';
    const merged = await github.mergeInto(branch, revert, `Merge the revert of ${release.version}`);
    return merged === 'conflict' ? merged : 'merged';
  } catch (error) {
    return refusalOf(error);
  }
}

/** The tag waits for people: what they have not merged is not released. */
async function propose(github: GitHub, request: RevertRequest, made: Made): Promise<RevertOutcome> {
  const { release, revert } = made;
  const { version } = release;
  const usual = `ops-actions/revert-${version.replaceAll(/[^\w.-]+/g, '-')}`;
  // One version may have been released twice, and then there are two reverts of that name.
  const names = [usual, `${usual}-${revert.slice(0, 7)}`];
  const [owner = ''] = github.repository.split('/');
  const listed = await Promise.all(names.map((one) => github.ownPullRequests(`${owner}:${one}`)));
  const own = listed.flat().filter(({ base }) => base === request.branch);
  const asked = await Promise.all(
    own.map(async (one) => ({ ...one, holds: await holds(github, one.headSha, revert) })),
  );
  // A squash or a rebase leaves another commit on the branch; the pull request still says that it was this one.
  const merged = asked.find((one) => one.state === 'merged' && one.holds);
  if (merged !== undefined) {
    const { number, url } = merged;
    const done = already(request, release, revert, ` by #${number}`);
    return { ...(await tagged(github, request, made, done)), pullRequest: { number, url } };
  }
  const known = asked.find((one) => one.state === 'open' && one.holds);
  const name = known?.branch ?? (await branchFor(github, names, revert));
  if (typeof name === 'object') return refused('push_refused', `${name.message}. Next: take it back by hand`);
  const body = [
    revertMessage(release),
    ...(request.tag
      ? ['', 'Production is released by tag: run the revert again after the merge, and it tags the revert.']
      : []),
  ].join('\n');
  const title = cleanText(`Revert ${version}`, 100);
  const { number, url } = known ?? (await github.createPullRequest({ head: name, base: request.branch, title, body }));
  return {
    decision: 'opened',
    reasonCode: known === undefined ? 'opened' : 'already_open',
    message: `The revert of ${version} is proposed in #${number}: ${url}. GitHub shows there whether it conflicts with what came since.`,
    commit: revert,
    pullRequest: { number, url },
  };
}

/** The first name that is free or leads to the revert, also with what people put on top of it; what GitHub refuses is left undone. */
async function branchFor(github: GitHub, names: readonly string[], revert: string): Promise<string | GitHubError> {
  for (const name of names) {
    try {
      if ((await github.createRef(`heads/${name}`, revert)) === 'created') return name;
    } catch (error) {
      return refusalOf(error);
    }
    const tip = await github.refTarget(`heads/${name}`);
    if (tip !== undefined && (await holds(github, tip, revert))) return name;
  }
  return new GitHubError('github_refused', `the branches ${names.join(' and ')} exist and lead elsewhere`);
}

/** True where a commit has the revert in its history. */
async function holds(github: GitHub, tip: string, revert: string): Promise<boolean> {
  const status = await compared(github, revert, tip);
  return status === 'ahead' || status === 'identical';
}

function conflicting({ branch }: RevertRequest, { version, commit }: ReleaseRecord): RevertOutcome {
  const message = `what came to ${branch} since ${version} conflicts with its revert; nothing was changed. Next: git revert the commits up to ${commit.slice(0, 7)} by hand (-m 1 for a merge commit), or use mode: pull-request and resolve it there`;
  return refused('conflicts', message);
}

function refused(reasonCode: string, message: string): RevertOutcome {
  return { decision: 'refused', reasonCode, message: `Nothing was reverted: ${message}.` };
}

/** Newest first. */
async function readPromoted(github: GitHub, environment: string): Promise<ReleaseRecord[]> {
  const releases = await readRecentReleases(github, environment);
  return releases.filter(({ promotion, rehearsal }) => promotion === 'promoted' && rehearsal !== true);
}

function findRelease(promoted: readonly ReleaseRecord[], { release }: RevertRequest): ReleaseRecord | undefined {
  if (release === undefined) return promoted[0];
  const isCommit = /^[0-9a-f]{7,40}$/i.test(release);
  return promoted.find(
    ({ version, commit }) => version === release || (isCommit && commit.startsWith(release.toLowerCase())),
  );
}

/** Undefined where GitHub does not know one of both, or they share nothing. */
async function compared(github: GitHub, base: string, head: string) {
  try {
    return (await github.compare(base, head)).status;
  } catch (error) {
    if ((error as { reasonCode?: string }).reasonCode === 'github_not_found') return undefined;
    throw error;
  }
}
