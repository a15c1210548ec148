import type { DatabaseSettings, HealthSettings, ReleaseSettings, WatchSettings } from './settings.ts';

/**
 * What holds where neither an input nor ops.yml says anything. The gate and the watch fall back to it, and a policy's floor
 * is measured against it. Durations are milliseconds.
 */
export const defaults = {
  watch: {
    mode: 'auto',
    windowMs: 15 * 60_000,
    afterRollbackMs: 3 * 60_000,
    intervalMs: 30_000,
    minRequests: 20,
    onNoData: 'hold',
    onInconclusive: 'hold',
    approveTimeoutMs: 15 * 60_000,
    approveFallback: 'auto',
  },
  health: { consecutive: 3, intervalMs: 1000, deadlineMs: 60_000 },
  // The upper end of what the runbooks expect of a database that goes back: 15 to 30 minutes (DRB-09).
  database: { backupPolicy: 'required', rollbackLimitMs: 30 * 60_000 },
  release: { requireAncestor: false, stageWindowMs: 5 * 60_000 },
} as const satisfies {
  watch: WatchSettings;
  health: HealthSettings;
  database: DatabaseSettings;
  release: ReleaseSettings;
};
