import { existsSync } from 'node:fs';
import type { DatabaseSettings } from './database-url.ts';

/** Where distributions keep their certificate authorities; libpq before 16 knows no `sslrootcert=system`. */
const systemCertificates = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * The connection as libpq's environment variables, for pg_dump and friends: never in argv (S13). `authoritiesFile` is one
 * of certificates for hosts whose authority the system does not know (`authoritiesOf`).
 */
export function libpqEnvironment(
  settings: DatabaseSettings,
  applicationName: string,
  authoritiesFile?: string,
): Record<string, string> {
  const verifies = settings.tls === 'verify-ca' || settings.tls === 'verify-full';
  const authorities =
    settings.rootCertificate ?? authoritiesFile ?? systemCertificates.find((path) => existsSync(path));
  return {
    PGHOST: settings.host,
    PGPORT: String(settings.port),
    PGUSER: settings.user,
    PGDATABASE: settings.database,
    PGAPPNAME: applicationName,
    PGCONNECT_TIMEOUT: '15',
    PGSSLMODE: settings.tls,
    // No password file and no service file of the runner is ever read.
    PGPASSFILE: '/dev/null',
    ...(settings.password === undefined ? {} : { PGPASSWORD: settings.password }),
    ...(settings.options === undefined ? {} : { PGOPTIONS: settings.options }),
    ...(verifies && authorities !== undefined ? { PGSSLROOTCERT: authorities } : {}),
  };
}
