import { z } from 'zod';
import { type GitHub, GitHubError } from '#github/client';
import { cleanText } from '#http/text';
import { descriptionLimit } from './release-record.ts';

/** Task of every GitHub Deployment that says that the platform was asked to go back. */
const restoreTask = 'ops-actions:platform-restore';

const payload = z.object({
  schemaVersion: z.literal(1),
  project: z.string(),
  /** What was asked for, e.g. `time:1769245200` or `backup:7`. */
  choice: z.string(),
  /** Writes had been stopped in the database itself, which a restore of an earlier state undoes. */
  fenced: z.boolean(),
});

export type PlatformRestoreRecord = z.infer<typeof payload>;

/** A restore that was asked for and of which no run has said how it ended. */
export interface OpenRestore extends PlatformRestoreRecord {
  id: number;
  /** ISO time of the server. */
  at: string;
}

export interface PlatformRestoreLedger {
  /** The newest one of the project that has no ending; undefined only where GitHub said that there is none. */
  findOpen(project: string): Promise<OpenRestore | 'unreadable' | undefined>;
  /** Says before the request that it will be sent; its id, or undefined where the ledger does not take it. */
  begin(record: PlatformRestoreRecord): Promise<number | undefined>;
  end(id: number | undefined, ending: string): Promise<void>;
}

/** Records that are read. */
const recordLimit = 30;

/** A way back does not end where GitHub is silent (S5), but a record that cannot be read is never taken for none. */
export function openPlatformRestoreLedger(
  github: GitHub | undefined,
  given: { environment: string | undefined; production: boolean; ref: string },
  say: (line: string) => void,
): PlatformRestoreLedger {
  const { environment } = given;
  const attempt = async <T, U>(
    otherwise: U,
    work: (github: GitHub, environment: string) => Promise<T>,
  ): Promise<T | U> => {
    if (github === undefined || environment === undefined) return otherwise;
    try {
      return await work(github, environment);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      say(`The record of the restore cannot be read or kept: ${error.message}`);
      return otherwise;
    }
  };
  return {
    findOpen: (project) =>
      attempt('unreadable' as const, async (github, environment) => {
        const deployments = await github.listDeployments({ environment, task: restoreTask, perPage: recordLimit });
        for (const deployment of deployments) {
          if (deployment.task !== restoreTask) continue;
          const { payload: given } = deployment;
          const read = payload.safeParse(typeof given === 'string' ? parseJson(given) : given);
          if (!read.success || read.data.project !== project) continue;
          const statuses = await github.listStatuses(deployment.id);
          // Only the newest one counts: what came after an ending has ended, too.
          return statuses.some(({ state }) => state === 'inactive')
            ? undefined
            : { ...read.data, id: deployment.id, at: new Date(deployment.createdAt).toISOString() };
        }
        return undefined;
      }),
    begin: (record) =>
      attempt(undefined, async (github, environment) => {
        const description = cleanText(`restore by the platform to ${record.choice}`, descriptionLimit);
        const { id } = await github.createDeployment({
          ...{ ...given, environment, description },
          task: restoreTask,
          payload: record,
          // Other tools' auto_inactive touches only non-transient Deployments.
          transient: true,
        });
        await github.createStatus(id, { state: 'in_progress', description: 'intent', autoInactive: false });
        return id;
      }),
    async end(id, ending) {
      if (id === undefined) return;
      const description = cleanText(ending, descriptionLimit);
      await attempt(undefined, (github) =>
        github.createStatus(id, { state: 'inactive', description, autoInactive: false }),
      );
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
