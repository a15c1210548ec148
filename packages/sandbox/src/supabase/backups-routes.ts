import { jsonAnswer, jsonBody } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';

/** What the platform keeps of the project; tests set it. Times in Unix seconds. */
export interface PlatformBackupState {
  status: string;
  pitrEnabled: boolean;
  walgEnabled: boolean;
  /** Completed daily ones, made today. */
  daily: number;
  /** Daily ones beside those. */
  others: { id: number; status: string; insertedAt: string }[];
  earliest?: number;
  latest?: number;
  /** Looks at a new point before it says AVAILABLE. */
  pendingLooks: number;
  /** What a point becomes after those looks. */
  ending: 'AVAILABLE' | 'FAILED';
  points: Map<string, { looks: number }>;
  /** Looks at a project that is restored before it is healthy again. */
  restoringLooks: number;
  /** What the project becomes after those looks. */
  restoreEnding: 'ACTIVE_HEALTHY' | 'RESTORE_FAILED';
  /** Restores that were asked for: a moment in Unix seconds, or the id of a daily backup. */
  restores: { time?: number; id?: number }[];
  /** What a restore does to the database behind the project. */
  onRestore: ((restore: { time?: number; id?: number }) => Promise<void>) | undefined;
}

/** A project of the Free plan. */
export function createBackupState(): PlatformBackupState {
  return {
    status: 'ACTIVE_HEALTHY',
    pitrEnabled: false,
    walgEnabled: false,
    daily: 0,
    others: [],
    pendingLooks: 1,
    ending: 'AVAILABLE',
    points: new Map(),
    restoringLooks: 2,
    restoreEnding: 'ACTIVE_HEALTHY',
    restores: [],
    onRestore: undefined,
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
  let looks = 0;
  /** In place, and the project is away meanwhile. */
  const restore = async (wanted: { time?: number; id?: number }) => {
    // The dashboard offers no second one meanwhile, either.
    if (state.status === 'RESTORING') return jsonAnswer(400, { message: 'Project is currently being restored' });
    state.restores.push(wanted);
    state.status = 'RESTORING';
    looks = 0;
    await state.onRestore?.(wanted);
    return { status: 201 };
  };
  const routes: Routes = {
    [`GET ${base}`]: (_request, { ref = '' }) => {
      if (state.status === 'RESTORING' && ++looks > state.restoringLooks) state.status = state.restoreEnding;
      return jsonAnswer(200, { id: ref, ref, name: 'sandbox', status: state.status });
    },
    [`POST ${base}/database/backups/restore-pitr`]: (request) => {
      const time = jsonBody(request)?.recovery_time_target_unix;
      if (typeof time !== 'number' || !Number.isInteger(time) || time < 0)
        return jsonAnswer(400, { message: 'recovery_time_target_unix: must be an integer number' });
      if (!state.pitrEnabled) return jsonAnswer(400, { message: 'PITR is not enabled for this project' });
      if (time < (state.earliest ?? Number.POSITIVE_INFINITY) || time > (state.latest ?? 0))
        return jsonAnswer(400, { message: 'The recovery time is outside of the window' });
      return restore({ time });
    },
    [`POST ${base}/database/backups/restore`]: (request) => {
      const id = jsonBody(request)?.id;
      const known = typeof id === 'number' && (id < state.daily || state.others.some((one) => one.id === id));
      return known ? restore({ id }) : jsonAnswer(404, { message: 'Backup not found' });
    },
    [`GET ${base}/database/backups`]: () =>
      jsonAnswer(200, {
        region: 'eu-central-1',
        pitr_enabled: state.pitrEnabled,
        walg_enabled: state.walgEnabled,
        backups: [
          ...Array.from({ length: state.daily }, (_, id) => ({
            id,
            is_physical_backup: state.walgEnabled,
            status: 'COMPLETED',
            inserted_at: new Date().toISOString(),
          })),
          ...state.others.map(({ id, status, insertedAt }) => ({
            ...{ id, status, is_physical_backup: state.walgEnabled },
            inserted_at: insertedAt,
          })),
        ],
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
