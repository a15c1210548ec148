export const id = 519;
export const ids = [519];
export const modules = {

/***/ 3519:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  createGitHub: () => (/* binding */ createGitHub)
});

// UNUSED EXPORTS: GitHubError

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 14 modules
var schemas = __webpack_require__(4528);
// EXTERNAL MODULE: ./packages/http/src/client.ts + 3 modules
var src_client = __webpack_require__(9147);
// EXTERNAL MODULE: ./packages/http/src/http-error.ts
var http_error = __webpack_require__(971);
;// CONCATENATED MODULE: ./packages/github/src/answers.ts

/** What we use of GitHub's answers (REST, 2022-11-28); unknown fields are ignored, missing ones are an error by name. */
const time = schemas/* string */.YjP().transform((text) => Date.parse(text));
const deploymentAnswer = schemas/* object */.Ikc({
    id: schemas/* number */.aig(),
    ref: schemas/* string */.YjP(),
    sha: schemas/* string */.YjP(),
    task: schemas/* string */.YjP(),
    environment: schemas/* string */.YjP(),
    /** An object, or a string where the creator sent one. */
    payload: schemas/* unknown */.L5J(),
    description: schemas/* string */.YjP().nullish(),
    created_at: time,
    creator: schemas/* object */.Ikc({ login: schemas/* string */.YjP() }).nullish(),
})
    .transform(({ created_at, creator, description, ...rest }) => ({
    ...rest,
    payload: rest.payload,
    description: description ?? '',
    createdAt: created_at,
    ...(creator == null ? {} : { creator: creator.login }),
}));
const statusAnswer = schemas/* object */.Ikc({ id: schemas/* number */.aig(), state: schemas/* string */.YjP(), description: schemas/* string */.YjP().nullish(), created_at: time })
    .transform(({ id, state, description, created_at }) => ({
    id,
    state,
    description: description ?? '',
    createdAt: created_at,
}));
const commitAnswerShape = schemas/* object */.Ikc({
    sha: schemas/* string */.YjP(),
    commit: schemas/* object */.Ikc({
        message: schemas/* string */.YjP(),
        tree: schemas/* object */.Ikc({ sha: schemas/* string */.YjP() }).optional(),
        author: schemas/* object */.Ikc({ name: schemas/* string */.YjP() }).nullish(),
    }),
    author: schemas/* object */.Ikc({ login: schemas/* string */.YjP() }).nullish(),
});
const commitAnswer = commitAnswerShape.transform((answer) => ({
    sha: answer.sha,
    treeSha: answer.commit.tree?.sha ?? '',
    message: answer.commit.message,
    author: answer.author?.login ?? answer.commit.author?.name ?? '',
}));
const compareAnswer = schemas/* object */.Ikc({
    status: schemas/* enum */.k5n(['ahead', 'behind', 'identical', 'diverged']),
    ahead_by: schemas/* number */.aig(),
    behind_by: schemas/* number */.aig(),
    commits: schemas/* array */.YOg(commitAnswerShape).default([]),
})
    .transform(({ status, ahead_by, behind_by, commits }) => ({
    status,
    aheadBy: ahead_by,
    behindBy: behind_by,
    commits: commits.map((one) => commitAnswer.parse(one)),
}));
const issueAnswer = schemas/* object */.Ikc({
    number: schemas/* number */.aig(),
    title: schemas/* string */.YjP(),
    state: schemas/* string */.YjP(),
    body: schemas/* string */.YjP().nullish(),
    html_url: schemas/* string */.YjP(),
    pull_request: schemas/* unknown */.L5J().optional(),
})
    .transform(({ number, title, state, body, html_url, pull_request }) => ({
    number,
    title,
    state,
    body: body ?? '',
    url: html_url,
    isPullRequest: pull_request !== undefined,
}));

