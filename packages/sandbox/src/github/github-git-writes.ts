import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitRepository } from '../git-repository.ts';
import { asRecord, asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { randomName } from '../vercel/vercel-state.ts';
import { GitHubRefusal, invalid } from './github-refusal.ts';

const app = { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com' };

/** Blobs, trees, commits and references as GitHub's Git database makes them (REST, git/blobs, git/trees, git/commits, git/refs). */
export function githubGitWriteRoutes(repository: string, git: GitRepository): Routes {
  const base = `/repos/${repository}/git`;
  const objectOf = async (sha: string, type: string) => {
    const found = await git.run('cat-file', '-t', sha).catch(() => '');
    if (found.trim() !== type) throw new GitHubRefusal(422, `Object does not exist or is not a ${type}: ${sha}`);
    return sha;
  };
  return {
    [`POST ${base}/blobs`]: async (request) => {
      const { content, encoding = 'utf-8' } = bodyOf(request);
      if (typeof content !== 'string') throw invalid('Blob', 'content', "content wasn't supplied");
      if (encoding !== 'utf-8' && encoding !== 'base64') throw invalid('Blob', 'encoding', 'encoding is not supported');
      const text = encoding === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : content;
      const sha = (await git.feed(text, {}, 'hash-object', '-w', '--stdin')).trim();
      return jsonAnswer(201, { sha, url: `${base}/blobs/${sha}` });
    },
    [`POST ${base}/trees`]: async (request) => {
      const { tree, base_tree } = bodyOf(request);
      if (!Array.isArray(tree) || tree.length === 0) throw new GitHubRefusal(422, 'Invalid tree info');
      const index = join(tmpdir(), `tree-${randomName(12)}`);
      const variables = { GIT_INDEX_FILE: index };
      try {
        const start = asText(base_tree);
        if (start !== undefined) await git.feed('', variables, 'read-tree', await objectOf(start, 'tree'));
        for (const given of tree) {
          const { path, mode, type, sha } = asRecord(given) ?? {};
          const name = asText(path);
          if (name === undefined || name.startsWith('/') || type !== 'blob' || mode !== '100644')
            throw new GitHubRefusal(422, 'tree.path contains a malformed path component, or tree.mode is not valid');
          const blob = await objectOf(asText(sha) ?? '', 'blob');
          await git.feed('', variables, 'update-index', '--add', '--cacheinfo', `${mode},${blob},${name}`);
        }
        const made = (await git.feed('', variables, 'write-tree')).trim();
        return jsonAnswer(201, { sha: made, truncated: false, tree: [] });
      } finally {
        await rm(index, { force: true });
      }
    },
    [`POST ${base}/commits`]: async (request) => {
      const { message, tree, parents = [], author: by } = bodyOf(request);
      const text = asText(message);
      if (text === undefined) throw invalid('Commit', 'message', 'message is required');
      const before = Array.isArray(parents) ? parents : [];
      for (const parent of before) await objectOf(`${parent}`, 'commit');
      const { name = app.name, email = app.email, date } = (asRecord(by) ?? {}) as Record<string, string | undefined>;
      const author = {
        ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email },
        ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
        ...(date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }),
      };
      const words = before.flatMap((parent) => ['-p', `${parent}`]);
      const made = await git.feed(text, author, 'commit-tree', await objectOf(asText(tree) ?? '', 'tree'), ...words);
      const sha = made.trim();
      return jsonAnswer(201, { sha, message: text, tree: { sha: tree }, parents: before.map((one) => ({ sha: one })) });
    },
    [`POST ${base}/refs`]: async (request) => {
      const { ref, sha } = bodyOf(request);
      const name = asText(ref) ?? '';
      const [, kind, rest] = name.split('/');
      if (!name.startsWith('refs/') || kind === undefined || rest === undefined)
        throw new GitHubRefusal(422, 'Reference name must start with refs/ and have at least two slashes');
      const commit = await objectOf(asText(sha) ?? '', 'commit');
      const there = await git.run('rev-parse', '--verify', '--quiet', '--end-of-options', name).catch(() => '');
      if (there.trim() !== '') throw new GitHubRefusal(422, 'Reference already exists');
      await git.run('update-ref', name, commit);
      return jsonAnswer(201, { ref: name, object: { sha: commit, type: 'commit' } });
    },
    [`PATCH ${base}/refs/heads/*name`]: async (request, { name = '' }) => {
      const { sha, force = false } = bodyOf(request);
      const ref = `refs/heads/${name}`;
      const commit = await objectOf(asText(sha) ?? '', 'commit');
      const there = await git.resolve(ref);
      if (there === undefined) throw new GitHubRefusal(422, 'Reference does not exist');
      const follows = (await git.run('merge-base', there, commit).catch(() => '')).trim() === there;
      if (!follows && force !== true) throw new GitHubRefusal(422, 'Update is not a fast forward');
      await git.run('update-ref', ref, commit, there);
      return jsonAnswer(200, { ref, object: { sha: commit, type: 'commit' } });
    },
    [`POST /repos/${repository}/merges`]: async (request) => {
      const { base: branch, head, commit_message: message } = bodyOf(request);
      const into = await git.resolve(`refs/heads/${asText(branch) ?? ''}`);
      if (into === undefined) throw new GitHubRefusal(404, 'Base does not exist');
      const other = await git.resolve(asText(head) ?? '');
      if (other === undefined) throw new GitHubRefusal(404, 'Head does not exist');
      if ((await git.run('merge-base', into, other)).trim() === other) return { status: 204, headers: {} };
      const tree = await git.run('merge-tree', '--write-tree', into, other).catch(() => undefined);
      if (tree === undefined) throw new GitHubRefusal(409, 'Merge conflict');
      const by = {
        ...{ GIT_AUTHOR_NAME: app.name, GIT_AUTHOR_EMAIL: app.email },
        ...{ GIT_COMMITTER_NAME: app.name, GIT_COMMITTER_EMAIL: app.email },
      };
      const text = asText(message) ?? `Merge ${other} into ${asText(branch)}`;
      const made = (await git.feed(text, by, 'commit-tree', tree.trim(), '-p', into, '-p', other)).trim();
      await git.run('update-ref', `refs/heads/${asText(branch)}`, made, into);
      return jsonAnswer(201, { sha: made, commit: { message: text }, parents: [{ sha: into }, { sha: other }] });
    },
  };
}

function bodyOf(request: SandboxRequest): Record<string, unknown> {
  const body = jsonBody(request);
  if (body === undefined) throw new GitHubRefusal(400, 'Problems parsing JSON');
  return body;
}
