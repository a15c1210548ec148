import type { EdgeLog } from './edge/edge-log.ts';
import { type FaultOrder, type Faults, faultServices } from './faults.ts';
import { asRecord, asText, type Handler, jsonAnswer, jsonBody } from './http/answer.ts';
import { createRouter } from './http/router.ts';
import type { RequestLog } from './request-log.ts';
import type { VercelAccess } from './vercel/vercel-access.ts';
import type { BuildOrder } from './vercel/vercel-records.ts';

export interface ControlContext {
  faults: Faults;
  log: RequestLog;
  edgeLog: EdgeLog;
  vercel: VercelAccess;
}

/** The sandbox's own address: orders faults and shows what was asked, for tests and people outside this process. */
export function createControl({ faults, log, edgeLog, vercel }: ControlContext): Handler {
  return createRouter(
    {
      'POST /_sandbox/faults': (request) => {
        const order = readFault(jsonBody(request));
        if (typeof order === 'string') return jsonAnswer(400, { error: order });
        faults.order(order);
        return jsonAnswer(201, order);
      },
      'GET /_sandbox/faults': () => jsonAnswer(200, faults.pending()),
      'DELETE /_sandbox/faults': () => {
        faults.clear();
        return { status: 204 };
      },
      'GET /_sandbox/requests': () => lines(log.entries()),
      'GET /_sandbox/edge-requests': () => lines(edgeLog.requests()),
      'POST /_sandbox/builds': (request) => {
        const body = jsonBody(request) ?? {};
        const ends = ['READY', 'ERROR', 'CANCELED', 'BLOCKED', 'never'];
        if (!ends.includes(String(body.end))) return jsonAnswer(400, { error: `end is one of ${ends.join(', ')}` });
        vercel.orderBuild(body as unknown as BuildOrder);
        return jsonAnswer(201, body);
      },
    },
    (request) => jsonAnswer(404, { error: `no route ${request.method} ${request.path}` }),
  );
}

/** An order as JSON, or what is wrong with it. */
export function readFault(body: Record<string, unknown> | undefined): FaultOrder | string {
  const service = faultServices.find((name) => name === body?.service);
  if (!body || !service) return `service is one of ${faultServices.join(', ')}`;
  const route = asText(body.route);
  if (route === undefined) return 'route is the beginning of a path, or a pattern such as /v10/projects/:id/promote/*';
  const fault = asRecord(body.fault);
  if (!fault || Object.keys(fault).length === 0) {
    return 'fault has one or more of status, body, headers, delayMs, cutAfterBytes, blackHole, afterEffect';
  }
  const method = asText(body.method);
  const count = (value: unknown): number | undefined => (Number.isInteger(value) ? (value as number) : undefined);
  const times = count(body.times);
  const skip = count(body.skip);
  return {
    service,
    route,
    ...(method !== undefined && { method }),
    ...(times !== undefined && { times }),
    ...(skip !== undefined && { skip }),
    fault: fault as FaultOrder['fault'],
  };
}

function lines(entries: unknown[]) {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-ndjson' },
    body: entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
  };
}
