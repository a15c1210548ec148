import type { Combination } from '#config/settings';
import type { Bucket } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import type { Openings } from './openings.ts';
import type { AlertLimit } from './plan-alerts.ts';
import type { Uptime } from './uptime.ts';

/** What is known when alerts are judged. Pure data; times in Unix seconds. */
export interface AlertFacts {
  now: number;
  /** The newest window of every source that told one, in the order of preference. */
  windows: readonly AlertWindow[];
  /** What several sources make of one alert, as in a watch. */
  combine: Combination;
  /** Why nothing can be counted, one sentence; only of interest where `windows` is empty. */
  blind: string;
  /** Why sources told no numbers beside the counts, one sentence; empty where all that can did. */
  unread: string;
  /** The newest numbers beside the counts, of all sources. */
  readings: readonly Reading[];
  /** Circuit breakers that opened; absent where no source tells of any. */
  openings?: Openings;
  /** Our own checks; absent where there are none. */
  checks?: OwnChecks;
  /** Fewer requests than this decide nothing. */
  minRequests: number;
}

/** Our own checks, the round of this run with them. */
export interface OwnChecks {
  uptime: Uptime;
  /** Requests that this run sent: of none nothing is known of now. */
  ran: number;
  /** Why the others could not be sent, one sentence; empty where all were. */
  unsent: string;
}

/** What one source counted in the newest window. */
export interface AlertWindow {
  source: string;
  buckets: readonly Bucket[];
  startedAt: number;
  intervalSeconds: number;
}

/** How one alert stands now. `undecided`: nothing that would change what is known. */
export interface AlertFinding {
  key: string;
  state: 'firing' | 'ok' | 'undecided' | 'no-data';
  /** The strictest limit that is broken. */
  limit?: AlertLimit;
  /** Stable snake_case. */
  reasonCode: string;
  /** One sentence with value, limit and what it rests on. */
  said: string;
  source?: string;
  /** Failed requests and open issues that its source names, with the page of each where there is one. */
  samples?: { said: string; url?: string }[];
}