;// CONCATENATED MODULE: ./packages/github/src/github-error.ts
/** GitHub did not do what was asked; the message says what to do, e.g. which permission is missing. */
class GitHubError extends Error {
    name = 'GitHubError';
    reasonCode;
    status;
    /** False only when the request provably never reached GitHub. */
    maybeSent;
    constructor(reasonCode, message, cause) {
        super(message, cause === undefined ? {} : { cause });
        this.reasonCode = reasonCode;
        this.maybeSent = cause?.maybeSent ?? false;
        if (cause?.status !== undefined)
            this.status = cause.status;
    }
}
/** Names the outcome of a failed request. `permission` is the one that the job needs for it. Pure. */
function toGitHubError(error, what, permission) {
    const said = messageOf(error.body);
    const because = said === undefined ? '' : ` (GitHub says: ${said})`;
    const grant = `give the job \`permissions: { ${permission} }\``;
    if (error.kind !== 'status') {
        return new GitHubError('github_unreachable', `GitHub could not ${what}: ${error.message}`, error);
    }
    switch (error.status) {
        case 401:
            return new GitHubError('github_unauthorized', `GitHub refused the token while it should ${what}: it is expired, revoked or not one of this server${because}`, error);
        case 403:
        case 429:
            // A rate limit shows as 403 or 429 (github-actions.md §14).
            if (error.status === 429 ||
                error.headers?.get('x-ratelimit-remaining') === '0' ||
                error.retryAfterMs !== undefined) {
                return new GitHubError('github_rate_limited', `GitHub's rate limit stopped the attempt to ${what}${because}`, error);
            }
            return new GitHubError('github_forbidden', `the token may not ${what}${because}: ${grant}`, error);
        case 404:
            // GitHub answers 404 for what a token may not see.
            return new GitHubError('github_not_found', `GitHub found nothing to ${what}${because}: check the repository's name, or ${grant}`, error);
        default:
            return new GitHubError('github_refused', `GitHub refused to ${what}: HTTP ${error.status}${because}`, error);
    }
}
function messageOf(body) {
    if (body === undefined)
        return undefined;
    try {
        const { message } = JSON.parse(body);
        return typeof message === 'string' && message !== '' ? message : undefined;
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./packages/github/src/client.ts






/** Statuses of one entry beyond this many pages of 100 are not ours. */
const statusPages = 5;
function createGitHub(connection) {
    const { token, repository, apiUrl, ...options } = connection;
    const client = (0,src_client/* createHttpClient */.u)({
        ...options,
        baseUrl: apiUrl,
        headers: {
            authorization: `Bearer ${token}`,
            accept: 'application/vnd.github+json',
            'x-github-api-version': '2022-11-28',
            'user-agent': 'ops-actions',
        },
    });
    const base = `/repos/${repository}`;
    let clockAhead = 0;
    async function call(what, permission, schema, request) {
        // A way back without a token must not wait for a GitHub that would refuse it anyway.
        if (token === '')
            throw new GitHubError('github_unauthorized', `GitHub could not ${what}: no token is given`);
        try {
            const answer = await client.request({ ...request, path: base + request.path });
            const date = Date.parse(answer.headers.get('date') ?? '');
            if (!Number.isNaN(date))
                clockAhead = date - Date.now();
            const parsed = schema.safeParse(answer.json());
            if (parsed.success)
                return parsed.data;
            const [issue] = parsed.error.issues;
            const place = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
            // A proxy or a login page between us and GitHub, or a GitHub that speaks differently: nothing is known.
            throw new http_error/* HttpError */.j({
                kind: 'invalid-json',
                method: request.method ?? 'GET',
                url: new URL(apiUrl + base + request.path),
                detail: `answered ${answer.status} with something that is not understood${place}: ${issue?.message}`,
                maybeSent: true,
                status: answer.status,
            });
        }
        catch (error) {
            if (error instanceof http_error/* HttpError */.j && error.kind !== 'aborted')
                throw toGitHubError(error, what, permission);
            throw error;
        }
    }
    return {
        repository,
        serverTime: () => Date.now() + clockAhead,
        createDeployment: ({ ref, task, environment, payload, description, production, transient }) => call('create a deployment record', 'deployments: write', deploymentAnswer, {
            method: 'POST',
            path: '/deployments',
            json: {
                ref,
                task,
                environment,
                payload,
                description,
                // Its default true can merge branches and then answers 202 without a deployment (trap 42).
                auto_merge: false,
                required_contexts: [],
                production_environment: production,
                transient_environment: transient ?? false,
            },
        }),
        listDeployments: ({ perPage, ...filter }) => call('list deployment records', 'deployments: write', deploymentAnswer.array(), {
            path: '/deployments',
            query: { ...filter, per_page: perPage ?? 30 },
        }),
        createStatus: (id, { state, description, environmentUrl, logUrl, autoInactive }) => call('append to the deployment record', 'deployments: write', statusAnswer, {
            method: 'POST',
            path: `/deployments/${id}/statuses`,
            json: {
                state,
                description,
                auto_inactive: autoInactive,
                ...(environmentUrl === undefined ? {} : { environment_url: environmentUrl }),
                ...(logUrl === undefined ? {} : { log_url: logUrl }),
            },
        }),
        async listStatuses(id) {
            const all = [];
            for (let page = 1; page <= statusPages; page++) {
                const found = await call('read the deployment record', 'deployments: write', statusAnswer.array(), {
                    path: `/deployments/${id}/statuses`,
                    query: { per_page: 100, page },
                });
                all.push(...found);
                if (found.length < 100)
                    break;
            }
            return all.sort((a, b) => a.id - b.id);
        },
        compare: (from, to) => call(`compare ${from} with ${to}`, 'contents: read', compareAnswer, {
            path: `/compare/${encodeURIComponent(from)}...${encodeURIComponent(to)}`,
            query: { per_page: 100 },
        }),
        commit: (ref) => call(`read commit ${ref}`, 'contents: read', commitAnswer, { path: `/commits/${encodeURIComponent(ref)}` }),
        async listIssues({ labels, state }) {
            const issues = await call('list issues', 'issues: write', issueAnswer.array(), {
                path: '/issues',
                query: { state: state ?? 'open', labels: labels?.join(','), per_page: 100 },
            });
            return issues.filter((issue) => !issue.isPullRequest);
        },
        createIssue: (issue) => call('open an issue', 'issues: write', issueAnswer, { method: 'POST', path: '/issues', json: issue }),
        updateIssue: (number, change) => call(`update issue #${number}`, 'issues: write', issueAnswer, {
            method: 'PATCH',
            path: `/issues/${number}`,
            json: change,
        }),
        async comment(number, body) {
            await call(`comment on issue #${number}`, 'issues: write', schemas/* unknown */.L5J(), {
                method: 'POST',
                path: `/issues/${number}/comments`,
                json: { body },
            });
        },
    };
}


/***/ }),

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


/***/ })

};
