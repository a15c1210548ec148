import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { jsonAnswer } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';
import type { Services } from '../services.ts';
import { backupsRoutes, createBackupState, type PlatformBackupState } from './backups-routes.ts';
import { functionsRoutes, guardProject } from './functions-routes.ts';
import { createFunctionsState, type FunctionsState, type SandboxFunction } from './functions-state.ts';
import { logsRoutes, type SandboxLogLine } from './logs-routes.ts';
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
  /** Its storage; at first without a bucket. */
  storage: StorageState;
  /** What functions wrote, as the logs endpoint tells it. */
  logs: SandboxLogLine[];
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
  const logs: SandboxLogLine[] = [];
  const own = {
    ...functionsRoutes(state),
    ...backupsRoutes(backups, guardProject(state)),
    ...storageRoutes(storage),
    ...logsRoutes(logs, state, guardProject(state)),
  };
  const router = createRouter({ ...own, ...served.routes }, (request) =>
    jsonAnswer(404, { message: `Cannot ${request.method} ${request.path}` }),
  );
  const { url } = await services.listen('supabase', router);
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
    storage,
    logs,
    reset() {
      state.functions.clear();
      logs.length = 0;
    },
  };
  return {
    access,
    description: { apiUrl: url, token, project: state.project, anonKey: state.anonKey },
    close: () => served.stop(),
  };
}
