import { z } from 'zod';
import type { HttpRequest } from '#http/client';
import type { SupabaseConnection } from './edge-functions.ts';
import { openManagementApi } from './management-api.ts';

// Shapes of the Management API: GET /v1/projects/{ref}, GET …/database/backups, GET and POST …/database/backups/restore-point,
// POST …/database/backups/restore-pitr {recovery_time_target_unix} and …/restore {id}, which answer nothing.
const projectAnswer = z.object({ status: z.string() });
const backupsAnswer = z.object({
  pitr_enabled: z.boolean(),
  walg_enabled: z.boolean(),
  backups: z.array(
    z.object({
      id: z.number().optional(),
      status: z.string(),
      inserted_at: z.string(),
      is_physical_backup: z.boolean().optional(),
    }),
  ),
  physical_backup_data: z
    .object({
      earliest_physical_backup_date_unix: z.number().nullish(),
      latest_physical_backup_date_unix: z.number().nullish(),
    })
    .nullish(),
});
const pointAnswer = z.object({ name: z.string(), status: z.string() });

/** What the platform itself keeps of a project. Times in Unix seconds. */
export interface PlatformState {
  /** `ACTIVE_HEALTHY`, `INACTIVE` (paused), `RESTORING` … */
  status: string;
  pointInTime: boolean;
  /** Physical backups, the ones that restore points need. */
  physical: boolean;
  /** Window of point-in-time recovery; absent where the platform names none. */
  earliest?: number;
  latest?: number;
  /** Completed daily backups. */
  daily: number;
  /** Daily backups in whatever state, newest first. */
  backups: PlatformBackup[];
}

export interface PlatformBackup {
  /** Absent where the platform gives none: then it cannot be asked for. */
  id?: number;
  /** `COMPLETED`, `FAILED`, `PENDING`, `REMOVED`, `ARCHIVED`, `CANCELLED`. */
  status: string;
  at: number;
  /** Of the whole server, with its settings; else a dump, of which nobody says whether it takes those back. */
  physical?: boolean;
}

/** Backups that the platform makes of one project. Every method throws SupabaseError, or the abort reason. */
export interface PlatformBackups {
  read(): Promise<PlatformState>;
  /** Asks for a named restore point; at most 20 characters. */
  createPoint(name: string): Promise<void>;
  /** `AVAILABLE`, `PENDING`, `FAILED`, `REMOVED`. */
  pointStatus(name: string): Promise<string>;
  /** `ACTIVE_HEALTHY`, `RESTORING`, `RESTORE_FAILED` … */
  projectStatus(): Promise<string>;
  /** Asks for the whole project as it was at that moment, in place. Sent once: the caller reads the state. */
  restoreToTime(unixSeconds: number): Promise<void>;
  /** The same with a daily backup. */
  restoreBackup(id: number): Promise<void>;
}

export function openPlatformBackups(connection: SupabaseConnection): PlatformBackups {
  const { project } = connection;
  const api = openManagementApi(connection);
  const { call } = api;
  const own = encodeURIComponent(project);
  const send = (route: string, json: unknown, what: string) =>
    api.send({ method: 'POST', path: `${own}/database/backups/${route}`, json, attempts: 1 }, what);
  const pointPath = `${own}/database/backups/restore-point`;
  return {
    async read() {
      const { status } = await call(projectAnswer, { path: own }, `Reading the state of project ${project}`);
      const what = `Reading the backups of project ${project}`;
      const found = await call(backupsAnswer, { path: `${own}/database/backups` }, what);
      const { earliest_physical_backup_date_unix: earliest, latest_physical_backup_date_unix: latest } =
        found.physical_backup_data ?? {};
      return {
        status,
        pointInTime: found.pitr_enabled,
        physical: found.walg_enabled,
        ...(earliest == null ? {} : { earliest }),
        ...(latest == null ? {} : { latest }),
        daily: found.backups.filter((one) => one.status === 'COMPLETED').length,
        backups: found.backups
          .map(({ id, status, inserted_at, is_physical_backup: physical = false }) => ({
            ...(id === undefined ? {} : { id }),
            status,
            at: Date.parse(inserted_at) / 1000,
            physical,
          }))
          .sort((a, b) => b.at - a.at),
      };
    },
    projectStatus: async () =>
      (await call(projectAnswer, { path: own }, `Reading the state of project ${project}`)).status,
    restoreToTime: (unixSeconds) =>
      send('restore-pitr', { recovery_time_target_unix: unixSeconds }, `Restoring project ${project} to a moment`),
    restoreBackup: (id) => send('restore', { id }, `Restoring backup ${id} of project ${project}`),
    async createPoint(name) {
      // Sent once: a second point of this name would be refused, and the status tells whether the first one arrived.
      const request: HttpRequest = { method: 'POST', path: pointPath, json: { name }, attempts: 1 };
      await call(pointAnswer, request, `Creating restore point ${name}`);
    },
    async pointStatus(name) {
      const what = `Reading restore point ${name}`;
      return (await call(pointAnswer, { path: pointPath, query: { name } }, what)).status;
    },
  };
}
