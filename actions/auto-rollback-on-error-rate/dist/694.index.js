export const id = 694;
export const ids = [694];
export const modules = {

/***/ 9147:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  u: () => (/* binding */ createHttpClient)
});

// EXTERNAL MODULE: ./packages/http/src/body.ts
var body = __webpack_require__(280);
// EXTERNAL MODULE: ./packages/http/src/clock.ts + 1 modules
var src_clock = __webpack_require__(695);
// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __webpack_require__(7067);
var external_node_http_default = /*#__PURE__*/__webpack_require__.n(external_node_http_);
// EXTERNAL MODULE: external "node:https"
var external_node_https_ = __webpack_require__(4708);
var external_node_https_default = /*#__PURE__*/__webpack_require__.n(external_node_https_);
// EXTERNAL MODULE: ./packages/http/src/http-error.ts
var http_error = __webpack_require__(971);
;// CONCATENATED MODULE: ./packages/http/src/exchange.ts



/** The reason an attempt's own signal aborts with when its time is over. */
const DEADLINE = Symbol('deadline');
const agents = new Map();
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
/** Sends one request and resolves with the response head; throws HttpError (timeout, connection, aborted). */
function exchange(request) {
    const { url, signal } = request;
    return new Promise((resolve, reject) => {
        let connected = false;
        const fail = (error) => reject(failureOf(request, error, connected));
        if (signal.aborted)
            return fail(signal.reason);
        const outgoing = (url.protocol === 'https:' ? (external_node_https_default()) : (external_node_http_default())).request(url, {
            method: request.method,
            agent: agentFor(url, request.method),
            signal,
        });
        // Not among the options: with NODE_DEBUG=net Node prints those of every connection, tokens included (S15).
        for (const [name, value] of Object.entries(request.headers))
            outgoing.setHeader(name, value);
        outgoing.once('socket', (socket) => {
            // Nothing of the request leaves before the connection stands and, with TLS, the handshake is done.
            if (!socket.connecting)
                connected = true;
            else
                socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
                    connected = true;
                });
        });
        outgoing.once('response', resolve);
        outgoing.once('error', fail);
        outgoing.end(request.body);
    });
}
/** Turns whatever ended an exchange early into an HttpError. */
function failureOf(request, error, maybeSent) {
    if (error instanceof http_error/* HttpError */.j)
        return error;
    const { method, url, signal } = request;
    const seen = signal.aborted
        ? signal.reason === DEADLINE
            ? { kind: 'timeout', detail: maybeSent ? 'gave no complete answer in time' : 'accepted no connection in time' }
            : { kind: 'aborted', detail: 'was aborted' }
        : { kind: 'connection', detail: `failed: ${connectionProblem(error)}` };
    return new http_error/* HttpError */.j({ ...seen, method, url, maybeSent, cause: signal.aborted ? signal.reason : error });
}
function connectionProblem(error) {
    const code = error?.code;
    switch (code) {
        case 'ECONNREFUSED':
            return 'connection refused (ECONNREFUSED)';
        case 'ENOTFOUND':
        case 'EAI_AGAIN':
            return `the host name does not resolve (${code})`;
        case 'ECONNRESET':
        case 'EPIPE':
            return `the connection was cut (${code})`;
        default: {
            const message = error instanceof Error ? error.message : String(error);
            return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
        }
    }
}
/**
 * Reads are sent over kept connections. Everything else gets a fresh one: a kept connection that the server has just closed
 * fails in a way that cannot be told from a request that was carried out. Node's proxy variables apply to all but loopback.
 */
function agentFor(url, method) {
    const { env } = process;
    const proxied = Boolean(env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy);
    const proxy = proxied && !LOOPBACK.test(url.hostname) ? { proxyEnv: env } : {};
    const keepAlive = method === 'GET' || method === 'HEAD';
    const kind = `${url.protocol} ${keepAlive} ${'proxyEnv' in proxy}`;
    const Agent = url.protocol === 'https:' ? (external_node_https_default()).Agent : (external_node_http_default()).Agent;
    const agent = agents.get(kind) ?? new Agent({ keepAlive, maxSockets: 32, ...proxy });
    agents.set(kind, agent);
    return agent;
}

