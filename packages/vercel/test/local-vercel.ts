import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { VercelConnection } from '../src/vercel-types.ts';

/** What a test orders for the next matching request. */
export interface Fault {
  method?: string;
  route: RegExp;
  times?: number;
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Never answer. */
  blackHole?: boolean;
  /** Do it, then lose the answer (a black hole or a cut connection). */
  afterEffect?: 'cut' | 'black-hole';
}

export interface LocalDeployment extends Record<string, unknown> {
  id: string;
  readyState: string;
}

/** The part of Vercel that a move needs, strict about token, team and project; a small server for faults that need exact control. */
export class LocalVercel {
  readonly token = 'local-token-123456';
  readonly teamId = 'team_local';
  readonly projectId = 'prj_local';
  domains: Record<string, string | undefined> = { 'app.example.com': 'dpl_old', 'www.example.com': 'dpl_old' };
  project: Record<string, unknown> = { autoAssignCustomDomains: true, lastAliasRequest: null, rootDirectory: null };
  deployments = new Map<string, LocalDeployment>();
  rollingRelease: Record<string, unknown> | null = null;
  /** Uploaded files by SHA-1. */
  files = new Map<string, string>();
  /** States that a created deployment goes through, each with the reads of it that it takes. */
  build: [string, number][] = [
    ['BUILDING', 0],
    ['READY', 2],
  ];
  /** Fields that a created deployment gets beside what was sent. */
  createdWith: Record<string, unknown> = {};
  created: Record<string, unknown>[] = [];
  /** Reads of the list until it shows a created deployment. */
  listLag = 0;
  /** Reads of the project until a move has finished; Infinity never. */
  settleAfter = 2;
  /** Domains that never follow a move. */
  stuck = new Set<string>();
  accepted: { type: string; target: string; at: number }[] = [];
  log: { method: string; path: string; query: URLSearchParams; body: string }[] = [];
  faults: Fault[] = [];
  routes: { method: string; route: RegExp; answer: (body: string, url: URL) => { status?: number; json: unknown } }[] =
    [];
  /** Bodies that a test writes over time. */
  streams: { route: RegExp; open: (response: ServerResponse) => void }[] = [];
  private readonly server = createServer((request, response) => void this.handle(request, response));
  private awaited: { route: RegExp; left: number; happen: () => void }[] = [];
  private readonly hidden = new Set<string>();
  private port = 0;

  static async start(): Promise<LocalVercel> {
    const local = new LocalVercel();
    for (const id of ['dpl_old', 'dpl_new']) local.add({ id, readyState: 'READY' });
    await new Promise<void>((resolve) => local.server.listen(0, '127.0.0.1', resolve));
    local.port = (local.server.address() as AddressInfo).port;
    return local;
  }

  add(deployment: LocalDeployment): LocalDeployment {
    const whole = {
      url: `${deployment.id.replace('_', '-')}.vercel.app`,
      target: 'production',
      projectId: this.projectId,
      createdAt: 1_000 + this.deployments.size,
      alias: [],
      meta: {},
      ...deployment,
    };
    this.deployments.set(deployment.id, whole);
    return whole;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  connection(more: Partial<VercelConnection> = {}): VercelConnection {
    return { apiUrl: this.apiUrl, token: this.token, team: this.teamId, project: this.projectId, ...more };
  }

  posts(): string[] {
    return this.log.filter(({ method }) => method === 'POST').map(({ path }) => path);
  }

  /** Lets something happen when a path is read for the nth time from now on, before that read is answered: no clock decides. */
  afterReads(reads: number, route: RegExp, happen: () => void): void {
    if (reads === 0) happen();
    else this.awaited.push({ route, left: reads, happen });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.apiUrl);
    const path = decodeURIComponent(url.pathname);
    const method = request.method ?? 'GET';
    let body = '';
    for await (const chunk of request) body += chunk;
    this.log.push({ method, path, query: url.searchParams, body });
    const stream = this.streams.find(({ route }) => route.test(path));
    if (stream && this.faults.length === 0) {
      response.writeHead(200, { 'content-type': 'application/stream+json' });
      response.flushHeaders();
      stream.open(response);
      return;
    }
    const fault = this.faults.find((one) => (one.method ?? method) === method && one.route.test(path));
    if (fault) {
      fault.times = (fault.times ?? 1) - 1;
      if (fault.times <= 0) this.faults.splice(this.faults.indexOf(fault), 1);
      if (fault.blackHole) return;
      if (fault.status) {
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
        response.end(JSON.stringify(fault.body ?? { error: { code: 'ordered', message: 'Ordered by the test' } }));
        return;
      }
    }
    if (method === 'GET') this.countRead(path);
    const answer = this.answer(method, path, url, body, request.headers);
    if (fault?.afterEffect === 'black-hole') return;
    if (fault?.afterEffect === 'cut') return void response.destroy();
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(answer.json === undefined ? '' : JSON.stringify(answer.json));
  }

  private countRead(path: string): void {
    const read = this.awaited.filter(({ route }) => route.test(path));
    for (const one of read) one.left -= 1;
    this.awaited = this.awaited.filter(({ left }) => left > 0);
    for (const { left, happen } of read) if (left === 0) happen();
  }

