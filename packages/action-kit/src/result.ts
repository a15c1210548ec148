/** How an action ended, as data; only runAction turns it into outputs, annotations and an exit code. */
export interface Result {
  /** One word of the action's closed set. */
  decision: string;
  /** Stable snake_case. */
  reasonCode: string;
  /** One line for people. */
  summary: string;
  /** True fails the step: one error annotation with the summary, no stack. */
  failed: boolean;
  /** True shows the summary as a warning annotation; the step stays green. */
  warning?: boolean;
  /** Becomes the output `result`; schemaVersion, decision, reasonCode and summary are added. */
  details?: Record<string, unknown>;
  /** Further outputs by their kebab-case names. */
  outputs?: Record<string, string>;
  /** Markdown for the job summary, built with markdown.ts so that foreign text is escaped. */
  jobSummary?: string;
}