;// CONCATENATED MODULE: ./packages/http/src/resolve-request.ts
const NOT_SECRET = new Set(['accept', 'content-type', 'user-agent', 'x-github-api-version']);
/** Joins a request with the client's base address and headers; throws TypeError for a path that leaves the base address by `..`. */
function resolveRequest(options, request) {
    const base = new URL(options.baseUrl);
    const absolute = /^https?:\/\//i.test(request.path);
    const prefix = `${base.origin}${base.pathname.replace(/\/+$/, '')}/`;
    const url = new URL(absolute ? request.path : `${prefix}${request.path.replace(/^\/+/, '')}`);
    if (!absolute && !url.href.startsWith(prefix))
        throw new TypeError(`The path ${request.path} leaves ${prefix}`);
    for (const [name, value] of Object.entries(request.query ?? {})) {
        if (value !== undefined)
            url.searchParams.set(name, String(value));
    }
    const own = url.origin === base.origin ? (options.headers ?? {}) : {};
    const body = bodyOf(request);
    const headers = { 'user-agent': 'ops-actions', 'accept-encoding': 'identity' };
    if (request.json !== undefined)
        headers['content-type'] = 'application/json';
    // Without it Node would send a POST without a body as chunked, which some servers refuse.
    if (body !== undefined || /^(POST|PUT|PATCH)$/.test(request.method ?? '')) {
        headers['content-length'] = String(body?.length ?? 0);
    }
    for (const [name, value] of Object.entries({ ...own, ...request.headers }))
        headers[name.toLowerCase()] = value;
    return { method: request.method ?? 'GET', url, headers, body, redact: redactor(options, request) };
}
function bodyOf(request) {
    if (request.json !== undefined)
        return Buffer.from(JSON.stringify(request.json));
    return typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
}
function redactor(options, request) {
    const secrets = new Set(options.secrets?.filter((secret) => secret.length >= 4));
    for (const [name, value] of Object.entries({ ...options.headers, ...request.headers })) {
        if (NOT_SECRET.has(name.toLowerCase()))
            continue;
        for (const part of [value, ...value.split(/\s+/)])
            if (part.length >= 8)
                secrets.add(part);
    }
    return (text) => [...secrets].reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

;// CONCATENATED MODULE: ./packages/http/src/retry.ts
/** Longest wait that a server's Retry-After can impose, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;
const TEMPORARY = new Set([429, 502, 503, 504]);
// The server says that it did not take the request; anything else may have had an effect.
const REFUSED = new Set([429, 503]);
/** Decides whether a failed attempt may be repeated: `if-refused` only when the request provably had no effect. */
function mayRepeat(error, repeat) {
    if (repeat === 'never')
        return false;
    if (error.kind === 'status') {
        const status = error.status ?? 0;
        return repeat === 'always' ? TEMPORARY.has(status) : REFUSED.has(status);
    }
    if (error.kind !== 'connection' && error.kind !== 'timeout')
        return false;
    return repeat === 'always' || !error.maybeSent;
}
/** Reads Retry-After (seconds or HTTP date) in milliseconds; a date counts from the server's own clock when it sends one (S8). */
function readRetryAfter(headers, now) {
    const value = headers.get('retry-after')?.trim();
    if (!value)
        return undefined;
    if (/^\d+(\.\d+)?$/.test(value))
        return Number(value) * 1000;
    const at = Date.parse(value);
    if (Number.isNaN(at))
        return undefined;
    const serverNow = Date.parse(headers.get('date') ?? '');
    return Math.max(0, at - (Number.isNaN(serverNow) ? now : serverNow));
}
/** Milliseconds to wait before attempt `next` (2, 3 …): Retry-After capped at a minute, else full jitter over 250 ms, 500 ms … 8 s. */
function waitBefore(next, retryAfterMs, random) {
    if (retryAfterMs !== undefined)
        return Math.min(retryAfterMs, LONGEST_WAIT_MS);
    return Math.round(random * Math.min(8000, 250 * 2 ** (next - 2)));
}

;// CONCATENATED MODULE: ./packages/http/src/client.ts






/** The one HTTP client: deadline, bounded retry with jitter and Retry-After, no redirects, no headers to foreign origins. */
function createHttpClient(options) {
    const clock = options.clock ?? src_clock/* systemClock */.m;
    async function attemptUntilAnswered(request, receive) {
        const resolved = resolveRequest(options, request);
        const attempts = request.attempts ?? options.attempts ?? 4;
        const deadlineMs = request.deadlineMs ?? options.deadlineMs ?? 10_000;
        const givenUp = AbortSignal.any([options.signal, request.signal].filter((signal) => signal !== undefined));
        const endsAt = clock.now() + (options.budgetMs ?? 180_000);
        const startedAt = performance.now();
        for (let attempt = 1;; attempt += 1) {
            const limit = new AbortController();
            const timer = setTimeout(() => limit.abort(DEADLINE), deadlineMs);
            const release = () => clearTimeout(timer);
            const sent = { ...resolved, signal: AbortSignal.any([givenUp, limit.signal]) };
            let failure;
            try {
                const answer = await receiveFrom(sent, receive, release);
                if (isAnswer(answer.status, request.accept)) {
                    const durationMs = performance.now() - startedAt;
                    return { ...answer, attempts: attempt, durationMs, url: resolved.url, method: resolved.method };
                }
                failure = new http_error/* HttpError */.j({
                    kind: 'status',
                    method: resolved.method,
                    url: resolved.url,
                    detail: `answered ${answer.status}`,
                    maybeSent: true,
                    status: answer.status,
                    headers: answer.headers,
                    body: resolved.redact(answer.text ?? ''),
                    retryAfterMs: readRetryAfter(answer.headers, clock.now()),
                });
            }
            catch (error) {
                failure = failureOf(sent, error, true);
            }
            finally {
                release();
            }
            const repeat = request.repeat ?? (/^(GET|HEAD|PUT|DELETE)$/.test(resolved.method) ? 'always' : 'if-refused');
            const wait = waitBefore(attempt + 1, failure.retryAfterMs, Math.random());
            if (attempt >= attempts || !mayRepeat(failure, repeat) || clock.now() + wait > endsAt)
                throw failure;
            options.log?.(resolved.redact(`${failure.message}; again in ${seconds(wait)} (${attempt + 1} of ${attempts})`));
            try {
                await clock.sleep(wait, givenUp);
            }
            catch {
                throw failureOf({ ...sent, signal: givenUp }, givenUp.reason, failure.maybeSent);
            }
        }
    }
    return {
        async request(request) {
            const answer = await attemptUntilAnswered(request, async (message) => ({
                ...headOf(message),
                text: await (0,body/* readBody */.x8)(message),
            }));
            const { status, headers, text, attempts, durationMs, url, method } = answer;
            const json = () => {
                try {
                    return JSON.parse(text);
                }
                catch (cause) {
                    const detail = `answered ${status} with a body that is not JSON`;
                    throw new http_error/* HttpError */.j({
                        kind: 'invalid-json',
                        method,
                        url,
                        detail,
                        maybeSent: true,
                        status,
                        body: text,
                        cause,
                    });
                }
            };
            return { status, headers, text, attempts, durationMs, json };
        },
        async stream(request) {
            const { status, headers, chunks } = await attemptUntilAnswered(request, async (message, release, sent) => {
                if (!isAnswer(message.statusCode ?? 0, request.accept)) {
                    return { ...headOf(message), text: await (0,body/* readBody */.x8)(message), chunks: piecesOf(message, sent) };
                }
                release();
                return { ...headOf(message), chunks: piecesOf(await (0,body/* decodedBody */.jh)(message), sent) };
            });
            return { status, headers, chunks };
        },
    };
}
async function receiveFrom(sent, receive, release) {
    const message = await exchange(sent);
    try {
        return await receive(message, release, sent);
    }
    catch (error) {
        if (!(error instanceof body/* BodyTooLarge */.KQ))
            throw failureOf(sent, error, true);
        const { method, url } = sent;
        throw new http_error/* HttpError */.j({ kind: 'too-large', method, url, detail: `failed: ${error.message}`, maybeSent: true });
    }
}
async function* piecesOf(body, sent) {
    try {
        yield* body;
    }
    catch (error) {
        throw failureOf(sent, error, true);
    }
}
function isAnswer(status, accept) {
    return (status >= 200 && status < 300) || accept === 'any' || (accept?.includes(status) ?? false);
}
function headOf(message) {
    const headers = new Headers();
    const raw = message.rawHeaders;
    for (let index = 0; index + 1 < raw.length; index += 2)
        headers.append(raw[index] ?? '', raw[index + 1] ?? '');
    return { status: message.statusCode ?? 0, headers };
}
function seconds(ms) {
    return `${(ms / 1000).toFixed(1)} s`;
}


/***/ }),

/***/ 971:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   j: () => (/* binding */ HttpError)
/* harmony export */ });
/* unused harmony export printableUrl */
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(507);

/** A request that did not end in an accepted answer; message, url and body hold no credentials and no query. */
class HttpError extends Error {
    name = 'HttpError';
    kind;
    status;
    /** At most 2 kB, without control characters. */
    body;
    headers;
    method;
    url;
    /** False only when the request provably never reached the server. */
    maybeSent;
    retryAfterMs;
    constructor(failure) {
        const url = printableUrl(failure.url);
        super(`${failure.method} ${url} ${failure.detail}`, failure.cause === undefined ? {} : { cause: failure.cause });
        this.kind = failure.kind;
        this.method = failure.method;
        this.url = url;
        this.maybeSent = failure.maybeSent;
        if (failure.status !== undefined)
            this.status = failure.status;
        if (failure.body !== undefined)
            this.body = (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cleanText */ .X)(failure.body, 2048);
        if (failure.headers !== undefined)
            this.headers = failure.headers;
        if (failure.retryAfterMs !== undefined)
            this.retryAfterMs = failure.retryAfterMs;
    }
}
/** An address as it may be shown: no credentials, no query, no fragment, bounded. */
function printableUrl(url) {
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cleanText */ .X)(`${url.protocol}//${url.host}${url.pathname}`, 500);
}


/***/ }),

/***/ 694:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  openVercelProject: () => (/* binding */ openVercelProject)
});

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 14 modules
var schemas = __webpack_require__(4528);
// EXTERNAL MODULE: ./packages/http/src/clock.ts + 1 modules
var src_clock = __webpack_require__(695);
// EXTERNAL MODULE: ./packages/http/src/text.ts
var src_text = __webpack_require__(507);
;// CONCATENATED MODULE: ./packages/vercel/src/build-log.ts

const LONGEST_LINE = 300;
/** The last lines of a deployment's build log, oldest first, cleaned and bounded (S14). Throws VercelError. */
async function readBuildLog(api, deploymentId, lines) {
    const path = `/v3/deployments/${encodeURIComponent(deploymentId)}/events`;
    const query = { builds: 1, direction: 'backward', limit: lines * 2 };
    const answer = await api.call({ path, query }, `Reading the build log of ${deploymentId}`);
    return parseBuildLog(answer.text).slice(-lines);
}
/** Reads both shapes of the events endpoint: a JSON array, or one JSON object per line (application/stream+json). */
function parseBuildLog(text) {
    const events = parseEvents(text)
        .map((event) => {
        const payload = (event.payload ?? event);
        const said = payload.text ?? event.text;
        const at = payload.date ?? event.created ?? event.date;
        return {
            text: typeof said === 'string' ? (0,src_text/* cleanText */.X)(said, LONGEST_LINE) : '',
            at: typeof at === 'number' ? at : 0,
        };
    })
        .filter((event) => event.text !== '');
    // Newest first where asked for backwards: turned round before the stable sort, so that lines of one millisecond keep their order.
    if ((events[0]?.at ?? 0) > (events.at(-1)?.at ?? 0))
        events.reverse();
    return events.sort((a, b) => a.at - b.at).map((event) => event.text);
}
function parseEvents(text) {
    const whole = parse(text);
    const items = Array.isArray(whole) ? whole : text.split('\n').map(parse);
    return items.filter((item) => typeof item === 'object' && item !== null);
}
function parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./packages/vercel/src/deployment-answer.ts


