import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runTool } from '#child-process/run-tool';

/** A consumer's repository in a temporary folder, with the example app and its later versions as commits and tags. */
export interface NotesRepository {
  directory: string;
  /** Commits the changes of this version (the first has none) on top of what is there and tags it; answers the commit. */
  commit(version: string): Promise<string>;
  remove(): Promise<void>;
}

/** @param examples folder that holds `notes-app` and `notes-app-versions/<version>` */
export async function createNotesRepository(examples: string): Promise<NotesRepository> {
  const directory = await mkdtemp(join(tmpdir(), 'ops-actions-demo-'));
  await cp(join(examples, 'notes-app'), directory, {
    recursive: true,
    filter: (source) => basename(source) !== 'node_modules',
  });
  await git(directory, 'init', '--quiet', '--initial-branch=main');
  return {
    directory,
    async commit(version) {
      const changes = join(examples, 'notes-app-versions', version);
      if (existsSync(changes)) await cp(changes, directory, { recursive: true });
      return commit(directory, version);
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function commit(directory: string, version: string): Promise<string> {
  await git(directory, 'add', '--all');
  await git(directory, 'commit', '--quiet', '--message', `Release ${version}`);
  await git(directory, 'tag', '--annotate', version, '--message', `Release ${version}`);
  return (await git(directory, 'rev-parse', 'HEAD')).trim();
}

async function git(directory: string, ...words: string[]): Promise<string> {
  const identity = ['-c', 'user.name=Notes team', '-c', 'user.email=notes@example.com', '-c', 'commit.gpgsign=false'];
  const done = await runTool({ command: 'git', args: [...identity, ...words], cwd: directory, deadlineMs: 20_000 });
  if (done.exitCode !== 0) throw new Error(`git ${words[0]} failed in the demo's repository: ${done.stderr.trim()}`);
  return done.stdout;
}