  private answer(
    method: string,
    path: string,
    url: URL,
    body: string,
    headers: IncomingHttpHeaders,
  ): { status?: number; json?: unknown } {
    const { projectId } = this;
    const error = (status: number, code: string) => ({ status, json: { error: { code, message: `Error: ${code}` } } });
    if (headers.authorization !== `Bearer ${this.token}`)
      return { status: 403, json: { error: { code: 'forbidden', message: 'Not authorized', invalidToken: true } } };
    if (url.searchParams.getAll('teamId').join() !== this.teamId) return error(404, 'not_found');
    for (const { method: wanted, route, answer } of this.routes)
      if (wanted === method && route.test(path)) return answer(body, url);
    if (method === 'GET' && path === `/v9/projects/${projectId}`) return { json: this.projectAnswer() };
    if (method === 'PATCH' && path === `/v9/projects/${projectId}`) {
      Object.assign(this.project, JSON.parse(body));
      return { json: this.projectAnswer() };
    }
    if (method === 'GET' && path === `/v9/projects/${projectId}/domains`) {
      const domains = Object.keys(this.domains).map((name) => ({ name, verified: true }));
      return { json: { domains, pagination: { count: domains.length, next: null } } };
    }
    if (method === 'GET' && path === `/v1/projects/${projectId}/rolling-release`)
      return { json: { rollingRelease: this.rollingRelease } };
    if (method === 'GET' && path === '/v7/deployments') {
      const deployments = [...this.deployments.values()].map(({ id, gitSource: _git, ...rest }) => ({
        uid: id,
        ...rest,
      }));
      const target = url.searchParams.get('target');
      return {
        json: {
          deployments: deployments
            .filter((one) => !this.hidden.has(one.uid))
            .filter((one) => !target || (one as { target?: unknown }).target === target),
          pagination: { next: null },
        },
      };
    }
    if (method === 'POST' && path === '/v2/files') {
      this.files.set(String(headers['x-now-digest']), body);
      return { json: { urls: [] } };
    }
    if (method === 'POST' && path === '/v13/deployments') return this.create(JSON.parse(body));
    const alias = /^\/v4\/aliases\/(.+)$/.exec(path)?.[1];
    if (method === 'GET' && alias) {
      const deploymentId = this.domains[alias];
      return deploymentId ? { json: { alias, deploymentId, projectId } } : error(404, 'not_found');
    }
    const assign = /^\/v2\/deployments\/([^/]+)\/aliases$/.exec(path)?.[1];
    if (method === 'POST' && assign) {
      const { alias: host } = JSON.parse(body) as { alias: string };
      this.domains[host] = assign;
      return { json: { uid: 'als_1', alias: host } };
    }
    const deploymentId = /^\/v13\/deployments\/([^/]+)$/.exec(path)?.[1];
    if (method === 'GET' && deploymentId) {
      const deployment = this.deployments.get(deploymentId);
      return deployment ? { json: deployment } : error(404, 'not_found');
    }
    const cancel = /^\/v12\/deployments\/([^/]+)\/cancel$/.exec(path)?.[1];
    const cancelled = cancel && this.deployments.get(cancel);
    if (method === 'PATCH' && cancelled) {
      cancelled.readyState = 'CANCELED';
      return { json: cancelled };
    }
    const move = /^\/v(?:10|1)\/projects\/prj_local\/(promote|rollback)\/([^/]+)$/.exec(path);
    if (method === 'POST' && move) return this.move(move[1] as 'promote' | 'rollback', move[2] ?? '');
    return error(404, `no_route: ${method} ${path}`);
  }

  private create(body: { files: { sha?: string }[] } & Record<string, unknown>): { status?: number; json: unknown } {
    const missing = body.files.map(({ sha }) => sha ?? '').filter((sha) => sha && !this.files.has(sha));
    if (missing.length > 0)
      return { status: 400, json: { error: { code: 'missing_files', message: 'Missing files', missing } } };
    this.created.push(body);
    const id = `dpl_created${this.created.length}`;
    const target = body.customEnvironmentSlugOrId ? null : (body.target ?? null);
    const deployment = this.add({
      id,
      readyState: 'QUEUED',
      target,
      createdAt: Date.now(),
      meta: body.meta,
      ...(body.customEnvironmentSlugOrId ? { customEnvironment: { slug: body.customEnvironmentSlugOrId } } : {}),
      ...this.createdWith,
    });
    this.hidden.add(id);
    this.afterReads(this.listLag, /^\/v7\/deployments$/, () => void this.hidden.delete(id));
    for (const [state, reads] of this.build) {
      this.afterReads(reads, new RegExp(`^/v13/deployments/${id}$`), () => {
        if (deployment.readyState !== 'CANCELED') deployment.readyState = state;
      });
    }
    return { json: deployment };
  }

  /** Starts a move as somebody else would, or for our own request. */
  move(type: 'promote' | 'rollback', target: string): { status: number; json?: unknown } {
    if (Object.values(this.domains).every((by) => by === target)) {
      return {
        status: 409,
        json: { error: { code: 'conflict', message: 'already the current production deployment' } },
      };
    }
    const at = Date.now();
    this.accepted.push({ type, target, at });
    const request = {
      type,
      jobStatus: 'pending',
      fromDeploymentId: 'dpl_old',
      toDeploymentId: target,
      requestedAt: at,
    };
    this.project.lastAliasRequest = request;
    this.project.autoAssignCustomDomains = type === 'promote';
    this.afterReads(this.settleAfter, new RegExp(`^/v9/projects/${this.projectId}$`), () => {
      request.jobStatus = 'succeeded';
      for (const host of Object.keys(this.domains)) if (!this.stuck.has(host)) this.domains[host] = target;
    });
    return { status: 201 };
  }

  private projectAnswer(): Record<string, unknown> {
    return { id: this.projectId, name: 'notes', accountId: this.teamId, ...this.project };
  }
}
