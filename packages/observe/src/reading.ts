/** One number beside the counts of requests: a gauge, a count of new issues, the state of a monitor. */
export interface Reading {
  /** In the words of rules: database-cpu, memory, database-pool, lcp, new-issues, new-issue (one of them), crash-free, monitor, function-errors. */
  metric: string;
  /** A share (0.81 = 81 %), milliseconds, or a count, by `unit`. */
  value: number;
  unit: 'share' | 'ms' | 'count';
  /** When it was measured, Unix seconds. */
  at: number;
  /** The source that gave it. */
  source: string;
  /** What it is about, for people: an issue's title, a monitor's name. Foreign text, cleaned. */
  about?: string;
  /** Of circuit-breaker-opens: the breakers that are open now. Foreign text, cleaned. */
  names?: string[];
  /** How many samples it rests on, where the source says so. */
  samples?: number;
  /** Of a count, over how long it was counted, in milliseconds; absent where only the question itself knows. */
  periodMs?: number;
  /** The least of several such counts where `value` is the greatest of them; absent where they are the same. */
  lowest?: number;
  /** The same measured at the same time of days before, newest first, where a rule compares with it. */
  usual?: number[];
  /** How many users it touched, where the source knows. */
  users?: number;
  url?: string;
}
