import { slackConnection } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { cleanText } from '#http/text';
import type { OwnRequests } from '#observe/own-requests';
import { type ProbeContext, type ProbeOutcome, runProbe } from '#probe/probe';
import { hostsOfSecret } from '#probe/secret-hosts';
import type { PreviousKept } from '#release/keep-previous';
import type { ReleaseHandle } from '#release/release-handle';
import type { VercelConnection } from '#vercel/project';
import { checksAt, type Given } from './plan-watch.ts';
import { belongsToProject, openGitHub } from './services.ts';

/**
 * Looks after the deployment that served before, beside the watch and until the signal ends it. What it returns says at any time what
 * was seen so far, undefined where nothing could be asked yet: nobody waits for it.
 */
export type Keeper = (own: OwnRequests, signal: AbortSignal) => () => PreviousKept | undefined;

interface About {
  handle: ReleaseHandle | undefined;
  connection: VercelConnection | undefined;
  intervalMs: number;
}

/** Undefined where nothing is to be kept: no `keep-previous`, no release, no way back, or a watch of what was restored. */
export async function keeperOf(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  { handle, connection, intervalMs }: About,
): Promise<Keeper | undefined> {
  const { keepPrevious, keepTimeOf } = await import('#release/keep-previous');
  const keepMs = keepTimeOf(settings.release);
  const target = handle?.rollbackTarget;
  if (keepMs === undefined || handle === undefined || target === undefined || connection === undefined)
    return undefined;
  if (given.restored || given.asked !== undefined) return undefined;
  const look = async (own: OwnRequests, signal: AbortSignal) => {
    const reached = { ...connection, signal };
    const { openVercelProject } = await import('#vercel/project');
    const project = await openVercelProject(reached);
    const found = async () => await project.deployment(target.deploymentId);
    const url = (await found())?.url;
    const about = { connection: reached, intervalMs, own, signal, deploymentId: target.deploymentId };
    const probe = url === undefined ? async () => [] : await probeOf(runner, given, settings, { ...about, url });
    const isReady = async () => (await found())?.readyState === 'READY';
    const tell = tellerOf(runner, given, settings, { handle, signal });
    return keepPrevious({ target, keepMs, everyMs: intervalMs, probe, isReady, tell, clock: runner.clock, signal });
  };
  return (own, signal) => {
    let known: (() => PreviousKept) | undefined;
    look(own, signal).then(
      (looking) => {
        known = looking.known;
      },
      (error: Error) => {
        const why = cleanText(error.message, 300);
        if (!signal.aborted)
          runner.logger.warning(`Whether ${target.deploymentId} is still warm could not be asked: ${why}`);
      },
    );
    return () => known?.();
  };
}

/** The checks of ops.yml at the deployment's own address, with the bypass secret where Vercel says that the host is the project's (S20). */
async function probeOf(
  { logger, clock }: Runner,
  given: Given,
  settings: EnvironmentSettings,
  about: {
    connection: VercelConnection;
    intervalMs: number;
    own: OwnRequests;
    signal: AbortSignal;
    url: string;
    deploymentId: string;
  },
): Promise<() => Promise<ProbeOutcome[]>> {
  const { addressOf } = await import('#vercel/deployment-address');
  const { connection, intervalMs, own, signal, deploymentId } = about;
  const address = addressOf(about.url, connection.apiUrl);
  const { host, protocol } = new URL(address);
  const bypassSecret = given.protectionBypassSecret;
  const owner = { owns: (each: string) => belongsToProject(connection, each, []) };
  const secretHosts = bypassSecret ? await hostsOfSecret(new Set(), host, owner, logger.warning) : undefined;
  // Without TLS only on this machine (addressOf), where every address is private.
  const listedHosts = new Set(protocol === 'http:' ? [host] : []);
  const context: ProbeContext = { listedHosts, bypassSecret, secretHosts, signal, clock };
  const checks = checksAt(settings, address, intervalMs);
  return () =>
    Promise.all(
      checks.map((check) => {
        own.sent(check.url.pathname, clock.now(), deploymentId);
        return runProbe(check, context);
      }),
    );
}

/** Warning at once, then ledger and thread, one line after the other and until the signal; nothing of it can end the watch or hold it up. */
function tellerOf(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  { handle, signal }: { handle: ReleaseHandle; signal: AbortSignal },
): (line: string) => void {
  // What a watch that is over could not pass on any more is in its result, which the record and the message tell.
  const warn = (text: string) => void (signal.aborted || runner.logger.warning(text));
  const pass = async (line: string): Promise<void> => {
    try {
      const reached: Runner = { ...runner, signal };
      await Promise.all([
        recordLine(reached, given, handle, line),
        replyLine(reached, given, settings, handle, line, warn),
      ]);
    } catch (error) {
      warn(`What became of the previous deployment could not be told: ${cleanText(String(error), 200)}`);
    }
  };
  let passed = Promise.resolve();
  return (line) => {
    runner.logger.warning(line);
    passed = passed.then(() => (signal.aborted ? undefined : pass(line)));
  };
}

async function recordLine(runner: Runner, given: Given, handle: ReleaseHandle, line: string): Promise<void> {
  const github = await openGitHub(runner, given.githubToken);
  if (github === undefined || handle.ledgerId === 0) return;
  const { openLedger } = await import('#release/ledger');
  await openLedger(github, handle).record('previous', 'outcome', 'changed', line);
}

async function replyLine(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  { slack: place }: ReleaseHandle,
  line: string,
  warn: (text: string) => void,
): Promise<void> {
  const connection = slackConnection(runner, given, settings);
  if (connection === undefined || place === undefined) return;
  const { createSlack } = await import('#notify/slack');
  const told = await createSlack(connection).replyInThread({ ...place, text: line });
  if (!told.delivered) warn(`Slack was not told: ${told.message}`);
}
