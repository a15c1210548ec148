import type { Clock } from '#http/clock';
import { HttpError } from '#http/http-error';
import { decideMove, isOurs, isRunning, type MoveView, roleIn, type Sent } from './decide-move.ts';
import type { RollingReleaseState } from './rolling-release.ts';
import { toVercelError, VercelError } from './vercel-error.ts';
import type { LastAliasRequest, MoveOptions, MoveOutcome, ProjectState, VercelDeployment } from './vercel-types.ts';

/** What a move needs to see and send; every call ends when the signal fires. */
export interface MovePort {
  readState(signal: AbortSignal): Promise<ProjectState>;
  /** The last request and current deployment alone, for polling. */
  readProject(signal: AbortSignal): Promise<Pick<ProjectState, 'lastAliasRequest' | 'currentDeploymentId'>>;
  servedBy(host: string, signal: AbortSignal): Promise<string | undefined>;
  deployment(id: string, signal: AbortSignal): Promise<VercelDeployment | undefined>;
  rollingRelease(signal: AbortSignal): Promise<RollingReleaseState | undefined>;
  /** Sends the one request; resolves with 201, 202 or 409, throws HttpError. */
  send(signal: AbortSignal, deadlineMs: number): Promise<number>;
  clock: Clock;
  signal?: AbortSignal | undefined;
  log(line: string): void;
}

export interface Move extends MoveOptions {
  type: 'promote' | 'rollback';
  target: string;
}

/** The reason a move's own signal aborts with when its time is over. */
export const DEADLINE = new Error('the deadline of the move has passed');
/** One attempt of the request; what is not answered by then is looked up in the project's state. */
const ANSWER_MS = 10_000;

/** One move under way: looks, decides (decide-move.ts), sends or waits, until it ends. */
export class Mover {
  private sent: Sent = 'not-yet';
  private sentAt: number;
  private readAt: number;
  private attempts = 0;
  private before: LastAliasRequest | undefined;
  private last: LastAliasRequest | undefined;
  private blocked = false;
  private currentDeploymentId: string | undefined;
  private served: MoveView['served'] = [];
  private rolling: MoveView['rolling'] = 'none';
  private readonly port: MovePort;
  private readonly move: Move;
  private readonly state: ProjectState;
  private readonly times: { startedAt: number; deadlineAt: number; signal: AbortSignal };

  constructor(
    port: MovePort,
    move: Move,
    state: ProjectState,
    times: { startedAt: number; deadlineAt: number; signal: AbortSignal },
  ) {
    this.port = port;
    this.move = move;
    this.state = state;
    this.times = times;
    this.sentAt = times.startedAt;
    this.readAt = times.startedAt;
    this.last = state.lastAliasRequest;
    this.currentDeploymentId = state.currentDeploymentId;
  }

  async run(): Promise<MoveOutcome> {
    await this.askDomains();
    for (;;) {
      const view = this.view();
      const next = decideMove(view);
      if (next.do === 'end') return this.outcome(next, view);
      if (next.do === 'send') {
        const refused = await this.send();
        if (refused) return refused;
      } else {
        await this.sleep(this.move.pollMs ?? 250);
      }
      const broken = await this.look();
      if (broken) return broken;
    }
  }

  private view(): MoveView {
    return {
      type: this.move.type,
      target: this.move.target,
      sent: this.sent,
      before: this.before,
      since: this.state.serverTime ?? 0,
      last: this.last,
      blocked: this.blocked,
      served: this.served,
      rolling: this.rolling,
      now: this.port.clock.now(),
      sentAt: this.sentAt,
      readAt: this.readAt,
      deadlineAt: this.times.deadlineAt,
    };
  }

  private async send(): Promise<MoveOutcome | undefined> {
    const { port, move, times } = this;
    if (this.attempts > 0) await move.beforeRepeat?.();
    this.attempts += 1;
    this.before = this.last;
    this.blocked = false;
    this.sentAt = port.clock.now();
    try {
      const status = await port.send(
        times.signal,
        Math.max(1, Math.min(move.answerMs ?? ANSWER_MS, times.deadlineAt - this.sentAt)),
      );
      this.sent = status === 409 ? 'conflict' : status === 202 ? 'queued' : 'accepted';
      port.log(`Vercel answered the ${move.type} to ${move.target} with ${status}`);
    } catch (error) {
      return await this.sendFailed(error);
    }
    return undefined;
  }