const id = schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* number */.aig()]);
/** A deployment as GET /v13/deployments and the lists of /v7 give it (facts §2): only what we use, strict on that. */
const deploymentAnswer = schemas/* looseObject */._H3({
    id: schemas/* string */.YjP().optional(),
    uid: schemas/* string */.YjP().optional(),
    url: schemas/* string */.YjP().nullish(),
    readyState: schemas/* string */.YjP().optional(),
    state: schemas/* string */.YjP().optional(),
    readySubstate: schemas/* string */.YjP().nullish(),
    target: schemas/* string */.YjP().nullish(),
    customEnvironment: schemas/* looseObject */._H3({ slug: schemas/* string */.YjP().optional() }).nullish(),
    projectId: schemas/* string */.YjP().optional(),
    project: schemas/* looseObject */._H3({ id: schemas/* string */.YjP() }).nullish(),
    createdAt: schemas/* number */.aig().optional(),
    created: schemas/* number */.aig().optional(),
    deletedAt: schemas/* number */.aig().nullish(),
    alias: schemas/* array */.YOg(schemas/* string */.YjP()).nullish(),
    aliasAssigned: schemas/* union */.KCZ([schemas/* number */.aig(), schemas/* boolean */.zMY()]).nullish(),
    aliasError: schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* looseObject */._H3({ code: schemas/* string */.YjP().optional(), message: schemas/* string */.YjP().optional() })])
        .nullish(),
    isRollbackCandidate: schemas/* boolean */.zMY().nullish(),
    meta: schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* unknown */.L5J()).nullish(),
    gitSource: schemas/* looseObject */._H3({
        type: schemas/* string */.YjP(),
        repoId: id.optional(),
        org: schemas/* string */.YjP().optional(),
        repo: schemas/* string */.YjP().optional(),
        sha: schemas/* string */.YjP().optional(),
        ref: schemas/* string */.YjP().nullish(),
        prId: schemas/* number */.aig().nullish(),
        fork: schemas/* boolean */.zMY().optional(),
    })
        .nullish(),
    creator: schemas/* looseObject */._H3({ uid: schemas/* string */.YjP().optional(), username: schemas/* string */.YjP().optional(), email: schemas/* string */.YjP().optional() })
        .nullish(),
    source: schemas/* string */.YjP().nullish(),
    seatBlock: schemas/* looseObject */._H3({ blockCode: schemas/* string */.YjP().optional() }).nullish(),
    errorCode: schemas/* string */.YjP().nullish(),
    errorMessage: schemas/* string */.YjP().nullish(),
    readyStateReason: schemas/* string */.YjP().nullish(),
    plan: schemas/* string */.YjP().nullish(),
});
/** Vercel's deployment in our words; undefined when id or project are missing, which is what a foreign token sees. */
function toDeployment(answer) {
    const deploymentId = answer.id ?? answer.uid;
    const projectId = answer.projectId ?? answer.project?.id;
    if (!deploymentId || !projectId)
        return undefined;
    const gitSource = answer.gitSource ? toGitSource(answer.gitSource, answer.meta ?? {}) : undefined;
    const aliasError = answer.aliasError ? textOf(answer.aliasError) : undefined;
    const creator = answer.creator?.username ?? answer.creator?.email ?? answer.creator?.uid;
    const errorMessage = answer.errorMessage ?? answer.readyStateReason;
    return {
        id: deploymentId,
        url: answer.url ?? '',
        readyState: answer.deletedAt ? 'DELETED' : (answer.readyState ?? answer.state ?? 'UNKNOWN'),
        ...(answer.readySubstate && { readySubstate: answer.readySubstate }),
        target: answer.customEnvironment?.slug ?? answer.target ?? null,
        projectId,
        createdAt: answer.createdAt ?? answer.created ?? 0,
        aliases: answer.alias ?? [],
        ...(answer.aliasAssigned != null && { aliasAssigned: Boolean(answer.aliasAssigned) }),
        ...(aliasError && { aliasError: (0,src_text/* cleanText */.X)(aliasError, 300) }),
        ...(answer.isRollbackCandidate != null && { isRollbackCandidate: answer.isRollbackCandidate }),
        meta: Object.fromEntries(Object.entries(answer.meta ?? {}).map(([name, value]) => [name, String(value)])),
        ...(gitSource && { gitSource }),
        ...(creator && { creator: (0,src_text/* cleanText */.X)(creator, 100) }),
        ...(answer.source && { source: answer.source }),
        ...(answer.seatBlock?.blockCode && { blockCode: answer.seatBlock.blockCode }),
        ...(answer.errorCode && { errorCode: (0,src_text/* cleanText */.X)(answer.errorCode, 100) }),
        ...(errorMessage && { errorMessage: (0,src_text/* cleanText */.X)(errorMessage, 500) }),
    };
}
function toGitSource(git, meta) {
    const repositoryId = git.repoId === undefined ? Number.NaN : Number(git.repoId);
    // `meta` may not acquit (S17), but it may convict: the commit's repository differs from the project's only for forks.
    const differs = (one, other) => one !== undefined && other !== undefined && String(one) !== String(other);
    const fork = git.fork === true ||
        differs(meta.githubCommitOrg, meta.githubOrg) ||
        differs(meta.githubCommitRepoId, meta.githubRepoId);
    return {
        type: git.type,
        ...(Number.isSafeInteger(repositoryId) && { repositoryId }),
        ...(git.org && git.repo && { repository: `${git.org}/${git.repo}` }),
        ...(git.sha && { sha: git.sha }),
        ...(git.ref && { ref: git.ref }),
        ...(git.prId != null && { pullRequest: git.prId }),
        fork,
    };
}
function textOf(error) {
    return typeof error === 'string' ? error : [error.code, error.message].filter(Boolean).join(': ');
}

// EXTERNAL MODULE: ./packages/vercel/src/vercel-api.ts
var vercel_api = __webpack_require__(667);
;// CONCATENATED MODULE: ./packages/vercel/src/list-deployments.ts



const PAGE = 100;
const listAnswer = schemas/* looseObject */._H3({
    deployments: schemas/* array */.YOg(deploymentAnswer),
    pagination: schemas/* looseObject */._H3({ next: schemas/* number */.aig().nullish() }).optional(),
});
/** Deployments of one project, newest first; pages are followed until `limit` are found. Lists carry no git source. */
async function listDeployments(api, projectId, { limit = 20, until, ...filter }) {
    const what = `Listing deployments of project ${projectId}`;
    const found = new Map();
    for (let before = until; found.size < limit;) {
        const query = { projectId, ...filter, limit: Math.min(PAGE, limit), until: before };
        const answer = await api.call({ path: '/v7/deployments', query }, what);
        const { deployments, pagination } = (0,vercel_api/* readAnswer */.J)(answer, listAnswer, what);
        for (const item of deployments) {
            // Asked for one project; an item that does not repeat it is still this project's.
            const deployment = toDeployment({ ...item, projectId: item.projectId ?? projectId });
            if (deployment?.projectId === projectId)
                found.set(deployment.id, deployment);
        }
        const next = pagination?.next;
        if (!next || deployments.length === 0 || (before !== undefined && next >= before))
            break;
        before = next;
    }
    return [...found.values()].sort((a, b) => b.createdAt - a.createdAt || b.id.localeCompare(a.id)).slice(0, limit);
}

