import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { runTool } from '#child-process/run-tool';

const example = join(import.meta.dirname, '../../examples/notes-app');

/** Files by path; null removes one. */
export type Changes = Record<string, string | null>;

/** What the author of a commit writes. */
export interface CommitWords {
  author?: string;
  message?: string;
}

/** A consumer's repository made from the example, as GitHub would have it, and fresh shallow checkouts of its commits. */
export interface ConsumerRepository extends AsyncDisposable {
  directory: string;
  /** Commits the app as it was at first, with these changes, on top of main and tags it; answers the commit. */
  commit(version: string, changes?: Changes, words?: CommitWords): Promise<string>;
  /** A checkout as actions/checkout makes one: detached, depth 1. */
  checkOut(version: string): Promise<string>;
  /** The newest commit of main. */
  head(): Promise<string>;
}

/** @param changes what differs from the example from the first commit on */
export async function createConsumerRepository(changes: Changes): Promise<ConsumerRepository> {
  const base = await mkdtemp(join(tmpdir(), 'ops-actions-scenario-'));
  const [directory, app] = [join(base, 'repository'), join(base, 'app')];
  await cp(example, app, { recursive: true, filter: (source) => basename(source) !== 'node_modules' });
  await apply(app, changes);
  await mkdir(directory);
  await git(directory, 'init', '--quiet', '--initial-branch=main');
  let checkouts = 0;
  return {
    directory,
    async commit(version, more = {}, { author = 'Notes team', message = `Release ${version}` } = {}) {
      for (const name of await readdir(directory)) {
        if (name !== '.git') await rm(join(directory, name), { recursive: true });
      }
      await cp(app, directory, { recursive: true });
      await apply(directory, { VERSION: `${version}\n`, ...more });
      await git(directory, 'add', '--all');
      const words = ['--cleanup=verbatim', `--author=${author} <notes@example.com>`, '--message', message];
      await git(directory, 'commit', '--quiet', ...words);
      await git(directory, 'tag', version);
      return (await git(directory, 'rev-parse', 'HEAD')).trim();
    },
    async checkOut(version) {
      const target = join(base, `checkout-${++checkouts}`);
      await git(base, 'clone', '--quiet', '--depth=1', `--branch=${version}`, `file://${directory}`, target);
      return target;
    },
    head: async () => (await git(directory, 'rev-parse', 'main')).trim(),
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function apply(directory: string, changes: Changes): Promise<void> {
  for (const [path, text] of Object.entries(changes)) {
    const file = join(directory, path);
    if (text === null) await rm(file, { recursive: true });
    else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
}

async function git(cwd: string, ...words: string[]): Promise<string> {
  const settings = ['user.name=Notes team', 'user.email=notes@example.com', 'commit.gpgsign=false'];
  const given = [...settings, 'advice.detachedHead=false'].flatMap((setting) => ['-c', setting]);
  const done = await runTool({ command: 'git', args: [...given, ...words], cwd, deadlineMs: 20_000 });
  if (done.exitCode !== 0) throw new Error(`git ${words[0]} failed: ${done.stderr.trim()}`);
  return done.stdout;
}
