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
  /** The mark of the stop of writes in the database itself, which a restore of an earlier state undoes; absent: none. */
  stop: z.string().optional(),
  /** The run that asked; absent where it has no number. */
  runId: z.number().optional(),
  /** What was done without, and the reason that the workflow gave, or who may have written. */
  weakening: z.string().optional(),
});

export type PlatformRestoreRecord = z.infer<typeof payload>;

/** A restore that was asked for, and of which it matters still how it went. */
export interface OpenRestore extends PlatformRestoreRecord {
  id: number;
  /** ISO time of the server. */
  at: string;
  /**
   * It took place. `unchecked`: no run has looked into the database since. `checked`: one has, and the run that asked, or the one
   * that looked, is started again. Absent: nothing says how it went.
   */
  done?: 'unchecked' | 'checked';
}

export interface PlatformRestoreLedger {
  /**
   * The newest one of the project where it has no ending, or took place and was asked for, or brought to its end, by this very
   * run; one that was refused asked for nothing, and is passed over. Undefined only where GitHub said that there is none.
   */
  findOpen(project: string, runId?: number): Promise<OpenRestore | 'unreadable' | undefined>;
  /** Says before the request that it will be sent; its id, or undefined where the ledger does not take it. */
  begin(record: PlatformRestoreRecord): Promise<number | undefined>;
  /** Says that it took place, which is no ending yet: nobody has looked into the database. */
  tookPlace(id: number | undefined): Promise<void>;
  end(id: number | undefined, ending: string): Promise<void>;
}

/** The ending of a restore that was never asked for. */
export function refusedEnding(reasonCode: string): string {
  return `${refused}, ${reasonCode}`;
}

/** The ending of a restore that took place; `by`: the run that looked into the database afterwards. */
export function restoredEnding(by?: number): string {
  return `outcome: restored${by === undefined ? '' : `, checked by run ${by}`}`;
}

const restored = /^outcome: restored(?:, checked by run (\d+))?$/;
const unchecked = 'restored, not checked yet';
const refused = 'outcome: refused';

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
  const write = async (id: number | undefined, state: 'in_progress' | 'inactive', text: string): Promise<void> => {
    if (id === undefined) return;
    const description = cleanText(text, descriptionLimit);
    await attempt(undefined, (github) => github.createStatus(id, { state, description, autoInactive: false }));
  };
  return {
    findOpen: (project, runId) =>
      attempt('unreadable' as const, async (github, environment) => {
        const deployments = await github.listDeployments({ environment, task: restoreTask, perPage: recordLimit });
        for (const deployment of deployments) {
          if (deployment.task !== restoreTask) continue;
          const { payload: given } = deployment;
          const read = payload.safeParse(typeof given === 'string' ? parseJson(given) : given);
          if (!read.success || read.data.project !== project) continue;
          const statuses = await github.listStatuses(deployment.id);
          // Only the newest one that may have been asked for counts: what came after an ending has ended, too.
          const ending = statuses.find(({ state }) => state === 'inactive');
          if (ending?.description.startsWith(refused) === true) continue;
          const found = { ...read.data, id: deployment.id, at: new Date(deployment.createdAt).toISOString() };
          if (ending === undefined) {
            const back = statuses.some(({ description }) => description === unchecked);
            return back ? { ...found, done: 'unchecked' as const } : found;
          }
          const end = restored.exec(ending.description);
          const again = end !== null && runId !== undefined && [read.data.runId, Number(end[1])].includes(runId);
          return again ? { ...found, done: 'checked' as const } : undefined;
        }
        return undefined;
      }),
    async begin(record) {
      const id = await attempt(undefined, async (github, environment) => {
        const description = cleanText(`restore by the platform to ${record.choice}`, descriptionLimit);
        const created = await github.createDeployment({
          ...{ ...given, environment, description },
          task: restoreTask,
          payload: record,
          // Other tools' auto_inactive touches only non-transient Deployments.
          transient: true,
        });
        return created.id;
      });
      // What was created is read as open, so it needs its ending whether this was heard or not.
      await write(id, 'in_progress', 'intent');
      return id;
    },
    tookPlace: (id) => write(id, 'in_progress', unchecked),
    end: (id, ending) => write(id, 'inactive', ending),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