// EXTERNAL MODULE: ./packages/http/src/http-error.ts
var http_error = __webpack_require__(971);
;// CONCATENATED MODULE: ./packages/vercel/src/decide-move.ts
/** How long the project may take to show a request that got no answer, before it is sent again. */
const REPEAT_AFTER_MS = 2_000;
/** How long somebody else's later request must be seen, before ours counts as overtaken: ours may only be late to show. */
const OVERTAKEN_AFTER_MS = 2_000;
/** How long aliases may lag behind a 409 "already current". */
const CONFLICT_GRACE_MS = 5_000;
/** Decides the next step; success needs the domains themselves as proof, not only a status (traps 4, 16; oracles: the CLI's gap). */
function decideMove(view) {
    const { sent, now } = view;
    const ours = isOurs(view);
    const onTarget = view.served.length > 0 && view.served.every(({ by }) => by === view.target);
    const late = now >= view.deadlineAt;
    const waited = now - view.sentAt;
    if (onTarget) {
        // Somebody else's move in progress may be about to take the domains away from the target, or ours is still being finished.
        if (isRunning(view.last) && (ours || view.last?.toDeploymentId !== view.target) && !late)
            return { do: 'wait' };
        if (view.heldByRollingRelease)
            return late ? atDeadline(view, ours) : { do: 'wait' };
        return sent === 'not-yet' || (sent === 'conflict' && !ours) ? end(view, 'already-current') : end(view, 'moved');
    }
    if (late)
        return atDeadline(view, ours);
    if (sent === 'not-yet')
        return { do: 'send' };
    if (ours) {
        if (view.last?.jobStatus === 'failed')
            return end(view, 'failed', 'move_failed');
        if (view.last?.jobStatus === 'skipped' && waited >= CONFLICT_GRACE_MS)
            return end(view, 'failed', 'move_skipped');
        return { do: 'wait' };
    }
    if (sent === 'conflict' && (view.blocked || isForeign(view)) && !isRunning(view.last))
        return { do: 'send' };
    if (isForeign(view) && sent !== 'conflict' && waited >= OVERTAKEN_AFTER_MS)
        return end(view, 'failed', 'overtaken');
    if (sent === 'unanswered')
        return { do: waited >= REPEAT_AFTER_MS ? 'send' : 'wait' };
    if (sent === 'conflict' && !isRunning(view.last) && waited >= CONFLICT_GRACE_MS)
        return end(view, 'failed', 'move_conflict');
    return { do: 'wait' };
}
/** True when the project's last request is the one that we sent: same type, same target, not older than ours (trap 16). */
function isOurs({ last, type, target, since, before, sent }) {
    if (!last || sent === 'not-yet' || last.type !== type || last.toDeploymentId !== target)
        return false;
    return last.requestedAt >= since && last.requestedAt !== before?.requestedAt;
}
function isForeign(view) {
    const { last, before } = view;
    return last !== undefined && !isOurs(view) && last.requestedAt !== before?.requestedAt;
}
/** A move of this project's domains that Vercel has not finished yet. */
function isRunning(last) {
    return last?.jobStatus === 'pending' || last?.jobStatus === 'in-progress';
}
function atDeadline(view, ours) {
    if (view.heldByRollingRelease)
        return end(view, 'queued', 'queued_behind_rolling_release');
    if (view.sent === 'accepted' || view.sent === 'queued' || ours)
        return end(view, 'failed', 'domains_not_moved');
    if (view.sent === 'conflict')
        return end(view, 'failed', 'move_conflict');
    return end(view, 'failed', 'move_unanswered');
}
function end(view, outcome, reasonCode) {
    const reason = reasonCode ?? (outcome === 'moved' ? (view.type === 'promote' ? 'promoted' : 'rolled_back') : 'already_current');
    return { do: 'end', outcome, reasonCode: reason, message: messageOf(view, reason) };
}
function messageOf(view, reason) {
    const { target, type } = view;
    const asked = type === 'promote' ? 'promotion' : 'rollback';
    const hosts = view.served.map(({ host }) => host).join(', ') || 'production';
    const where = view.served.map(({ host, by }) => `${host} is served by ${by ?? 'nothing of this project'}`).join('; ');
    switch (reason) {
        case 'already_current':
            return `${hosts} already ${view.served.length > 1 ? 'are' : 'is'} on ${target}; nothing was sent.`;
        case 'promoted':
        case 'rolled_back':
            return `${hosts} moved to ${target}.`;
        case 'move_failed':
            return `Vercel reports that the ${asked} to ${target} failed. ${where}.`;
        case 'move_skipped':
            return `Vercel skipped the ${asked} to ${target}. ${where}.`;
        case 'overtaken':
            return `Another ${view.last?.type} (to ${view.last?.toDeploymentId}) came after our ${asked} to ${target}. ${where}.`;
        case 'move_conflict':
            return `Vercel refused the ${asked} to ${target} as conflicting (409), but it is not current. ${where}.`;
        case 'queued_behind_rolling_release':
            return `The ${asked} to ${target} waits behind a rolling release. ${where}. Complete or abort that rolling release in Vercel.`;
        case 'domains_not_moved':
            return `Vercel took the ${asked} to ${target}, but not every domain moved in time; it may still be carried out. ${where}.`;
        default:
            return `Vercel did not answer the ${asked} to ${target} in time, and the project shows no trace of it; it may still be carried out. ${where}.`;
    }
}

// EXTERNAL MODULE: ./packages/vercel/src/vercel-error.ts
var vercel_error = __webpack_require__(1425);
;// CONCATENATED MODULE: ./packages/vercel/src/mover.ts



