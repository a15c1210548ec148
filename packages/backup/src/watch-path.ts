import { readFileSync } from 'node:fs';
import { connect } from '#postgres/connection';
import { lookAtSession } from '#postgres/look-at-session';
import { type ConnectionSilent, type SessionLook, type SilenceWatch, watchSilence } from '#postgres/silence-watch';
import type { PostgresBinaries } from './find-postgres.ts';

/** Twice this, and what the looks take: given up within two minutes. Longer than pg_dump ever thinks without asking the server. */
const standardQuietMs = 30_000;
const longestLookMs = 10_000;

/** How a program of PostgreSQL is watched. */
export interface WatchedPath {
  /** Opens the second connection that looks. */
  url: string;
  /** Of no other session. */
  applicationName: string;
  /** Default 30 s. */
  quietMs?: number | undefined;
}

/**
 * Watches the path of pg_dump or pg_restore, which wait for an answer that was lost as long as they are let: libpq's keepalives see
 * the next hop only (S28). A server that works, or waits for a lock, is not silent, however long it takes; one that waits for the
 * client while that waits for it is. `moved` changes as long as something comes, or nothing is awaited.
 */
export function watchPath(
  { url, applicationName, quietMs = standardQuietMs }: WatchedPath,
  program: { pid: number | undefined; moved(): string; hangUp(reason: ConnectionSilent): void },
): SilenceWatch {
  const lookMs = Math.min(quietMs, longestLookMs);
  const open = () =>
    connect(url, {
      ...{ applicationName: 'ops-actions observer', statementTimeoutMs: lookMs, connectTimeoutMs: lookMs, quietMs: 0 },
    });
  let seen = false;
  return watchSilence({
    quietMs,
    moved: () => `${program.moved()} ${processorTime(program.pid)}`,
    async look() {
      const look = await lookAtSession(open, { applicationName }, 2 * lookMs);
      seen ||= look === 'working' || look === 'idle';
      return judgeNamedLook(look, seen);
    },
    hangUp: program.hangUp,
  });
}

/** A pooler may give the session another name: that nobody is there under ours proves an end only where somebody was. Pure. */
export function judgeNamedLook(look: SessionLook, seen: boolean): SessionLook {
  return look === 'gone' && !seen ? 'refused' : look;
}

/** Of the program itself: one that sorts what it has read asks nobody meanwhile. Empty where the system does not say. */
function processorTime(pid: number | undefined): string {
  try {
    // proc(5): after the name in parentheses, utime and stime are the fields 14 and 15.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return `${fields[11]} ${fields[12]}`;
  } catch {
    return '';
  }
}

/** First major version of libpq that knows tcp_user_timeout (PostgreSQL 12 release notes). */
const userTimeoutSince = 12;

/**
 * What libpq takes in a connection string only, so that a next hop that is gone is noticed within a minute, whether an answer is awaited
 * (keepalives) or something was sent (tcp_user_timeout). Nothing of it is secret; all else is in the environment (S13). Pure.
 */
export function keepaliveParameters({ major }: Pick<PostgresBinaries, 'major'>): string {
  const idle = 'keepalives=1 keepalives_idle=10 keepalives_interval=5 keepalives_count=4';
  return major < userTimeoutSince ? idle : `${idle} tcp_user_timeout=60000`;
}
