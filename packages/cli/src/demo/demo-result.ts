/** What `.demo/result.json` holds. All times are Unix seconds with fractions. */
export interface DemoResult {
  schemaVersion: 1;
  startedAt: number;
  endedAt: number;
  /** True when every release ended as the story says it must. */
  asExpected: boolean;
  releases: DemoRelease[];
  rollback: DemoRollback | null;
  slack: { messages: SlackMessage[]; edits: number; replies: number };
  issues: { number: number; title: string; state: string; body: string }[];
  traffic: TrafficSummary;
  /** `autoAssignCustomDomains` of the project before the story and after it. */
  autoAssign: { before: boolean; after: boolean };
}

export interface DemoRelease {
  version: string;
  /** The decision the story expects. */
  expected: string;
  decision: string;
  reasonCode: string;
  summary: string;
  /** Whether the run was red. */
  failed: boolean;
  deploymentId: string | null;
  commit: string;
  startedAt: number;
  endedAt: number;
  promotedAt: number | null;
  watch: DemoWatch | null;
  backup: DemoBackup | null;
  /** Findings about its migrations, when it was refused for them. */
  findings: DemoFinding[];
  steps: DemoStep[];
}

export interface DemoStep {
  name: string;
  outcome: string;
  summary: string;
  startedAt: number;
  endedAt: number;
}

export interface DemoBucket {
  start: number;
  end: number;
  requests: number;
  errors: number;
}

export interface DemoWatch {
  verdict: string;
  reasonCode: string;
  requests: number;
  errors: number;
  buckets: DemoBucket[];
  /** Share of failed requests that the rule tolerates, where it states one. */
  limit: number | null;
  rules: string[];
  source: string;
  denominator: string;
  effectiveIntervalSeconds: number | null;
}

export interface DemoBackup {
  verified: boolean;
  relations: number;
  rows: number;
  bytes: number;
}

export interface DemoFinding {
  file: string;
  line: number;
  rule: string;
  message: string;
  statement: string;
  correction: string;
}

export interface DemoRollback {
  from: string;
  to: string;
  /** End of the first bucket whose own rate is above the rule's limit. */
  breachAt: number | null;
  detectedAt: number | null;
  swappedAt: number | null;
  verifiedAt: number | null;
  /** Failed requests of users between the promotion and the swap back. */
  requestsFailedMeanwhile: number;
}

export interface SlackMessage {
  at: number;
  /** What a notification shows. */
  text: string;
  /** What stands in the channel, block by block. */
  blocks: { type: string; text: string }[];
  edited: boolean;
  replies: { at: number; text: string }[];
}

/** One second of the generator's traffic as users felt it. */
export interface TrafficSecond {
  at: number;
  requests: number;
  failed: number;
}

export interface TrafficSummary {
  requests: number;
  failed: number;
  seconds: TrafficSecond[];
}