/** The reason a move's own signal aborts with when its time is over. */
const DEADLINE = new Error('the deadline of the move has passed');
/** One attempt of the request; what is not answered by then is looked up in the project's state. */
const ANSWER_MS = 10_000;
/** One move under way: looks, decides (decide-move.ts), sends or waits, until it ends. */
class Mover {
    sent = 'not-yet';
    sentAt;
    attempts = 0;
    before;
    last;
    blocked = false;
    currentDeploymentId;
    served = [];
    held = false;
    port;
    move;
    state;
    times;
    constructor(port, move, state, times) {
        this.port = port;
        this.move = move;
        this.state = state;
        this.times = times;
        this.sentAt = times.startedAt;
        this.last = state.lastAliasRequest;
        this.currentDeploymentId = state.currentDeploymentId;
    }
    async run() {
        await this.askDomains();
        for (;;) {
            const view = this.view();
            const next = decideMove(view);
            if (next.do === 'end')
                return this.outcome(next, view);
            if (next.do === 'send') {
                const refused = await this.send();
                if (refused)
                    return refused;
            }
            else {
                await this.sleep(this.move.pollMs ?? 250);
            }
            const broken = await this.look();
            if (broken)
                return broken;
        }
    }
    view() {
        return {
            type: this.move.type,
            target: this.move.target,
            sent: this.sent,
            before: this.before,
            since: this.state.serverTime ?? 0,
            last: this.last,
            blocked: this.blocked,
            served: this.served,
            heldByRollingRelease: this.held,
            now: this.port.clock.now(),
            sentAt: this.sentAt,
            deadlineAt: this.times.deadlineAt,
        };
    }
    async send() {
        const { port, move, times } = this;
        if (this.attempts > 0)
            await move.beforeRepeat?.();
        this.attempts += 1;
        this.before = this.last;
        this.blocked = false;
        this.sentAt = port.clock.now();
        try {
            const status = await port.send(times.signal, Math.max(1, Math.min(move.answerMs ?? ANSWER_MS, times.deadlineAt - this.sentAt)));
            this.sent = status === 409 ? 'conflict' : status === 202 ? 'queued' : 'accepted';
            port.log(`Vercel answered the ${move.type} to ${move.target} with ${status}`);
        }
        catch (error) {
            return await this.sendFailed(error);
        }
        return undefined;
    }
    async sendFailed(error) {
        const { port, move, times } = this;
        if (port.signal?.aborted)
            throw port.signal.reason;
        if (!(error instanceof http_error/* HttpError */.j))
            throw error;
        if (error.kind === 'status' && error.status !== undefined && error.status < 500 && error.status !== 429) {
            return this.refusedByVercel(error);
        }
        port.log(`${error.message}; looking at the project before anything is sent again`);
        const refused = error.status === 429 || error.status === 503 || !error.maybeSent;
        // A refusal does not undo an earlier request that may have arrived.
        if (!refused)
            this.sent = 'unanswered';
        this.sentAt = port.clock.now();
        if (!refused)
            return undefined;
        const wait = error.retryAfterMs ?? 500;
        if (this.sentAt + wait >= times.deadlineAt) {
            const { reasonCode, message } = (0,vercel_error/* toVercelError */.h)(error, `The ${move.type} to ${move.target}`);
            return this.failed(reasonCode, `${message} Its wait of ${Math.ceil(wait / 1000)} s does not fit into the deadline.`);
        }
        await this.sleep(wait);
        return undefined;
    }
    refusedByVercel(error) {
        const { type, target } = this.move;
        const known = (0,vercel_error/* toVercelError */.h)(error, `Vercel refused the ${type} to ${target}`);
        switch (error.status) {
            case 402:
                return this.failed('vercel_plan', `${known.message} On Hobby only the deployment right before the current one can be restored.`);
            case 404:
            case 410:
                return this.failed('target_gone', `${known.message} The deployment was deleted; choose another one.`);
            case 400:
            case 422:
                return this.failed('target_not_eligible', `${known.message} Choose a deployment that production has served before.`);
            default:
                return this.failed(known.reasonCode, known.message);
        }
    }
    /** Reads what the project shows now; a read that fails for a moment keeps the last picture until the deadline. */
    async look() {
        const { port, times } = this;
        try {
            const project = await port.readProject(times.signal);
            this.last = project.lastAliasRequest;
            this.currentDeploymentId = project.currentDeploymentId;
            if (this.sent === 'conflict' && isRunning(this.last))
                this.blocked = true;
            await this.askDomains();
            if (this.sent === 'queued' || this.state.rollingRelease) {
                this.held = (await port.heldByRollingRelease(times.signal)) === this.move.target;
            }
        }
        catch (error) {
            if (port.signal?.aborted)
                throw port.signal.reason;
            if (error === DEADLINE)
                return undefined;
            if (!(error instanceof vercel_error/* VercelError */.q))
                throw error;
            if (!/^vercel_(unreachable|rate_limited|bad_answer)$/.test(error.reasonCode)) {
                return this.failed(error.reasonCode, `The ${this.move.type} to ${this.move.target} could not be followed. ${error.message}`);
            }
        }
        return undefined;
    }
    async askDomains() {
        const { port, state, times } = this;
        this.served =
            state.productionDomains.length === 0
                ? [{ host: `project ${state.name}`, by: this.currentDeploymentId }]
                : await Promise.all(state.productionDomains.map(async (host) => ({ host, by: await port.servedBy(host, times.signal) })));
    }
    async sleep(ms) {
        try {
            await this.port.clock.sleep(ms, this.times.signal);
        }
        catch (error) {
            if (error !== DEADLINE)
                throw error;
        }
    }
    outcome(next, view) {
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
    failed(reasonCode, message) {
        const earlier = this.sent === 'accepted' || this.sent === 'queued' || this.sent === 'unanswered' ? 1 : 0;
        return { outcome: 'failed', reasonCode, message, requestedAt: this.sentAt, requests: earlier };
    }
}

;// CONCATENATED MODULE: ./packages/vercel/src/refuse-move.ts
/** What must hold before anything is sent. A rollback does not need auto-assignment to be readable: it is the way back (trap 24). */
function refuseMove(move, state, deployment) {
    const { target, type } = move;
    const nothing = 'Nothing was sent.';
    if (!deployment) {
        const message = `Deployment ${target} does not exist in project ${state.name} any more. ${nothing} Choose another deployment.`;
        return { reasonCode: 'target_gone', message };
    }
    if (deployment.target !== 'production') {
        // Promoting a preview rebuilds it under a new id (trap 17).
        const message = `Deployment ${target} was built for ${deployment.target ?? 'preview'}, not for production. ${nothing} Deploy it for production first.`;
        return { reasonCode: 'not_a_production_deployment', message };
    }
    if (deployment.readyState !== 'READY') {
        const message = `Deployment ${target} is ${deployment.readyState}, not READY. ${nothing}`;
        return { reasonCode: 'target_not_ready', message };
    }
    if (type === 'promote' && state.autoAssign === undefined) {
        const message = `Vercel does not say whether project ${state.name} assigns production domains by itself (autoAssignCustomDomains is missing), so it could not be restored after a promotion. ${nothing} Use a token that may read the project's settings.`;
        return { reasonCode: 'auto_assign_unknown', message };
    }
    return undefined;
}

;// CONCATENATED MODULE: ./packages/vercel/src/move-production.ts



/**
 * Moves the production domains with at most one accepted request: whatever got no answer is looked up before it is sent
 * again, and only domains that were seen on the target count as success (traps 4, 16). Restores no auto-assignment.
 * Throws the abort reason and what `beforeRepeat` throws; every other ending is an outcome.
 */
async function moveProduction(port, move) {
    const { clock } = port;
    const startedAt = clock.now();
    const deadlineAt = startedAt + (move.deadlineMs ?? 180_000);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(DEADLINE), deadlineAt - startedAt);
    const signal = AbortSignal.any([limit.signal, ...(port.signal ? [port.signal] : [])]);
    try {
        const [state, deployment] = await Promise.all([port.readState(signal), port.deployment(move.target, signal)]);
        const refusal = refuseMove(move, state, deployment);
        if (refusal)
            return { outcome: 'failed', ...refusal, requestedAt: startedAt, requests: 0 };
        return await new Mover(port, move, state, { startedAt, deadlineAt, signal }).run();
    }
    catch (error) {
        if (port.signal?.aborted)
            throw port.signal.reason;
        if (error instanceof vercel_error/* VercelError */.q || error === DEADLINE)
            return readingFailed(error, move, startedAt);
        throw error;
    }
    finally {
        clearTimeout(timer);
    }
}
function readingFailed(error, move, requestedAt) {
    const { reasonCode, message } = error instanceof vercel_error/* VercelError */.q
        ? error
        : { reasonCode: 'vercel_unreachable', message: 'Vercel did not answer in time.' };
    const what = move.type === 'promote' ? 'promotion' : 'rollback';
    return {
        outcome: 'failed',
        reasonCode,
        message: `The ${what} to ${move.target} was not sent. ${message}`,
        requestedAt,
        requests: 0,
    };
}

;// CONCATENATED MODULE: ./packages/vercel/src/project-answer.ts



