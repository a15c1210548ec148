export const id = 786;
export const ids = [786];
export const modules = {

/***/ 4786:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   readReference: () => (/* binding */ readReference)
/* harmony export */ });
/* harmony import */ var _http_client__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9147);

/**
 * Reads `owner/repository/path@<40-hex>`, as `extends:` names it, through GitHub's API.
 * @throws Error that says what to do where the file is not there or the token may not see it; HttpError.
 */
async function readReference({ apiUrl, token, signal }, reference) {
    const [, repository = '', path = '', ref = ''] = /^([^/]+\/[^/]+)\/(.+)@([0-9a-f]{40})$/.exec(reference) ?? [];
    const client = (0,_http_client__WEBPACK_IMPORTED_MODULE_0__/* .createHttpClient */ .u)({
        baseUrl: apiUrl,
        headers: {
            accept: 'application/vnd.github.raw+json',
            'user-agent': 'ops-actions',
            ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        ...(signal === undefined ? {} : { signal }),
    });
    const place = path.split('/').map(encodeURIComponent).join('/');
    const answer = await client.request({
        path: `/repos/${repository}/contents/${place}`,
        query: { ref },
        accept: [404],
    });
    if (answer.status === 404) {
        const who = token ? 'the token of this job may not read it' : 'it is private and no github-token is given';
        throw new Error(`it is not there, or ${who}`);
    }
    return { file: reference, text: answer.text };
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
