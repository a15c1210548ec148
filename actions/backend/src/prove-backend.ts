import type { BackendSettings } from '#config/settings';
import type { Clock } from '#http/clock';
import { resolveCheck } from '#probe/check';
import { runHealthGate } from '#probe/health-gate';
import type { BackendCommandOutcome, BackendSubject } from './run-backend-command.ts';

const askEveryMs = 5_000;
const checkEveryMs = 1_000;
/** As the health gate of the app has it. */
const passesInARow = 3;

/**
 * Asks the status command until it says that the version runs, then the checks until they pass in a row; both within the
 * deadline. What is not configured proves nothing and stops nothing. Why it is not well; undefined where it is.
 * @throws CheckError for a check without an address, the abort reason.
 */
export async function proveBackend(
  about: {
    backend: BackendSettings;
    /** From the workflow file; only then may the address be private (S20). */
    baseUrl: string | undefined;
    subject: BackendSubject;
  },
  deps: {
    run(command: string): Promise<BackendCommandOutcome>;
    clock: Clock;
    signal: AbortSignal;
    deadlineMs: number;
    log: (line: string) => void;
  },
): Promise<string | undefined> {
  const { backend, baseUrl } = about;
  const { clock, signal, deadlineMs, log } = deps;
  const endsAt = clock.now() + deadlineMs;
  if (backend.status !== undefined) {
    for (;;) {
      const asked = await deps.run(backend.status);
      if (asked.ok) break;
      if (clock.now() + askEveryMs >= endsAt)
        return `its status command does not say that ${about.subject.version ?? 'the version'} runs: ${asked.message}`;
      await clock.sleep(askEveryMs, signal);
    }
  }
  const address = baseUrl ?? backend.url;
  const checks = (backend.checks ?? []).map((check) =>
    resolveCheck(check, address === undefined ? {} : { baseUrl: address }),
  );
  if (checks.length === 0) return undefined;
  const report = await runHealthGate({
    checks,
    context: { listedHosts: new Set(baseUrl === undefined ? [] : [new URL(baseUrl).host]), signal, clock },
    consecutive: passesInARow,
    intervalMs: checkEveryMs,
    deadlineMs: Math.max(1, endsAt - clock.now()),
    log,
  });
  return report.decision === 'pass' ? undefined : report.summary;
}
