import { createFaults, type Faults } from '#sandbox/faults';
import { createRouter } from '#sandbox/http/router';
import { createRequestLog } from '#sandbox/request-log';
import { createServices } from '#sandbox/services';
import { storageRoutes } from '#sandbox/supabase/storage-routes';
import { createStorageState, type StorageState } from '#sandbox/supabase/storage-state';
import type { StorageConnection } from '../storage-client.ts';

export interface TestStorage {
  connection: StorageConnection;
  state: StorageState;
  faults: Faults;
  /** Method and path of every request so far. */
  seen(): string[];
  /** Names of what is stored in bucket `backups`, below a folder. */
  stored(folder: string): string[];
  stop(): Promise<void>;
}

/** For tests: the storage of a project with a private bucket `backups`. */
export async function startStorage(): Promise<TestStorage> {
  const state = createStorageState();
  const files = new Map();
  state.buckets.set('backups', { public: false, files });
  const faults = createFaults();
  const requests = createRequestLog();
  const services = createServices({ faults, requests, log: (line) => process.stderr.write(`${line}\n`) });
  const router = createRouter(storageRoutes(state), () => ({ status: 404 }));
  const { url } = await services.listen('supabase', router);
  return {
    connection: { url, key: state.secretKey },
    state,
    faults,
    seen: () => requests.entries().map(({ method, path }) => `${method} ${path}`),
    stored: (folder) =>
      [...files.keys()].filter((name) => name.startsWith(`${folder}/`)).map((name) => name.slice(folder.length + 1)),
    stop: () => services.close(),
  };
}
