export const id = 380;
export const ids = [380];
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

/***/ 3380:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   httpJson: () => (/* binding */ httpJson)
/* harmony export */ });
/* harmony import */ var _http_client__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9147);
/* harmony import */ var _http_http_error__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(971);
/* harmony import */ var _probe_json_path__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6048);
/* harmony import */ var _source_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1095);




/** Any JSON over HTTP with a count of requests and one of errors. */
function httpJson(given) {
    const ranged = given.url.includes('{from}');
    const client = (0,_http_client__WEBPACK_IMPORTED_MODULE_0__/* .createHttpClient */ .u)({
        baseUrl: new URL(fill(given.url, 0, 0)).origin,
        headers: given.token ? { authorization: `Bearer ${given.token}` } : {},
        deadlineMs: 5_000,
        attempts: 3,
        signal: given.signal,
        clock: given.clock,
    });
    const counters = new CounterReadings();
    const settled = new SettledIntervals();
    return {
        name: 'http-json',
        granularityMs: ranged ? 1000 : 0,
        denominator: 'requests',
        readAfterMs: [0],
        looksBack: ranged,
        async open() {
            if (!ranged)
                counters.add(given.clock.now(), await readCounts(client, given, given.url));
        },
        async read(from, until, intervalMs) {
            if (!ranged) {
                counters.add(given.clock.now(), await readCounts(client, given, given.url));
                return counters.buckets(from, until, intervalMs);
            }
            return await settled.read((0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .intervalsOf */ .Gs)(from, until, intervalMs), (start, end) => readCounts(client, given, fill(given.url, start / 1000, end / 1000)));
        },
        async close() { },
    };
}
function fill(url, from, until) {
    return url.replaceAll('{from}', String(Math.floor(from))).replaceAll('{until}', String(Math.floor(until)));
}
async function readCounts(client, given, url) {
    let body;
    try {
        body = (await client.request({ path: url })).json();
    }
    catch (error) {
        if (!(error instanceof _http_http_error__WEBPACK_IMPORTED_MODULE_2__/* .HttpError */ .j) || error.kind === 'aborted')
            throw error;
        throw new _source_js__WEBPACK_IMPORTED_MODULE_1__/* .SourceError */ .c8(reasonOf(error), `${error.message}. Check source-url and source-token.`, error);
    }
    const [requests, errors] = [(0,_probe_json_path__WEBPACK_IMPORTED_MODULE_3__/* .readJsonPath */ .A)(body, given.requests), (0,_probe_json_path__WEBPACK_IMPORTED_MODULE_3__/* .readJsonPath */ .A)(body, given.errors)];
    if (requests === undefined || requests === null || errors === undefined || errors === null) {
        return { noData: 'no_rows', message: `the answer has no number at ${given.requests} or ${given.errors}` };
    }
    if (!isCount(requests) || !isCount(errors) || errors > requests) {
        const message = `${given.requests} and ${given.errors} must be numbers with errors not above requests`;
        throw new _source_js__WEBPACK_IMPORTED_MODULE_1__/* .SourceError */ .c8('source_bad_answer', message);
    }
    return { requests, errors };
}
function isCount(value) {
    return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
function reasonOf(error) {
    if (error.kind === 'status') {
        if (error.status === 401 || error.status === 403)
            return 'source_unauthorized';
        return error.status === 429 ? 'source_rate_limited' : 'source_unavailable';
    }
    return error.kind === 'invalid-json'
        ? 'source_bad_answer'
        : error.kind === 'timeout'
            ? 'source_timeout'
            : 'source_unavailable';
}
/** Readings of counters that only grow; the difference of two readings belongs to the interval in which the later one was taken. */
class CounterReadings {
    readings = [];
    add(at, counts) {
        this.readings.push({ at, counts });
    }
    buckets(from, until, intervalMs) {
        const last = this.readings.at(-1)?.counts;
        if (last && 'noData' in last)
            return last;
        return (0,_source_js__WEBPACK_IMPORTED_MODULE_1__/* .intervalsOf */ .Gs)(from, until, intervalMs).flatMap(({ start, end }) => {
            const before = this.readings.findLast((reading) => reading.at < start + intervalMs / 2);
            const after = this.readings.findLast((reading) => reading.at >= end && reading.at < end + intervalMs / 2);
            if (!before || !after || 'noData' in before.counts || 'noData' in after.counts)
                return [];
            const requests = after.counts.requests - before.counts.requests;
            const errors = after.counts.errors - before.counts.errors;
            // A counter that fell was reset by a new instance: what happened in between is not known.
            if (requests < 0 || errors < 0 || errors > requests)
                return [];
            return [{ start: start / 1000, end: end / 1000, requests, errors }];
        });
    }
}
// Late counts change the newest intervals only; the older ones are not asked for again.
const NEWEST_INTERVALS = 2;
const ASKED_AT_ONCE = 4;
/** Counts of whole intervals, each asked for until it is old enough not to change. */
class SettledIntervals {
    known = new Map();
    async read(intervals, ask) {
        const buckets = [];
        for (let from = 0; from < intervals.length; from += ASKED_AT_ONCE) {
            const group = intervals.slice(from, from + ASKED_AT_ONCE);
            const answers = await Promise.all(group.map(async ({ start, end }, index) => {
                const key = `${start} ${end}`;
                const counts = this.known.get(key) ?? (await ask(start, end));
                const old = from + index < intervals.length - NEWEST_INTERVALS;
                if (old && !('noData' in counts))
                    this.known.set(key, counts);
                return { start, end, counts };
            }));
            for (const { start, end, counts } of answers) {
                if ('noData' in counts)
                    return counts;
                buckets.push({ start: start / 1000, end: end / 1000, ...counts });
            }
        }
        return buckets;
    }
}


/***/ })

};
