import { jsonAnswer, jsonBody } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';

/** What the platform keeps of the project; tests set it. Times in Unix seconds. */
export interface PlatformBackupState {
  status: string;
  pitrEnabled: boolean;
  walgEnabled: boolean;
  /** Completed daily ones. */
  daily: number;
  earliest?: number;
  latest?: number;
  /** Looks at a new point before it says AVAILABLE. */
  pendingLooks: number;
  /** What a point becomes after those looks. */
  ending: 'AVAILABLE' | 'FAILED';
  points: Map<string, { looks: number }>;
}

/** A project of the Free plan. */
export function createBackupState(): PlatformBackupState {
  return {
    status: 'ACTIVE_HEALTHY',
    pitrEnabled: false,
    walgEnabled: false,
    daily: 0,
    pendingLooks: 1,
    ending: 'AVAILABLE',
    points: new Map(),
  };
}

const base = '/v1/projects/:ref';
const pointPath = `${base}/database/backups/restore-point`;

/** The Management API's routes for the project's state and its backups: documented shapes (facts/supabase.md §6). */
export function backupsRoutes(state: PlatformBackupState, guarded: (handler: RouteHandler) => RouteHandler): Routes {
  const point = (name: string, looks: number) => {
    const ready = looks > state.pendingLooks;
    return { name, status: ready ? state.ending : 'PENDING', completed_on: ready ? new Date().toISOString() : null };
  };
  const routes: Routes = {
    [`GET ${base}`]: (_request, { ref = '' }) =>
      jsonAnswer(200, { id: ref, ref, name: 'sandbox', status: state.status }),
    [`GET ${base}/database/backups`]: () =>
      jsonAnswer(200, {
        region: 'eu-central-1',
        pitr_enabled: state.pitrEnabled,
        walg_enabled: state.walgEnabled,
        backups: Array.from({ length: state.daily }, (_, id) => ({
          id,
          is_physical_backup: state.walgEnabled,
          status: 'COMPLETED',
          inserted_at: new Date().toISOString(),
        })),
        physical_backup_data: {
          ...(state.earliest === undefined ? {} : { earliest_physical_backup_date_unix: state.earliest }),
          ...(state.latest === undefined ? {} : { latest_physical_backup_date_unix: state.latest }),
        },
      }),
    [`POST ${pointPath}`]: (request) => {
      const name = jsonBody(request)?.name;
      if (typeof name !== 'string' || name === '' || name.length > 20)
        return jsonAnswer(400, { message: 'name: at most 20 characters' });
      if (!state.walgEnabled) return jsonAnswer(403, { message: 'Restore points need physical backups' });
      if (state.points.has(name)) return jsonAnswer(400, { message: `Restore point ${name} already exists` });
      state.points.set(name, { looks: 0 });
      return jsonAnswer(201, point(name, 0));
    },
    [`GET ${pointPath}`]: (request) => {
      const name = request.query.get('name') ?? '';
      const found = state.points.get(name);
      if (found === undefined) return jsonAnswer(404, { message: 'Restore point not found' });
      found.looks += 1;
      return jsonAnswer(200, point(name, found.looks));
    },
  };
  return Object.fromEntries(Object.entries(routes).map(([key, handler]) => [key, guarded(handler)]));
}
