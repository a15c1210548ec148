import type { Answer, Handler, SandboxRequest } from './answer.ts';

/** `:name` in a route's path matches one segment, `*name` at its end the rest. */
export type RouteHandler = (request: SandboxRequest, parameters: Record<string, string>) => Answer | Promise<Answer>;

export type Routes = Record<string, RouteHandler>;

/** Chooses by `METHOD /path`; the first match in the table's order answers. */
export function createRouter(routes: Routes, otherwise: Handler): Handler {
  const table = Object.entries(routes).map(([key, handler]) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, pattern: patternOf(path), handler };
  });
  return (request) => {
    for (const { method, pattern, handler } of table) {
      if (method !== request.method) continue;
      const match = pattern.exec(request.path);
      if (match) return handler(request, decoded(match.groups ?? {}));
    }
    return otherwise(request);
  };
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((segment) => {
      if (segment.startsWith(':')) return `(?<${segment.slice(1)}>[^/]+)`;
      if (segment.startsWith('*')) return `(?<${segment.slice(1)}>.+)`;
      return segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('/');
  return new RegExp(`^${source}/?$`);
}

function decoded(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value)]));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
