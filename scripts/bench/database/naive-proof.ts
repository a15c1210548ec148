import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from '#backup/scratch-cluster';
import { measure } from './processes.ts';

/** What a careful person writes by hand: dump, encrypt, decrypt, restore with one job, count and hash both sides. */
export interface NaiveProof {
  /** Seconds of one run. @throws Error where both sides differ. */
  run(): Promise<number>;
  remove(): Promise<void>;
}

const script = `set -euo pipefail
"$BIN/pg_dump" -Fc "$SOURCE" | gpg --batch --quiet --trust-model always --recipient bench --encrypt --output "$FOLDER/backup.gpg"
"$BIN/psql" --quiet "$SERVER" --command 'CREATE DATABASE naive_copy'
gpg --batch --quiet --decrypt "$FOLDER/backup.gpg" | "$BIN/pg_restore" -j1 --exit-on-error --dbname="$COPY"
"$BIN/psql" --quiet --tuples-only --file="$FOLDER/count.sql" "$SOURCE" >"$FOLDER/source.txt"
"$BIN/psql" --quiet --tuples-only --file="$FOLDER/count.sql" "$COPY" >"$FOLDER/copy.txt"
cmp "$FOLDER/source.txt" "$FOLDER/copy.txt"
test -s "$FOLDER/source.txt"
`;

const count = `SELECT format('SELECT %L, count(*), sum(hashtextextended((t.*)::text, 0)::numeric) FROM %s AS t', oid::regclass, oid::regclass)
  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1 \\gexec
`;

export async function createNaiveProof(cluster: Cluster, url: string): Promise<NaiveProof> {
  const folder = await mkdtemp(join(tmpdir(), 'ops-actions-bench-naive-'));
  const home = join(folder, 'gnupg');
  const environment = { GNUPGHOME: home, PATH: process.env.PATH };
  await promisify(execFile)('mkdir', ['-m', '700', home]);
  await promisify(execFile)(
    'gpg',
    ['--batch', '--quiet', '--passphrase', '', '--quick-generate-key', 'bench', 'rsa3072', 'encrypt', 'never'],
    { env: environment },
  );
  await writeFile(join(folder, 'count.sql'), count);
  const copy = new URL(cluster.url);
  copy.pathname = '/naive_copy';
  const psql = (sql: string) =>
    promisify(execFile)(join(cluster.binaries.directory, 'psql'), ['--quiet', cluster.url, '--command', sql]);
  return {
    async run() {
      const { seconds } = await measure({
        command: 'bash',
        args: ['-c', script],
        environment: {
          GNUPGHOME: home,
          BIN: cluster.binaries.directory,
          SOURCE: url,
          SERVER: cluster.url,
          COPY: copy.href,
          FOLDER: folder,
        },
      });
      await psql('DROP DATABASE naive_copy');
      await rm(join(folder, 'backup.gpg'));
      return seconds;
    },
    async remove() {
      await promisify(execFile)('gpgconf', ['--kill', 'all'], { env: environment }).catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}
