import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { jsonAnswer } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';
import type { Services } from '../services.ts';
import { backupsRoutes, createBackupState, type PlatformBackupState } from './backups-routes.ts';
import { createDatabaseAccessState, type DatabaseAccessState, databaseRoutes } from './database-routes.ts';
import { functionsRoutes, guardProject } from './functions-routes.ts';
import { createFunctionsState, type FunctionsState, type SandboxFunction } from './functions-state.ts';
import { type GatewayRequest, keepGatewayRequests } from './gateway-logs.ts';
import { logsRoutes, type SandboxLogLine } from './logs-routes.ts';
import { type MetricsState, metricsRoutes } from './metrics-routes.ts';
import { secretsRoutes } from './secrets-routes.ts';
import { serveFunctions } from './serve-functions.ts';
import { storageRoutes } from './storage-routes.ts';
import { createStorageState, type StorageState } from './storage-state.ts';

/** The state behind the API, for tests. */
export interface SupabaseAccess {
  functions(): SandboxFunction[];
  setStatus(slug: string, status: SandboxFunction['status']): void;
  /** Leaves `ezbr_sha256` out of every answer. */
  hideDigest(): void;
  /** What the platform keeps of the project; at first that of a Free plan. */
  backups: PlatformBackupState;
  /** Ways into its database; at first none. */
  database: DatabaseAccessState;
  /** Its storage; at first without a bucket. */
  storage: StorageState;
  /** Secrets of its functions, by name. */
  secrets: Map<string, string>;
  /** What its machine does; at first nothing is told of it, as of a Free plan. */
  metrics: MetricsState;
  /** What functions wrote, as the logs endpoint tells it. */
  logs: SandboxLogLine[];
  /** What came through its gateway, as the logs endpoint counts it. */
  requests: GatewayRequest[];
  reset(): void;
}

/** One Supabase project: the Management API for functions and backups, its storage, and the functions themselves at one address. */
export async function startSupabase(services: Services, folder: string) {
  await mkdir(folder, { recursive: true });
  const state: FunctionsState = createFunctionsState();
  const token = `sbp_${randomBytes(20).toString('hex')}`;
  state.tokens.add(token);
  const served = serveFunctions(state, folder);
  const backups = createBackupState();
  const storage = createStorageState();
  const database = createDatabaseAccessState();
  const secrets = new Map<string, string>();
  const logs: SandboxLogLine[] = [];
  const requests: GatewayRequest[] = [];
  const metrics: MetricsState = {};
  const own = {
    ...functionsRoutes(state),
    ...backupsRoutes(backups, guardProject(state)),
    ...databaseRoutes(database, state.project, guardProject(state)),
    ...storageRoutes(storage),
    ...secretsRoutes(secrets, guardProject(state)),
    ...logsRoutes(logs, requests, state, guardProject(state)),
    ...metricsRoutes(metrics, state.project, guardProject(state)),
  };
  const router = createRouter({ ...own, ...served.routes }, (request) =>
    jsonAnswer(404, { message: `Cannot ${request.method} ${request.path}` }),
  );
  const { url } = await services.listen('supabase', keepGatewayRequests(requests, router));
  const access: SupabaseAccess = {
    functions: () => [...state.functions.values()],
    setStatus(slug, status) {
      const found = state.functions.get(slug);
      if (found !== undefined) found.status = status;
    },
    hideDigest() {
      state.hideDigest = true;
    },
    backups,
    database,
    storage,
    secrets,
    metrics,
    logs,
    requests,
    reset() {
      state.functions.clear();
      secrets.clear();
      logs.length = 0;
      requests.length = 0;
    },
  };
  return {
    access,
    description: { apiUrl: url, token, project: state.project, anonKey: state.anonKey },
    close: () => served.stop(),
  };
}
