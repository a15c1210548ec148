import { elapsed } from './elapsed.ts';

/** How long a restore took from the start of the run, beside what it may take (RES-08). Milliseconds. */
export interface RestoreTime {
  startedAt: number;
  endedAt: number;
  limitMs: number;
}

/** As the record holds it: times in ISO, spans in seconds. Pure. */
export function judgeTime({ startedAt, endedAt, limitMs }: RestoreTime): {
  /** For the summary. */
  told: string;
  record: { startedAt: string; endedAt: string; seconds: number; targetSeconds: number; late: boolean };
} {
  const took = endedAt - startedAt;
  const late = took > limitMs;
  return {
    told: late
      ? `LATE: all of it took ${elapsed(took)}, and it may take ${elapsed(limitMs)} (restore-within, else rollback.database.limit); tell who is waiting for it`
      : `all of it took ${elapsed(took)} of the ${elapsed(limitMs)} that it may take`,
    record: {
      startedAt: new Date(startedAt).toISOString(),
      endedAt: new Date(endedAt).toISOString(),
      seconds: took / 1000,
      targetSeconds: limitMs / 1000,
      late,
    },
  };
}
