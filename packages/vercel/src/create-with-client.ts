import { createDeployment } from '@vercel/client';
import { cleanText } from '#http/text';

/** What one call of Vercel's own client needs; only this file, loaded when something is deployed, imports it. */
export interface ClientRequest {
  apiUrl: string;
  token: string;
  teamId?: string | undefined;
  /** Absolute folder whose files are uploaded; `.vercelignore` is honoured. */
  path: string;
  /** For prebuilt: the absolute `.vercel/output`. */
  outputDirectory?: string | undefined;
  projectId: string;
  projectName: string;
  /** `production`, the slug of a custom environment, or undefined for a preview. */
  target?: string | undefined;
  autoAssignCustomDomains?: boolean | undefined;
  /** Variables of this deployment alone, as `vercel deploy --env --build-env` sends them. */
  environment?: Record<string, string> | undefined;
  meta: Record<string, string>;
  gitMetadata: Record<string, string | boolean | undefined>;
  signal: AbortSignal;
  log(line: string): void;
}

export type ClientResult =
  | { kind: 'created'; deploymentId: string }
  | { kind: 'empty' }
  | { kind: 'refused'; status?: number; code?: string; message: string }
  /** The request may have had its effect. */
  | { kind: 'unanswered'; message: string };

/**
 * Uploads and creates, and stops at the `created` event: the client polls forever after `canceled` and BLOCKED, and at
 * 15 to 30 s steps (facts §5), so waiting is ours.
 */
export async function createWithClient(request: ClientRequest): Promise<ClientResult> {
  const dispatcher = ownDispatcher();
  const stop = (): void => void dispatcher?.destroy(new Error('given up')).catch(() => {});
  request.signal.addEventListener('abort', stop, { once: true });
  // The client appends VERCEL_TEAM_ID to every address, whatever team it was told.
  const teamOfEnvironment = process.env.VERCEL_TEAM_ID;
  delete process.env.VERCEL_TEAM_ID;
  const events = createDeployment(
    {
      token: request.token,
      path: request.path,
      apiUrl: request.apiUrl.replace(/\/+$/, ''),
      userAgent: 'ops-actions',
      skipAutoDetectionConfirmation: true,
      ...(request.teamId && { teamId: request.teamId }),
      ...(request.outputDirectory && { prebuilt: true, vercelOutputDir: request.outputDirectory }),
      ...(dispatcher && { dispatcher }),
    },
    {
      name: request.projectName,
      // The API takes the project's id (trap 23); the client's types do not know the field.
      ...{ project: request.projectId },
      ...(request.target && { target: request.target }),
      ...(request.autoAssignCustomDomains !== undefined && {
        autoAssignCustomDomains: request.autoAssignCustomDomains,
      }),
      ...(request.environment && { env: request.environment, build: { env: request.environment } }),
      meta: request.meta,
      gitMetadata: request.gitMetadata,
    },
  );
  try {
    return await readEvents(events, request);
  } finally {
    request.signal.removeEventListener('abort', stop);
    stop();
    if (teamOfEnvironment !== undefined) process.env.VERCEL_TEAM_ID = teamOfEnvironment;
  }
}

type ClientEvents = ReturnType<typeof createDeployment>;

async function readEvents(events: ClientEvents, { signal, log }: ClientRequest): Promise<ClientResult> {
  const givenUp = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  givenUp.catch(() => {});
  let uploaded = 0;
  for (;;) {
    const next = await Promise.race([events.next(), givenUp]);
    if (next.done) return { kind: 'unanswered', message: 'the client ended without an answer' };
    const { type, payload } = next.value;
    switch (type) {
      case 'hashes-calculated': {
        const files = Object.values(payload as Record<string, { names: string[]; data?: Uint8Array }>);
        if (files.length === 0) return { kind: 'empty' };
        const count = files.reduce((sum, { names }) => sum + names.length, 0);
        const bytes = files.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0);
        log(`${count} files, ${size(bytes)}`);
        break;
      }
      case 'file-count':
        log(`${(payload as { missing: string[] }).missing.length} files are new to Vercel`);
        break;
      case 'file-uploaded':
        uploaded += 1;
        break;
      case 'all-files-uploaded':
        log(`${uploaded} files uploaded`);
        break;
      case 'warning':
      case 'notice':
      case 'tip':
        log(`Vercel: ${cleanText(String(payload), 300)}`);
        break;
      case 'created':
        return { kind: 'created', deploymentId: String((payload as { id?: unknown }).id) };
      case 'error':
        return readError(payload);
    }
  }
}

function readError(payload: unknown): ClientResult {
  const { status, code, message, cause } = (payload ?? {}) as Record<string, unknown>;
  const inner = (cause as { code?: unknown; message?: unknown } | undefined) ?? {};
  const text = cleanText([message, inner.code ?? inner.message].filter(Boolean).join(': ') || String(payload), 300);
  const known = typeof code === 'string' ? { code: cleanText(code, 80) } : {};
  if (typeof status === 'number' && status < 500) return { kind: 'refused', status, ...known, message: text };
  if (typeof status === 'number') return { kind: 'unanswered', message: `${status} ${text}` };
  // An Error of the upload carries Vercel's code, one of the network its system's code in `cause`.
  if (typeof code === 'string' && !(payload as object).constructor?.name.includes('TypeError')) {
    return { kind: 'refused', ...known, message: text };
  }
  return { kind: 'unanswered', message: text };
}

interface Dispatcher {
  dispatch(options: unknown, handler: unknown): boolean;
  destroy(error: Error): Promise<void>;
}

/**
 * A connection pool of our own of the kind that Node's fetch uses (with its proxy settings), because the client takes no
 * abort signal: destroying the pool is the only way to end its requests. Undefined where Node hides the class.
 */
function ownDispatcher(): Dispatcher | undefined {
  // Node sets its dispatcher when fetch is first touched.
  void globalThis.fetch;
  void new Request('http://127.0.0.1/');
  const current = (globalThis as Record<symbol, unknown>)[Symbol.for('undici.globalDispatcher.1')];
  const Pool = (current as { constructor?: new () => Dispatcher } | undefined)?.constructor;
  return Pool ? new Pool() : undefined;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
