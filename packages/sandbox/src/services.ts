import type { createFaults, FaultService } from './faults.ts';
import { type Answer, type Handler, jsonAnswer, type SandboxRequest } from './http/answer.ts';
import { createGateway } from './http/gateway.ts';
import { type Listener, listen } from './http/listener.ts';
import { bodyForLog, type RequestLog } from './request-log.ts';

/** Opens the addresses of the sandbox's services, each with faults and, except for the edge, the request log. */
export interface Services {
  listen(service: FaultService, handler: Handler): Promise<Listener>;
  /** An address of the edge: faults yes, log no, for the edge keeps its own. */
  listenAtEdge(handler: (request: SandboxRequest, host: string) => Answer | Promise<Answer>): Promise<Listener>;
  listenUnlogged(handler: Handler, onError: () => Answer): Promise<Listener>;
  close(): Promise<void>;
}

export interface ServicesOptions {
  faults: ReturnType<typeof createFaults>;
  requests: RequestLog;
  log: (line: string) => void;
}

export function createServices({ faults, requests, log }: ServicesOptions): Services {
  const open: Listener[] = [];
  const keep = (listener: Listener): Listener => {
    open.push(listener);
    return listener;
  };
  const broken = (service: string) => (error: unknown, request: SandboxRequest) => {
    log(
      `${service}: ${request.method} ${request.path} failed: ${error instanceof Error ? error.stack : String(error)}`,
    );
    return jsonAnswer(500, { error: { code: 'internal_server_error', message: 'The sandbox failed; see its log' } });
  };
  return {
    async listen(service, handler) {
      const gateway = createGateway(handler, {
        takeFault: ({ method, path }) => faults.take(service, method, path),
        onError: broken(service),
        onRequest(request, fault) {
          const at = Date.now();
          const started = performance.now();
          const body = bodyForLog(request.body, request.headers['content-type']);
          const entry = requests.add({
            at,
            service,
            method: request.method,
            path: request.path,
            query: Object.fromEntries(request.query),
            ...(body !== undefined && { body }),
            status: 0,
            durationMs: 0,
            fault: fault !== undefined,
          });
          return (status) => {
            entry.status = status;
            entry.durationMs = performance.now() - started;
          };
        },
      });
      return keep(await listen(gateway));
    },
    async listenAtEdge(handler) {
      let host = '';
      const gateway = createGateway((request) => handler(request, host), {
        takeFault: ({ method, path }) => faults.take('edge', method, path),
        onError: broken('edge'),
        onRequest: () => () => {},
      });
      const listener = await listen(gateway);
      host = listener.host;
      return keep(listener);
    },
    async listenUnlogged(handler, onError) {
      const gateway = createGateway(handler, { takeFault: () => undefined, onRequest: () => () => {}, onError });
      return keep(await listen(gateway));
    },
    async close() {
      await Promise.all(open.map((listener) => listener.close()));
    },
  };
}
