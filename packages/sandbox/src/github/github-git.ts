import type { GitRepository } from '../git-repository.ts';
import { type Answer, jsonAnswer, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { randomName } from '../vercel/vercel-state.ts';
import { GitHubRefusal } from './github-refusal.ts';

/** As GitHub makes them: good for one archive, known to nobody else. */
const archiveToken = randomName(24);

/** Compare, commits, trees, refs and contents, answered from a real repository. */
export function githubGitRoutes(repository: string, git: GitRepository, url: () => string): Routes {
  const base = `/repos/${repository}`;
  const commitOf = async (ref: string) => {
    const sha = await git.resolve(ref);
    if (sha === undefined) throw new GitHubRefusal(404, 'Not Found');
    return sha;
  };
  const reference = async (kind: 'heads' | 'tags', name: string) => {
    const full = `refs/${kind}/${name}`;
    const sha = (await git.run('rev-parse', '--verify', '--quiet', '--end-of-options', full).catch(() => '')).trim();
    if (sha === '') throw new GitHubRefusal(404, 'Not Found');
    const type = (await git.run('cat-file', '-t', sha)).trim();
    return jsonAnswer(200, { ref: full, url: `${url()}${base}/git/${full}`, object: { sha, type } });
  };
  return {
    [`GET ${base}/compare/*range`]: async (_request, { range = '' }) => {
      const [from = '', to = ''] = range.split('...');
      const [baseSha, headSha] = [await commitOf(from), await commitOf(to)];
      return jsonAnswer(200, await compare(git, baseSha, headSha, url() + base));
    },
    [`GET ${base}/commits`]: async (request) => {
      const start = await commitOf(request.query.get('sha') ?? 'HEAD');
      const count = Math.min(Number(request.query.get('per_page') ?? 30) || 30, 100);
      const skip = (Math.max(Number(request.query.get('page') ?? 1) || 1, 1) - 1) * count;
      return jsonAnswer(200, await commits(git, [`--max-count=${count}`, `--skip=${skip}`, start], url() + base));
    },
    [`GET ${base}/commits/*ref`]: async (request, { ref = '' }) =>
      commitAnswer(git, request, await commitOf(ref), url() + base),
    // GitHub redirects to another host, which takes the token in the address and no other one.
    [`GET ${base}/tarball/:ref`]: async (_request, { ref = '' }) => {
      const location = `${url()}/_codeload${base}/legacy.tar.gz/${await commitOf(ref)}?token=${archiveToken}`;
      return { status: 302, headers: { location } };
    },
    [`GET /_codeload${base}/legacy.tar.gz/:sha`]: async (request, { sha = '' }) => {
      const given = request.headers.authorization === undefined && request.query.get('token') === archiveToken;
      if (!given) throw new GitHubRefusal(404, 'Not Found');
      const body = await git.archive(sha, `${repository.replace('/', '-')}-${sha.slice(0, 7)}`);
      return { status: 200, headers: { 'content-type': 'application/x-gzip' }, body };
    },
    [`GET ${base}/git/commits/:sha`]: async (_request, { sha = '' }) => {
      const [found] = await commits(git, ['--max-count=1', await commitOf(sha)], url() + base);
      return jsonAnswer(200, { sha: found?.sha, ...found?.commit, parents: found?.parents });
    },
    [`GET ${base}/git/trees/:tree`]: async (request, { tree = '' }) => {
      const name = (await git.resolve(tree)) ?? tree;
      const recursive = request.query.has('recursive') ? ['-r', '-t'] : [];
      const listing = await git
        .run('ls-tree', '-l', '-z', ...recursive, '--end-of-options', name)
        .catch(() => undefined);
      if (listing === undefined) throw new GitHubRefusal(404, 'Not Found');
      const sha = (await git.run('rev-parse', '--verify', '--end-of-options', `${name}^{tree}`)).trim();
      return jsonAnswer(200, {
        sha,
        url: `${url()}${base}/git/trees/${sha}`,
        truncated: false,
        tree: treeEntries(listing),
      });
    },
    [`GET ${base}/git/ref/heads/*name`]: (_request, { name = '' }) => reference('heads', name),
    [`GET ${base}/git/ref/tags/*name`]: (_request, { name = '' }) => reference('tags', name),
    [`GET ${base}/contents/*path`]: async (request, { path = '' }) => {
      const sha = await commitOf(request.query.get('ref') ?? 'HEAD');
      const text = await git.run('show', '--end-of-options', `${sha}:${path}`).catch(() => undefined);
      if (text === undefined) throw new GitHubRefusal(404, 'Not Found');
      const raw = String(request.headers.accept ?? '').includes('raw');
      if (raw) return { status: 200, headers: { 'content-type': 'application/vnd.github.raw' }, body: text };
      const body = Buffer.from(text);
      return jsonAnswer(200, {
        type: 'file',
        encoding: 'base64',
        size: body.length,
        name: path.split('/').at(-1),
        path,
        content: body.toString('base64'),
        sha: (await git.run('rev-parse', '--end-of-options', `${sha}:${path}`)).trim(),
      });
    },
  };
}

async function compare(git: GitRepository, base: string, head: string, url: string) {
  const mergeBase = (await git.run('merge-base', base, head).catch(() => '')).trim();
  if (mergeBase === '') throw new GitHubRefusal(404, `No common ancestor between ${base} and ${head}.`);
  const [behind = 0, ahead = 0] = (await git.run('rev-list', '--left-right', '--count', `${base}...${head}`))
    .trim()
    .split(/\s+/)
    .map(Number);
  const status = ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical';
  const [baseCommit] = await commits(git, ['--max-count=1', base], url);
  const [mergeCommit] = await commits(git, ['--max-count=1', mergeBase], url);
  return {
    url: `${url}/compare/${base}...${head}`,
    status,
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    base_commit: baseCommit,
    merge_base_commit: mergeCommit,
    commits: await commits(git, ['--reverse', '--max-count=250', `${base}..${head}`], url),
    files: await changedFiles(git, mergeBase, head),
  };
}

const format = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x00');

async function commits(git: GitRepository, args: string[], url: string) {
  const text = await git.run('log', '-z', `--format=${format}%x00`, ...args);
  const fields = text.split('\0');
  const size = 10;
  const found = [];
  // Each commit ends with the separator of `-z` after its own.
  for (let at = 0; at + size <= fields.length; at += size + 1) {
    const [sha = '', tree = '', parents = '', an, ae, ad, cn, ce, cd, message = ''] = fields.slice(at, at + size);
    found.push({
      sha,
      url: `${url}/commits/${sha}`,
      commit: {
        author: { name: an, email: ae, date: ad },
        committer: { name: cn, email: ce, date: cd },
        message: message.trimEnd(),
        tree: { sha: tree, url: `${url}/git/trees/${tree}` },
      },
      author: null,
      committer: null,
      parents: parents
        .split(' ')
        .filter(Boolean)
        .map((parent) => ({ sha: parent, url: `${url}/commits/${parent}` })),
    });
  }
  return found;
}

async function commitAnswer(git: GitRepository, request: SandboxRequest, sha: string, url: string): Promise<Answer> {
  if (String(request.headers.accept ?? '').includes('vnd.github.sha')) {
    return { status: 200, headers: { 'content-type': 'application/vnd.github.sha; charset=utf-8' }, body: sha };
  }
  const [found] = await commits(git, ['--max-count=1', sha], url);
  return jsonAnswer(200, found);
}

async function changedFiles(git: GitRepository, from: string, to: string) {
  const words: Record<string, string> = { A: 'added', D: 'removed', M: 'modified', T: 'changed' };
  const fields = (await git.run('diff', '--name-status', '--no-renames', '-z', from, to)).split('\0');
  const files = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    files.push({ filename: fields[at + 1], status: words[fields[at] ?? ''] ?? 'changed' });
  }
  return files;
}

function treeEntries(listing: string) {
  return listing
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [, mode, type, sha, size, path] = /^(\d+) (\w+) (\w+)\s+(\S+)\t(.*)$/s.exec(line) ?? [];
      return { path, mode, type, sha, ...(type === 'blob' && { size: Number(size) }) };
    });
}
