import { runTool } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { cleanText } from '#http/text';
import { hideSecrets } from '#probe/hide-secrets';
import { CommandError, splitCommand } from '#probe/split-command';

/** What a command hears, all of it by its environment: arguments can be read by every user of the machine (S13). */
export interface BackendSubject {
  environment: string;
  /** What has to run when it is done; absent where nobody knows it. */
  version?: string | undefined;
  commit?: string | undefined;
  deploymentId?: string | undefined;
  /** With a way back: what ran until then, and why it goes. */
  fromVersion?: string | undefined;
  fromCommit?: string | undefined;
  reason?: string | undefined;
}

export interface BackendCommandOptions {
  workspace: string;
  deadlineMs: number;
  /** Given as BACKEND_TOKEN. */
  token?: string | undefined;
  /** Variables of the job that the workflow names for it. */
  variables: Readonly<Record<string, string>>;
  signal: AbortSignal;
  log: (line: string) => void;
}

/** How a command ended; `message` names it without what it was told in confidence. */
export type BackendCommandOutcome = { ok: true; seconds: number } | { ok: false; reasonCode: string; message: string };

/** Runs one command of the consumer's; a non-zero exit is an outcome. @throws the abort reason. */
export async function runBackendCommand(
  command: string,
  subject: BackendSubject,
  { workspace, deadlineMs, token, variables, signal, log }: BackendCommandOptions,
): Promise<BackendCommandOutcome> {
  const name = cleanText(command, 120);
  const hide = hideSecrets([token ?? '', ...secretValues(variables)]);
  try {
    const line = splitCommand(command, { environment: subject.environment, url: '' });
    const result = await runTool({
      ...line,
      cwd: workspace,
      environment: {
        ...variables,
        ...environmentOf(subject),
        ...(token === undefined ? {} : { BACKEND_TOKEN: token }),
      },
      deadlineMs,
      signal,
      onLine: (text) => log(cleanText(hide(text), 500)),
    });
    if (result.exitCode === 0 && !result.timedOut) return { ok: true, seconds: result.durationMs / 1000 };
    const how = result.timedOut
      ? `was not finished within ${Math.round(deadlineMs / 1000)} s`
      : result.exitCode === null
        ? `was ended by ${result.signal}`
        : `ended with exit code ${result.exitCode}`;
    const reasonCode = result.timedOut ? 'backend_timed_out' : 'backend_command_failed';
    return { ok: false, reasonCode, message: `"${name}" ${how}` };
  } catch (error) {
    if (!(error instanceof ToolMissing || error instanceof CommandError)) throw error;
    return { ok: false, reasonCode: 'backend_command_not_started', message: cleanText(error.message, 300) };
  }
}

/** Variables whose name says that their value is told in confidence. */
export function secretValues(variables: Readonly<Record<string, string>>): string[] {
  const secret = /token|secret|pass|key|credential|auth|cert|kubeconfig|private|connection|_ur[il]$|(^|_)pat$|dsn/i;
  return Object.entries(variables).flatMap(([name, value]) => (secret.test(name) ? value.split(/\r?\n/) : []));
}

function environmentOf(subject: BackendSubject): Record<string, string | undefined> {
  return {
    OPS_ACTIONS_ENVIRONMENT: subject.environment,
    OPS_ACTIONS_VERSION: subject.version,
    OPS_ACTIONS_COMMIT: subject.commit,
    OPS_ACTIONS_DEPLOYMENT_ID: subject.deploymentId,
    OPS_ACTIONS_FROM_VERSION: subject.fromVersion,
    OPS_ACTIONS_FROM_COMMIT: subject.fromCommit,
    OPS_ACTIONS_REASON: subject.reason,
  };
}
