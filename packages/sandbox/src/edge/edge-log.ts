/** One request that reached a deployment through the edge. */
export interface EdgeRequest {
  /** Milliseconds since the epoch, when it ended. */
  at: number;
  /** Address that was asked: a domain or a deployment's own. */
  host: string;
  method: string;
  path: string;
  status: number;
  /** Undefined when no deployment was behind the host. */
  deploymentId?: string;
  projectId?: string;
  environment?: 'production' | 'preview';
  /** How it was answered; only `function` appears in runtime logs. */
  by: 'static' | 'function' | 'edge';
  requestId: string;
  durationMs: number;
}

/** A row of Vercel's runtime logs (facts §1). */
export interface RuntimeLogRow {
  rowId: string;
  requestId: string;
  timestampInMs: number;
  level: 'debug' | 'error' | 'fatal' | 'info' | 'trace' | 'warning';
  source: 'delimiter' | 'edge-function' | 'edge-middleware' | 'request' | 'serverless';
  domain: string;
  message: string;
  messageTruncated: boolean;
  requestMethod: string;
  requestPath: string;
  responseStatusCode: number;
}

/** Keeps what reached the deployments, and hands runtime log rows to whoever listens. */
export interface EdgeLog {
  requests(): EdgeRequest[];
  add(request: EdgeRequest): void;
  emit(deploymentId: string, rows: RuntimeLogRow[]): void;
  /** Returns how to stop listening. */
  listen(deploymentId: string, onRows: (rows: RuntimeLogRow[]) => void): () => void;
}

/** The most requests that are kept; older ones are dropped. */
const mostRequests = 500_000;

export function createEdgeLog(): EdgeLog {
  let requests: EdgeRequest[] = [];
  const listeners = new Map<string, Set<(rows: RuntimeLogRow[]) => void>>();
  return {
    requests: () => requests.slice(),
    add(request) {
      requests.push(request);
      if (requests.length > mostRequests) requests = requests.slice(mostRequests / 2);
    },
    emit(deploymentId, rows) {
      for (const onRows of listeners.get(deploymentId) ?? []) onRows(rows);
    },
    listen(deploymentId, onRows) {
      const own = listeners.get(deploymentId) ?? new Set();
      listeners.set(deploymentId, own);
      own.add(onRows);
      return () => own.delete(onRows);
    },
  };
}