/** GET /v9/projects/{idOrName} (facts §2): only what we use, strict on that. */
const projectAnswer = schemas/* looseObject */._H3({
    id: schemas/* string */.YjP(),
    name: schemas/* string */.YjP(),
    accountId: schemas/* string */.YjP(),
    autoAssignCustomDomains: schemas/* boolean */.zMY().optional(),
    rootDirectory: schemas/* string */.YjP().nullish(),
    framework: schemas/* string */.YjP().nullish(),
    link: schemas/* looseObject */._H3({
        type: schemas/* string */.YjP(),
        org: schemas/* string */.YjP().optional(),
        repo: schemas/* string */.YjP().optional(),
        repoId: schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* number */.aig()]).optional(),
        productionBranch: schemas/* string */.YjP().optional(),
    })
        .nullish(),
    ssoProtection: schemas/* looseObject */._H3({ deploymentType: schemas/* string */.YjP() }).nullish(),
    passwordProtection: schemas/* looseObject */._H3({ deploymentType: schemas/* string */.YjP().optional() }).nullish(),
    protectionBypass: schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* looseObject */._H3({ scope: schemas/* string */.YjP().optional() })).nullish(),
    lastAliasRequest: schemas/* looseObject */._H3({
        type: schemas/* enum */.k5n(['promote', 'rollback']),
        // A status that Vercel adds one day must not take the way back: the domains themselves are asked anyway.
        jobStatus: schemas/* enum */.k5n(['pending', 'in-progress', 'succeeded', 'failed', 'skipped']).catch('in-progress'),
        fromDeploymentId: schemas/* string */.YjP().nullish(),
        toDeploymentId: schemas/* string */.YjP(),
        requestedAt: schemas/* number */.aig(),
    })
        .nullish()
        .catch(undefined),
    rollbackDescription: schemas/* looseObject */._H3({
        description: schemas/* string */.YjP().optional(),
        username: schemas/* string */.YjP().optional(),
        createdAt: schemas/* number */.aig().optional(),
    })
        .nullish(),
    rollingRelease: schemas/* unknown */.L5J().optional(),
    targets: schemas/* record */.g1P(schemas/* string */.YjP(), deploymentAnswer.nullable()).nullish(),
});
/** GET /v9/projects/{id}/domains; `pagination.next` is the `until` of the next page. */
const domainsAnswer = schemas/* looseObject */._H3({
    domains: schemas/* array */.YOg(schemas/* looseObject */._H3({
        name: schemas/* string */.YjP(),
        verified: schemas/* boolean */.zMY().optional(),
        redirect: schemas/* string */.YjP().nullish(),
        gitBranch: schemas/* string */.YjP().nullish(),
        customEnvironmentId: schemas/* string */.YjP().nullish(),
    })),
    pagination: schemas/* looseObject */._H3({ next: schemas/* number */.aig().nullish() }).optional(),
});
/** Whether a domain follows the production deployment: no redirect, branch or custom environment of its own, and verified. */
function isProductionDomain(domain) {
    return !domain.redirect && !domain.gitBranch && !domain.customEnvironmentId && domain.verified !== false;
}
/** Vercel's project in our words. */
function toProjectState(answer, productionDomains, serverTime) {
    const { link } = answer;
    const repositoryId = Number(link?.repoId ?? Number.NaN);
    const bypasses = Object.values(answer.protectionBypass ?? {});
    const protectedTypes = answer.ssoProtection?.deploymentType ?? answer.passwordProtection?.deploymentType;
    const lastAliasRequest = toLastAliasRequest(answer);
    const current = answer.targets?.production;
    const currentDeploymentId = current?.id ?? current?.uid;
    const pinnedRollback = pinOf(answer, lastAliasRequest, currentDeploymentId);
    return {
        id: answer.id,
        name: answer.name,
        accountId: answer.accountId,
        productionDomains,
        autoAssign: answer.autoAssignCustomDomains,
        ...(link && {
            gitLink: {
                type: link.type,
                repository: [link.org, link.repo].filter(Boolean).join('/'),
                ...(Number.isSafeInteger(repositoryId) && { repositoryId }),
                productionBranch: link.productionBranch ?? 'main',
            },
        }),
        ...(protectedTypes && {
            protection: {
                deploymentType: protectedTypes,
                bypassConfigured: bypasses.some((bypass) => bypass.scope === undefined || bypass.scope === 'automation-bypass'),
            },
        }),
        ...(currentDeploymentId && { currentDeploymentId }),
        ...(lastAliasRequest && { lastAliasRequest }),
        ...(pinnedRollback && { pinnedRollback }),
        ...(answer.rootDirectory && { rootDirectory: answer.rootDirectory }),
        ...(answer.framework && { framework: answer.framework }),
        rollingRelease: answer.rollingRelease != null,
        ...(current?.plan && { plan: current.plan }),
        ...(serverTime !== undefined && { serverTime }),
    };
}
function toLastAliasRequest(answer) {
    const last = answer.lastAliasRequest;
    if (!last)
        return undefined;
    const { type, jobStatus, toDeploymentId, requestedAt, fromDeploymentId } = last;
    return { type, jobStatus, toDeploymentId, requestedAt, ...(fromDeploymentId && { fromDeploymentId }) };
}
/** A rollback turns auto-assignment off until the next promotion (trap 2); a promotion that came later has lifted the pin. */
function pinOf(answer, last, currentDeploymentId) {
    if (answer.autoAssignCustomDomains === true || last?.type === 'promote')
        return undefined;
    const described = answer.rollbackDescription;
    const deploymentId = last?.jobStatus === 'succeeded' ? last.toDeploymentId : described ? currentDeploymentId : undefined;
    if (!deploymentId)
        return undefined;
    const at = last?.requestedAt ?? described?.createdAt;
    return {
        deploymentId,
        ...(described?.description && { description: (0,src_text/* cleanText */.X)(described.description, 200) }),
        ...(described?.username && { by: (0,src_text/* cleanText */.X)(described.username, 100) }),
        ...(at !== undefined && { at }),
    };
}

;// CONCATENATED MODULE: ./packages/vercel/src/project.ts










/**
 * Opens a project with one read that proves token, team and project.
 * Throws VercelError: vercel_token_rejected, wrong_team, project_not_found, wrong_project, vercel_unreachable, vercel_rate_limited …
 */
