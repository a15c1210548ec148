/** The services of the sandbox; each can be made to fail. */
export const faultServices = [
  ...(['vercel', 'supabase', 'github', 'slack', 'artifacts', 'edge'] as const),
  ...(['sentry', 'datadog', 'prometheus', 'grafana', 'new-relic', 'stripe', 'app'] as const),
] as const;
export type FaultService = (typeof faultServices)[number];

/** What goes wrong. Without `status`, `cutAfterBytes` and `blackHole` the call is answered as usual, after `delayMs`. */
export interface Fault {
  /** Answer this instead of the service. */
  status?: number;
  /** A string is sent as it is, anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  delayMs?: number;
  /** Send so much of the body, then cut the connection. */
  cutAfterBytes?: number;
  /** Never answer; the connection stays open. */
  blackHole?: boolean;
  /** Let the call take effect first, then lose its answer: with `status` or `blackHole` as they say, else by cutting the connection. */
  afterEffect?: boolean;
}

export interface FaultOrder {
  service: FaultService;
  /** Any method when absent. */
  method?: string;
  /** Beginning of the path, or with `:name` and `*` a pattern of the whole path. */
  route: string;
  /** How many calls; default 1. */
  times?: number;
  /** So many matching calls pass unharmed first. */
  skip?: number;
  fault: Fault;
}

export interface Faults {
  order(order: FaultOrder): void;
  /** Orders that still wait for calls. */
  pending(): FaultOrder[];
  clear(): void;
}

/** The orders and, for the gateway, the next fault of a call. */
export function createFaults(): Faults & {
  take(service: FaultService, method: string, path: string): Fault | undefined;
} {
  let waiting: (FaultOrder & { times: number; skip: number })[] = [];
  return {
    order(order) {
      waiting.push({ ...order, times: order.times ?? 1, skip: order.skip ?? 0 });
    },
    pending: () => waiting.map((order) => ({ ...order })),
    clear() {
      waiting = [];
    },
    take(service, method, path) {
      for (const order of waiting) {
        if (!matches(order, service, method, path)) continue;
        if (order.skip > 0) {
          order.skip -= 1;
          continue;
        }
        order.times -= 1;
        if (order.times <= 0) waiting = waiting.filter((other) => other !== order);
        return order.fault;
      }
      return undefined;
    },
  };
}

function matches(order: FaultOrder, service: FaultService, method: string, path: string): boolean {
  if (order.service !== service) return false;
  if (order.method !== undefined && order.method.toUpperCase() !== method) return false;
  if (!/[:*]/.test(order.route)) return path.startsWith(order.route);
  const source = order.route
    .split('/')
    .map((segment) =>
      segment.startsWith(':') ? '[^/]+' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'),
    )
    .join('/');
  return new RegExp(`^${source}$`).test(path);
}
