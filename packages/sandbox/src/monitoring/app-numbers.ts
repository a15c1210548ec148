import { type Answer, type Handler, jsonAnswer, type SandboxRequest } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';
import { isFailed, type Served, type Traffic } from './traffic.ts';

/** Numbers that an app tells of itself as JSON, for the sources http-json, json-logs and json-values. */
export interface SandboxAppNumbers {
  token: string;
  /** States of circuit breakers by name; one that is open makes the health body answer 503. */
  breakers: Record<string, string>;
  /** Further single numbers by name. */
  values: Record<string, number>;
}

/** Counts of a time (`/counts?from=…&until=…`), counters that only grow (`/counters`), lines of a log (`/logs`), a health body (`/health`). */
export function appNumbersService(app: SandboxAppNumbers, traffic: Traffic): Handler {
  const guarded = (answer: (request: SandboxRequest) => Answer) => (request: SandboxRequest) => {
    if (request.headers.authorization !== `Bearer ${app.token}`) return jsonAnswer(401, { message: 'Unauthorized' });
    return answer(request);
  };
  const timed = (answer: (served: Served[]) => Answer) =>
    guarded(({ query }) => {
      const [from, until] = [Number(query.get('from') ?? Number.NaN), Number(query.get('until') ?? Number.NaN)];
      // Unix seconds: what is milliseconds lies far in the future.
      if (!(until > from && until < 1e11)) return jsonAnswer(400, { message: 'from and until are Unix seconds' });
      const deployment = query.get('deployment');
      const served = traffic.served(from * 1000, until * 1000);
      return answer(served.filter((one) => deployment === null || one.deployment === deployment));
    });
  return createRouter(
    {
      // What was not counted is not there: null, and never 0.
      'GET /counts': timed((served) =>
        jsonAnswer(200, served.length === 0 ? { requests: null, errors: null } : countsOf(served)),
      ),
      'GET /counters': guarded(() => jsonAnswer(200, countsOf(traffic.served(0, traffic.now() + 1)))),
      'GET /logs': timed((served) => ({
        status: 200,
        headers: { 'content-type': 'application/x-ndjson' },
        body: served.map(lineOf).join(''),
      })),
      'GET /health': guarded(() => {
        const { breakers } = app;
        const open = Object.values(breakers).includes('open');
        const body = { status: open ? 'degraded' : 'healthy', circuit_breakers: breakers, ...app.values };
        return jsonAnswer(open ? 503 : 200, body);
      }),
    },
    () => jsonAnswer(404, { message: 'Not found' }),
  );
}

function countsOf(served: readonly Served[]) {
  const errors = served.filter(isFailed).length;
  // The rate is what a person takes for a number of errors: 0.02 for 2 %.
  return { requests: served.length, errors, rate: served.length === 0 ? null : errors / served.length };
}

function lineOf(served: Served): string {
  const level = isFailed(served) ? 'error' : 'info';
  const known = { deployment: served.deployment, release: served.release, requestId: served.id };
  const request = { route: served.path, status: served.status, duration_ms: Math.round(served.durationMs) };
  return `${JSON.stringify({ time: served.at, level, msg: 'request completed', ...request, ...known })}\n`;
}