async function openVercelProject(connection) {
    const opened = await readProject((0,vercel_api/* createVercelApi */.S)(connection), connection.project, connection);
    const { id, name, accountId } = opened.answer;
    if (connection.project.startsWith('prj_') && id !== connection.project) {
        throw new vercel_error/* VercelError */.q('wrong_project', `Vercel answered with project ${id} when asked for ${connection.project} (trap 23).`);
    }
    const teamId = accountId.startsWith('team_') ? accountId : undefined;
    const { team } = connection;
    if (team?.startsWith('team_') && team !== accountId) {
        throw new vercel_error/* VercelError */.q('wrong_team', `Project ${name} belongs to ${teamId ?? 'a personal account'}, not to ${team}. Correct vercel-team.`);
    }
    return new OpenProject(connection, (0,vercel_api/* createVercelApi */.S)(connection, teamId), { id, name, accountId, teamId });
}
async function readProject(api, project, connection, signal) {
    const what = `Reading Vercel project ${project}`;
    try {
        const path = `/v9/projects/${encodeURIComponent(project)}`;
        const answer = await api.call({ path, signal }, what);
        const at = Date.parse(answer.headers.get('date') ?? '');
        return { answer: (0,vercel_api/* readAnswer */.J)(answer, projectAnswer, what), serverTime: Number.isNaN(at) ? undefined : at };
    }
    catch (error) {
        if (!(error instanceof vercel_error/* VercelError */.q) || error.status !== 404)
            throw error;
        const where = connection.team
            ? `in team ${connection.team}`
            : 'in the personal account of this token (no vercel-team is given)';
        throw new vercel_error/* VercelError */.q('project_not_found', `There is no Vercel project ${project} ${where} that this token can see. Check vercel-project and vercel-team, and the scope of the token.`, { status: 404, cause: error });
    }
}
const aliasAnswer = schemas/* looseObject */._H3({ deploymentId: schemas/* string */.YjP().nullish(), projectId: schemas/* string */.YjP().nullish() });
const rollingReleaseAnswer = schemas/* looseObject */._H3({
    rollingRelease: schemas/* looseObject */._H3({
        state: schemas/* string */.YjP().optional(),
        queuedDeploymentId: schemas/* string */.YjP().nullish(),
        canaryDeployment: schemas/* looseObject */._H3({ id: schemas/* string */.YjP().optional() }).nullish(),
    })
        .nullish(),
});
const namesAnswer = schemas/* looseObject */._H3({
    envs: schemas/* array */.YOg(schemas/* looseObject */._H3({ key: schemas/* string */.YjP(), target: schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* array */.YOg(schemas/* string */.YjP())]).nullish() })),
});
class OpenProject {
    id;
    name;
    accountId;
    teamId;
    connection;
    api;
    constructor(connection, api, names) {
        this.connection = connection;
        this.api = api;
        this.id = names.id;
        this.name = names.name;
        this.accountId = names.accountId;
        if (names.teamId)
            this.teamId = names.teamId;
    }
    async readState(signal) {
        const [{ answer, serverTime }, domains] = await Promise.all([
            readProject(this.api, this.id, this.connection, signal),
            this.productionDomains(signal),
        ]);
        return toProjectState(answer, domains, serverTime);
    }
    async productionDomains(signal) {
        const hosts = [];
        const what = `Reading the domains of project ${this.name}`;
        for (let until, page = 0; page < 20; page += 1) {
            const query = { production: 'true', limit: 100, until };
            const answer = await this.api.call({ path: `/v9/projects/${this.id}/domains`, query, signal }, what);
            const { domains, pagination } = (0,vercel_api/* readAnswer */.J)(answer, domainsAnswer, what);
            hosts.push(...domains.filter(isProductionDomain).map(({ name }) => name));
            if (!pagination?.next || domains.length === 0)
                break;
            until = pagination.next;
        }
        return hosts;
    }
    async deployment(idOrUrl, signal) {
        const idOrHost = idOrUrl.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
        const what = `Reading deployment ${(0,src_text/* cleanText */.X)(idOrHost, 100)}`;
        const path = `/v13/deployments/${encodeURIComponent(idOrHost)}`;
        const answer = await this.api.call({ path, accept: [404], signal }, what);
        if (answer.status === 404)
            return undefined;
        const deployment = toDeployment((0,vercel_api/* readAnswer */.J)(answer, deploymentAnswer, what));
        if (deployment?.projectId !== this.id) {
            throw new vercel_error/* VercelError */.q('wrong_project', `${what}: it belongs to ${deployment ? `project ${deployment.projectId}` : 'a project that this token cannot see'}, not to ${this.name} (${this.id}). Name a deployment of this project.`);
        }
        return deployment.readyState === 'DELETED' ? undefined : deployment;
    }
    deployments(filter) {
        return listDeployments(this.api, this.id, filter);
    }
    async servedBy(host, signal) {
        const what = `Asking what serves ${host}`;
        const path = `/v4/aliases/${encodeURIComponent(host)}`;
        const answer = await this.api.call({ path, accept: [404], signal }, what);
        if (answer.status === 404)
            return undefined;
        const { deploymentId, projectId } = (0,vercel_api/* readAnswer */.J)(answer, aliasAnswer, what);
        return projectId && projectId !== this.id ? undefined : (deploymentId ?? undefined);
    }
    promote(deploymentId, options) {
        const path = `/v10/projects/${this.id}/promote/${encodeURIComponent(deploymentId)}`;
        return this.move({ ...options, type: 'promote', target: deploymentId }, path, {});
    }
    rollBack(deploymentId, options) {
        const path = `/v1/projects/${this.id}/rollback/${encodeURIComponent(deploymentId)}`;
        const { description, ...rest } = options;
        const query = description ? { description: (0,src_text/* cleanText */.X)(description, 200) } : {};
        return this.move({ ...rest, type: 'rollback', target: deploymentId }, path, query);
    }
    async move(move, path, query) {
        const clock = this.connection.clock ?? src_clock/* systemClock */.m;
        const { as = 'production' } = this.connection;
        if (as !== 'production') {
            // Promoting from a staging environment would rebuild a preview into production (design §5, trap 17).
            const message = `This environment is ${as === 'alias' ? 'an alias' : 'a custom environment'} of project ${this.name}: only production may ${move.type === 'promote' ? 'be promoted' : 'be rolled back'}. Nothing was sent.`;
            return { outcome: 'failed', reasonCode: 'not_production', message, requestedAt: clock.now(), requests: 0 };
        }
        return moveProduction({
            clock,
            signal: this.connection.signal,
            log: this.connection.log ?? (() => { }),
            readState: (signal) => this.readState(signal),
            readProject: async (signal) => {
                const { answer } = await readProject(this.api, this.id, this.connection, signal);
                return toProjectState(answer, []);
            },
            servedBy: (host, signal) => this.servedBy(host, signal),
            deployment: (id, signal) => this.deployment(id, signal),
            heldByRollingRelease: (signal) => this.heldByRollingRelease(signal),
            send: async (signal, deadlineMs) => {
                const answer = await this.api.http.request({
                    method: 'POST',
                    path,
                    query,
                    signal,
                    deadlineMs,
                    attempts: 1,
                    accept: [409],
                });
                return answer.status;
            },
        }, move);
    }
    async heldByRollingRelease(signal) {
        const what = `Reading the rolling release of project ${this.name}`;
        const path = `/v1/projects/${this.id}/rolling-release`;
        const answer = await this.api.call({ path, signal, accept: [404] }, what);
        if (answer.status === 404)
            return undefined;
        const { rollingRelease } = (0,vercel_api/* readAnswer */.J)(answer, rollingReleaseAnswer, what);
        if (rollingRelease?.queuedDeploymentId)
            return rollingRelease.queuedDeploymentId;
        return rollingRelease?.state === 'ACTIVE' ? rollingRelease.canaryDeployment?.id : undefined;
    }
    async assignAlias(deploymentId, host) {
        const what = `Assigning ${host} to ${deploymentId}`;
        // Whatever a configuration says: an alias never moves what production is served on (design §5).
        if ((await this.productionDomains()).includes(host)) {
            throw new vercel_error/* VercelError */.q('production_domain', `${what}: ${host} is a production domain of project ${this.name}, which only a promotion moves. Nothing was sent. Give this environment an address of its own.`);
        }
        const path = `/v2/deployments/${encodeURIComponent(deploymentId)}/aliases`;
        // Repeating is harmless: the alias ends on the same deployment. A 409 may mean that it is there already.
        const json = { alias: host };
        const answer = await this.api.call({ method: 'POST', path, json, repeat: 'always', accept: [403, 409] }, what);
        if (answer.status === 403) {
            throw new vercel_error/* VercelError */.q('alias_forbidden', `${what}: Vercel says that this project or token may not use ${host}. Add the domain to project ${this.name} in Vercel, and check the scope of the token.`, { status: 403 });
        }
        if (answer.status === 409 && (await this.servedBy(host)) !== deploymentId) {
            throw new vercel_error/* VercelError */.q('alias_conflict', `${what}: Vercel refused it (409). Does the domain belong to another project?`, { status: 409 });
        }
    }
    async setAutoAssign(value) {
        const what = `Switching auto-assignment of production domains ${value ? 'on' : 'off'}`;
        const path = `/v9/projects/${this.id}`;
        const json = { autoAssignCustomDomains: value };
        const answer = await this.api.call({ method: 'PATCH', path, json, repeat: 'always' }, what);
        if ((0,vercel_api/* readAnswer */.J)(answer, projectAnswer, what).autoAssignCustomDomains !== value) {
            throw new vercel_error/* VercelError */.q('auto_assign_not_set', `${what}: Vercel took the change but does not show it.`);
        }
    }
    async cancel(deploymentId) {
        const path = `/v12/deployments/${encodeURIComponent(deploymentId)}/cancel`;
        await this.api.call({ method: 'PATCH', path, repeat: 'always' }, `Cancelling deployment ${deploymentId}`);
    }
    async environmentNames(target) {
        const what = `Reading the names of environment variables of project ${this.name}`;
        const answer = await this.api.call({ path: `/v10/projects/${this.id}/env` }, what);
        const { envs } = (0,vercel_api/* readAnswer */.J)(answer, namesAnswer, what);
        return envs.filter((env) => [env.target ?? []].flat().includes(target)).map(({ key }) => key);
    }
    async queryObservability(body) {
        const what = `Reading the request counts of project ${this.name}`;
        // A query changes nothing, so it may be repeated like a read.
        const path = '/v2/observability/query';
        return (0,vercel_api/* readAnswer */.J)(await this.api.call({ method: 'POST', path, json: body, repeat: 'always' }, what), schemas/* unknown */.L5J(), what);
    }
    buildLog(deploymentId, lines = 20) {
        return readBuildLog(this.api, deploymentId, lines);
    }
}


