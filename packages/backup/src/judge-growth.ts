import { proven } from './decide-pruning.ts';
import type { FoundBackup } from './find-verified-backup.ts';
import { describeBytes } from './measure-stream.ts';

/** Size and time of the newest verified backup beside the one before it. */
export interface Growth {
  /** True where one of both sizes is more than `factor` times the other. */
  unusual: boolean;
  /** One line for people. */
  message: string;
  /** Of the dump, before compression. */
  bytes: { before: number; now: number };
  /** Of the whole backup and its proof. */
  seconds: { before: number; now: number };
}

/** The newest two of one database; undefined where there are no two. Pure. */
export function judgeGrowth(
  backups: readonly FoundBackup[],
  given: { environment: string; factor: number; place: string },
): Growth | undefined {
  const { environment, factor, place } = given;
  const own = backups
    .filter((backup) => backup.manifest.environment === environment && proven(backup))
    .map(({ manifest }) => manifest)
    .toSorted((a, b) => b.createdAt - a.createdAt);
  const [now] = own;
  const before = own.slice(1).find(({ source }) => source.identity === now?.source.identity);
  if (now === undefined || before === undefined) return undefined;
  const bytes = { before: before.plainBytes, now: now.plainBytes };
  const unusual = bytes.now > bytes.before * factor || bytes.now * factor < bytes.before;
  const [one, other] = [now, before].map(
    ({ name, plainBytes, seconds }) => `${name} ${describeBytes(plainBytes)} in ${seconds.total.toFixed(0)} s`,
  );
  return {
    unusual,
    message: `sizes in ${place}: ${one}; before it ${other}${unusual ? `. That is more than ${factor} times as much, or less than 1/${factor}: look what filled the database, or whether rows were lost` : ''}`,
    bytes,
    seconds: { before: before.seconds.total, now: now.seconds.total },
  };
}