  private async sendFailed(error: unknown): Promise<MoveOutcome | undefined> {
    const { port, move, times } = this;
    if (port.signal?.aborted) throw port.signal.reason;
    if (!(error instanceof HttpError)) throw error;
    if (error.kind === 'status' && error.status !== undefined && error.status < 500 && error.status !== 429) {
      return this.refusedByVercel(error);
    }
    port.log(`${error.message}; looking at the project before anything is sent again`);
    const refused = error.status === 429 || error.status === 503 || !error.maybeSent;
    // A refusal does not undo an earlier request that may have arrived.
    if (!refused) this.sent = 'unanswered';
    this.sentAt = port.clock.now();
    if (!refused) return undefined;
    const wait = error.retryAfterMs ?? 500;
    if (this.sentAt + wait >= times.deadlineAt) {
      const { reasonCode, message } = toVercelError(error, `The ${move.type} to ${move.target}`) as VercelError;
      return this.failed(
        reasonCode,
        `${message} Its wait of ${Math.ceil(wait / 1000)} s does not fit into the deadline.`,
      );
    }
    await this.sleep(wait);
    return undefined;
  }

  private refusedByVercel(error: HttpError): MoveOutcome {
    const { type, target } = this.move;
    const known = toVercelError(error, `Vercel refused the ${type} to ${target}`) as VercelError;
    switch (error.status) {
      case 402:
        return this.failed(
          'vercel_plan',
          `${known.message} On Hobby only the deployment right before the current one can be restored.`,
        );
      case 404:
      case 410:
        return this.failed('target_gone', `${known.message} The deployment was deleted; choose another one.`);
      case 400:
      case 422:
        return this.failed(
          'target_not_eligible',
          `${known.message} Choose a deployment that production has served before.`,
        );
      default:
        return this.failed(known.reasonCode, known.message);
    }
  }

  /** Reads what the project shows now; a read that fails for a moment keeps the last picture until the deadline. */
  private async look(): Promise<MoveOutcome | undefined> {
    const { port, times } = this;
    const readAt = port.clock.now();
    try {
      const project = await port.readProject(times.signal);
      this.last = project.lastAliasRequest;
      // The last request stands there: whether ours arrived is known by now, whatever else can be read.
      this.readAt = readAt;
      this.currentDeploymentId = project.currentDeploymentId;
      if (this.sent === 'conflict' && isRunning(this.last)) this.blocked = true;
      await this.askDomains();
      if (this.sent === 'queued' && !this.state.rollingRelease) await this.askRollingRelease();
    } catch (error) {
      if (port.signal?.aborted) throw port.signal.reason;
      if (error === DEADLINE) return undefined;
      if (!(error instanceof VercelError)) throw error;
      if (!/^vercel_(unreachable|rate_limited|bad_answer)$/.test(error.reasonCode)) {
        return this.failed(
          error.reasonCode,
          `The ${this.move.type} to ${this.move.target} could not be followed. ${error.message}`,
        );
      }
    }
    return undefined;
  }

  private async askDomains(): Promise<void> {
    const { port, state, times } = this;
    if (state.rollingRelease) await this.askRollingRelease();
    this.served =
      state.productionDomains.length === 0
        ? [{ host: `project ${state.name}`, by: this.currentDeploymentId }]
        : await Promise.all(
            state.productionDomains.map(async (host) => ({ host, by: await port.servedBy(host, times.signal) })),
          );
  }

  private async askRollingRelease(): Promise<void> {
    this.rolling = roleIn(await this.port.rollingRelease(this.times.signal), this.move.target);
  }

  private async sleep(ms: number): Promise<void> {
    try {
      await this.port.clock.sleep(ms, this.times.signal);
    } catch (error) {
      if (error !== DEADLINE) throw error;
    }
  }

  private outcome(next: Pick<MoveOutcome, 'outcome' | 'reasonCode' | 'message'>, view: MoveView): MoveOutcome {
    const ours = isOurs(view);
    const taken = this.sent === 'accepted' || this.sent === 'queued' || ours || next.outcome === 'moved';
    const settled = next.outcome === 'moved' || next.outcome === 'already-current';
    return {
      outcome: next.outcome,
      reasonCode: next.reasonCode,
      message: next.message,
      requestedAt: (ours && view.last?.requestedAt) || this.sentAt,
      ...(settled && { settledAt: view.now }),
      requests: taken ? 1 : 0,
    };
  }

  private failed(reasonCode: string, message: string): MoveOutcome {
    const earlier = this.sent === 'accepted' || this.sent === 'queued' || this.sent === 'unanswered' ? 1 : 0;
    return { outcome: 'failed', reasonCode, message, requestedAt: this.sentAt, requests: earlier };
  }
}
