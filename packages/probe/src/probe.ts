import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import type { Check } from './check.ts';
import { judgeAnswer } from './judge-answer.ts';
import { type ProbeAnswer, ProbeFailure, sendProbe } from './send-probe.ts';

/** What one probe found. Times: `at` Unix seconds, `durationMs` milliseconds. */
export interface ProbeOutcome {
  name: string;
  /** Without query. */
  url: string;
  outcome: 'pass' | 'fail' | 'could-not-run';
  reasonCode: string;
  message: string;
  status?: number;
  durationMs: number;
  at: number;
  /** Only of a check that decides nothing. */
  critical?: false;
}

/** What a probe needs from outside. */
export interface ProbeContext {
  /** Hosts (with port) that the workflow file itself names; only these may be private (S20). */
  listedHosts: ReadonlySet<string>;
  /** Vercel's protection bypass secret, and the hosts that get it; default the listed ones. */
  bypassSecret?: string | undefined;
  secretHosts?: ReadonlySet<string> | undefined;
  signal?: AbortSignal | undefined;
  clock: Clock;
  /** Called right before each request, for whoever has to tell ours from the users'. */
  onSend?: ((url: URL) => void) | undefined;
}

/** Sends one check and judges the answer; rejects only with the signal's reason. Redirects are never followed (trap 13). */
export async function runProbe(check: Check, context: ProbeContext): Promise<ProbeOutcome> {
  return (await probeWithAnswer(check, context)).outcome;
}

/** As runProbe, with the answer for whoever reads more from it; the answer is missing when none came. */
export async function probeWithAnswer(
  check: Check,
  context: ProbeContext,
): Promise<{ outcome: ProbeOutcome; answer?: ProbeAnswer }> {
  const startedAt = context.clock.now();
  const listedByWorkflow = context.listedHosts.has(check.url.host);
  const finish = (rest: Pick<ProbeOutcome, 'outcome' | 'reasonCode' | 'message' | 'status'>): ProbeOutcome => ({
    name: check.name,
    url: cleanText(`${check.url.origin}${check.url.pathname}`, 300),
    ...rest,
    durationMs: context.clock.now() - startedAt,
    at: startedAt / 1000,
    ...(check.critical === false && { critical: false }),
  });
  try {
    const headers = bypassHeaders(check.url, context);
    const { method, url, timeoutMs } = check;
    context.onSend?.(url);
    const answer = await sendProbe({ method, url, headers, timeoutMs, listedByWorkflow, signal: context.signal });
    const complaint = judgeAnswer(check, answer);
    const judged = complaint
      ? ({ outcome: 'fail', ...complaint } as const)
      : ({ outcome: 'pass', reasonCode: 'as_expected', message: `status ${answer.status}` } as const);
    return { outcome: finish({ ...judged, status: answer.status }), answer };
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    const outcome = error.asked ? 'fail' : 'could-not-run';
    return { outcome: finish({ outcome, reasonCode: error.reasonCode, message: cleanText(error.message, 300) }) };
  }
}

/** Traps 13 and 21: the secret is per project and goes to its own hosts only, never in clear text over a network. */
function bypassHeaders(
  url: URL,
  { bypassSecret, listedHosts, secretHosts = listedHosts }: ProbeContext,
): Record<string, string> {
  const confidential = url.protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (!bypassSecret || !secretHosts.has(url.host) || !confidential) return {};
  return { 'x-vercel-protection-bypass': bypassSecret };
}
