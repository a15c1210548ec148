import { weakConnection } from '#postgres/database-url';
import type { Finding } from '#postgres/doctor/diagnose';

/** Whoever answers in place of the database tells the doctor what they like (S30). Pure. */
export function notVerified(url: string, reason: string | undefined): Finding[] {
  const next = 'take sslmode out of the connection string, or name the authority of a private one: ?sslrootcert=<path>';
  return weakConnection(url, reason).map((message) => ({
    severity: 'warning',
    code: 'connection_not_verified',
    message,
    next,
  }));
}
