import { execFile, spawn } from 'node:child_process';

/** Access to the repository that stands for the one on GitHub. */
export interface GitRepository {
  /** Runs git and gives its output. Rejects when git fails. */
  run(...args: string[]): Promise<string>;
  /** The same with a text on its standard input and variables of git's own, for what makes objects. */
  feed(input: string, variables: Record<string, string>, ...args: string[]): Promise<string>;
  /** Full SHA of a commit; undefined when there is none by this name. */
  resolve(ref: string): Promise<string | undefined>;
  /** Files of a commit as GitHub's archives have them: gzipped tar, all in one folder. */
  archive(sha: string, folder: string): Promise<Buffer>;
  /** Writes the files of a commit into a folder. */
  checkOut(sha: string, folder: string): Promise<void>;
}

export function openGitRepository(directory: string): GitRepository {
  const feed = (input: string, variables: Record<string, string>, ...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...variables } };
      const child = execFile('git', ['-C', directory, ...args], options, (error, stdout, stderr) => {
        if (error) reject(new Error(stderr.trim() || error.message));
        else resolve(stdout);
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  const run = (...args: string[]) => feed('', {}, ...args);
  const verify = async (name: string) =>
    (await run('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`).catch(() => '')).trim();
  return {
    run,
    feed,
    async resolve(ref) {
      // As GitHub's API: branches and tags by short name, `heads/…`, `tags/…`, full names and SHAs.
      for (const name of [ref, `refs/${ref}`, `refs/heads/${ref}`, `refs/tags/${ref}`]) {
        const sha = await verify(name);
        if (sha !== '') return sha;
      }
      return undefined;
    },
    archive: (sha, folder) =>
      new Promise((resolve, reject) => {
        const args = ['-C', directory, 'archive', '--format=tar.gz', `--prefix=${folder}/`, '--end-of-options', sha];
        execFile('git', args, { encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 }, (error, stdout) =>
          error ? reject(error) : resolve(stdout),
        );
      }),
    async checkOut(sha, folder) {
      const archive = spawn('git', ['-C', directory, 'archive', '--format=tar', '--end-of-options', sha], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const unpack = spawn('tar', ['-x', '-C', folder], { stdio: ['pipe', 'ignore', 'pipe'] });
      archive.stdout.pipe(unpack.stdin);
      const [made, unpacked] = await Promise.all([ended(archive), ended(unpack)]);
      if (made !== 0 || unpacked !== 0) throw new Error(`git archive of ${sha} failed`);
    },
  };
}

function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