/***/ }),

/***/ 667:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   J: () => (/* binding */ readAnswer),
/* harmony export */   S: () => (/* binding */ createVercelApi)
/* harmony export */ });
/* harmony import */ var _http_client__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9147);
/* harmony import */ var _vercel_error_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1425);


/** An API client for one connection; `teamId` replaces the team's slug once the project has told it. */
function createVercelApi(connection, teamId) {
    const team = teamOf(teamId ?? connection.team);
    const client = (0,_http_client__WEBPACK_IMPORTED_MODULE_0__/* .createHttpClient */ .u)({
        baseUrl: connection.apiUrl,
        headers: { authorization: `Bearer ${connection.token}` },
        signal: connection.signal,
        log: connection.log,
        clock: connection.clock,
    });
    const withTeam = (request) => ({ ...request, query: { ...team, ...request.query } });
    const http = {
        request: (request) => client.request(withTeam(request)),
        stream: (request) => client.stream(withTeam(request)),
    };
    return {
        team,
        http,
        async call(request, what) {
            try {
                return await http.request(request);
            }
            catch (error) {
                throw (0,_vercel_error_js__WEBPACK_IMPORTED_MODULE_1__/* .toVercelError */ .h)(error, what);
            }
        },
    };
}
function teamOf(team) {
    if (!team)
        return {};
    return team.startsWith('team_') ? { teamId: team } : { slug: team };
}
/** The answer as the fields that we use; extra fields are fine, a missing or mistyped one is a VercelError that names it. */
function readAnswer(answer, schema, what) {
    let json;
    try {
        json = answer.json();
    }
    catch (error) {
        throw (0,_vercel_error_js__WEBPACK_IMPORTED_MODULE_1__/* .toVercelError */ .h)(error, what);
    }
    const parsed = schema.safeParse(json);
    if (parsed.success)
        return parsed.data;
    const problems = parsed.error.issues
        .slice(0, 3)
        .map((issue) => `${issue.path.join('.') || 'answer'}: ${issue.message}`);
    throw new _vercel_error_js__WEBPACK_IMPORTED_MODULE_1__/* .VercelError */ .q('vercel_bad_answer', `${what}: Vercel's answer is not what its documentation says (${problems.join('; ')}).`);
}


/***/ }),

/***/ 1425:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   h: () => (/* binding */ toVercelError),
/* harmony export */   q: () => (/* binding */ VercelError)
/* harmony export */ });
/* harmony import */ var _http_http_error__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(971);
/* harmony import */ var _http_text__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(507);


/** What Vercel refused or could not do; `reasonCode` is stable, `message` says what is wrong and what to do. */
class VercelError extends Error {
    name = 'VercelError';
    reasonCode;
    status;
    /** Vercel's own error code, e.g. `forbidden`. */
    code;
    retryAfterMs;
    constructor(reasonCode, message, more = {}) {
        super(message, more.cause === undefined ? {} : { cause: more.cause });
        this.reasonCode = reasonCode;
        if (more.status !== undefined)
            this.status = more.status;
        if (more.code !== undefined)
            this.code = more.code;
        if (more.retryAfterMs !== undefined)
            this.retryAfterMs = more.retryAfterMs;
    }
}
/** The same failure in our words; anything that is not an HttpError (an abort reason, our bug) is returned as it is. */
function toVercelError(error, what) {
    if (!(error instanceof _http_http_error__WEBPACK_IMPORTED_MODULE_0__/* .HttpError */ .j))
        return error;
    if (error.kind === 'aborted')
        return error.cause ?? error;
    const { status, retryAfterMs } = error;
    const { code, message, invalidToken } = readErrorBody(error.body);
    const said = message ? ` Vercel says: "${message}".` : '';
    const { reasonCode, text } = describe(error, status, code, `${code ?? ''} ${message ?? ''}`, invalidToken);
    return new VercelError(reasonCode, `${what}: ${text}${said}`, { status, code, retryAfterMs, cause: error });
}
/** Vercel's error shape is `{error: {code, message}}` (facts §2); anything else gives nothing. */
function readErrorBody(body) {
    try {
        const { error } = JSON.parse(body ?? '');
        return {
            ...(typeof error?.code === 'string' && { code: (0,_http_text__WEBPACK_IMPORTED_MODULE_1__/* .cleanText */ .X)(error.code, 80) }),
            ...(typeof error?.message === 'string' && { message: (0,_http_text__WEBPACK_IMPORTED_MODULE_1__/* .cleanText */ .X)(error.message, 300) }),
            invalidToken: error?.invalidToken === true,
        };
    }
    catch {
        return { invalidToken: false };
    }
}
const NEW_TOKEN = 'Create a token at https://vercel.com/account/tokens and store it as the secret VERCEL_TOKEN.';
function describe(error, status, code, said, invalidToken) {
    // Such an answer has a status, too: 200 is no refusal.
    if (error.kind === 'invalid-json' || error.kind === 'too-large') {
        return { reasonCode: 'vercel_bad_answer', text: `${error.message}. Is the address of the Vercel API right?` };
    }
    switch (status) {
        case undefined:
            return {
                reasonCode: 'vercel_unreachable',
                text: `Vercel does not answer (${error.message}). See https://www.vercel-status.com.`,
            };
        case 401:
            return {
                reasonCode: 'vercel_token_rejected',
                text: `the Vercel token is not valid or has expired. ${NEW_TOKEN}`,
            };
        case 402:
            return { reasonCode: 'vercel_plan', text: "the team's Vercel plan does not include this." };
        case 403:
            if (invalidToken || /token.*(expired|invalid)|(expired|invalid).*token/i.test(said)) {
                return {
                    reasonCode: 'vercel_token_rejected',
                    text: `the Vercel token is not valid or has expired. ${NEW_TOKEN}`,
                };
            }
            if (/scope|team/i.test(said)) {
                return {
                    reasonCode: 'wrong_team',
                    text: 'the token has no access to this team. Give the token the right scope, or correct vercel-team.',
                };
            }
            return {
                reasonCode: 'vercel_token_rejected',
                text: 'the Vercel token is valid but may not do this. Use a token of a member whose role allows deployments, with the scope of this team.',
            };
        case 404:
            return { reasonCode: 'vercel_not_found', text: 'Vercel does not know it.' };
        case 429:
            return {
                reasonCode: 'vercel_rate_limited',
                text: `Vercel's rate limit is reached${code ? ` (${code})` : ''}. Wait, then run again.`,
            };
        default:
            if (status >= 500) {
                return {
                    reasonCode: 'vercel_unreachable',
                    text: `Vercel answered ${status}. See https://www.vercel-status.com.`,
                };
            }
            return { reasonCode: 'vercel_refused', text: `Vercel refused it with ${status}${code ? ` (${code})` : ''}.` };
    }
}


/***/ })

};
