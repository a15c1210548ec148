import { parse } from 'yaml';

interface Workflow {
  on?: { schedule?: { cron?: unknown }[] };
  jobs?: Record<string, { uses?: unknown; with?: Record<string, unknown> } | null>;
}

/**
 * The cron lines of every workflow file that calls one of ours: GitHub starts workflows by their own files only. A file that is no
 * workflow is none. Pure.
 */
export function cronLinesOfCallers(
  /** Texts of `.github/workflows`. */
  workflows: readonly string[],
  /**
   * `environment`: only calls for it, and `standard` is what the workflow takes where the call names none; `input`: only calls that
   * give it.
   */
  called: { workflow: string; environment?: string; standard?: string; input?: string },
): string[] {
  return workflows
    .map(read)
    .filter(({ jobs }) =>
      Object.values(jobs ?? {}).some((job) => {
        const [, name] = /\/\.github\/workflows\/([\w-]+)\.ya?ml@/.exec(String(job?.uses ?? '')) ?? [];
        if (name !== called.workflow) return false;
        if (called.input !== undefined && job?.with?.[called.input] === undefined) return false;
        return called.environment === undefined || (job?.with?.environment ?? called.standard) === called.environment;
      }),
    )
    .flatMap(({ on }) => {
      const lines = Array.isArray(on?.schedule) ? on.schedule : [];
      return lines.map((line) => String(line?.cron ?? '').trim());
    });
}

function read(text: string): Workflow {
  try {
    return (parse(text) ?? {}) as Workflow;
  } catch {
    return {};
  }
}
