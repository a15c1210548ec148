export const id = 633;
export const ids = [633];
export const modules = {

/***/ 4633:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  vercelRuntimeLogs: () => (/* binding */ vercelRuntimeLogs)
});

;// CONCATENATED MODULE: ./packages/vercel/src/group-log-rows.ts
/**
 * The rule that turns rows into requests: rows with the same request id are one request, and its status is that of the row
 * that has one (the last such row wins). Where Vercel sends no id, rows that agree in time, host, method, path and status
 * are one request: better one too few among simultaneous equals than one for every line that a function prints. Rows
 * without id and status belong to no request.
 */
function groupLogRows(rows) {
    const requests = new Map();
    for (const row of rows) {
        if (row.source === 'delimiter')
            continue;
        if (row.requestId === undefined && row.status === undefined)
            continue;
        const key = requestKey(row);
        const known = requests.get(key);
        const request = known ?? { at: row.timestamp, ...named(row) };
        if (row.status !== undefined)
            Object.assign(request, { at: row.timestamp, status: row.status });
        requests.set(key, request);
    }
    return [...requests.values()].sort((a, b) => a.at - b.at);
}
/** What the rows of one request have in common. */
function requestKey(row) {
    if (row.requestId !== undefined)
        return `id ${row.requestId}`;
    return JSON.stringify([row.timestamp, row.domain, row.method, row.path, row.status]);
}
function named({ domain, method, path, requestId }) {
    return {
        ...(domain !== undefined && { domain }),
        ...(method !== undefined && { method }),
        ...(path !== undefined && { path }),
        ...(requestId !== undefined && { requestId }),
    };
}

// EXTERNAL MODULE: ./packages/http/src/clock.ts + 1 modules
var clock = __webpack_require__(695);
// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 14 modules
var schemas = __webpack_require__(4528);
// EXTERNAL MODULE: ./packages/http/src/text.ts
var src_text = __webpack_require__(507);
;// CONCATENATED MODULE: ./packages/vercel/src/parse-log-rows.ts


const row = schemas/* looseObject */._H3({
    rowId: schemas/* string */.YjP().optional(),
    requestId: schemas/* string */.YjP().optional(),
    timestampInMs: schemas/* number */.aig(),
    level: schemas/* string */.YjP().optional(),
    source: schemas/* string */.YjP(),
    domain: schemas/* string */.YjP().optional(),
    requestMethod: schemas/* string */.YjP().optional(),
    requestPath: schemas/* string */.YjP().optional(),
    responseStatusCode: schemas/* number */.aig().optional(),
});
/** A line of the stream as a row; undefined for what is none. Messages are left out: they carry customers' data. */
function parseLogRow(line) {
    let json;
    try {
        json = JSON.parse(line);
    }
    catch {
        return undefined;
    }
    const parsed = row.safeParse(json);
    if (!parsed.success)
        return undefined;
    const { rowId = '', requestId, timestampInMs, level = 'info', source } = parsed.data;
    const { domain, requestMethod, requestPath, responseStatusCode: status } = parsed.data;
    return {
        rowId,
        timestamp: timestampInMs,
        level,
        source,
        ...(domain && { domain: (0,src_text/* cleanText */.X)(domain, 253) }),
        ...(requestMethod && { method: (0,src_text/* cleanText */.X)(requestMethod, 10) }),
        // Without the query: it can carry tokens.
        ...(requestPath && { path: (0,src_text/* cleanText */.X)(requestPath.replace(/[?#].*$/s, ''), 300) }),
        // 0 means that there is none, e.g. on a delimiter row.
        ...(status !== undefined && status >= 100 && status <= 599 && { status }),
        ...(requestId && { requestId: (0,src_text/* cleanText */.X)(requestId, 200) }),
    };
}
/** A line longer than this is not kept (characters). */
const LONGEST_LINE = 1_048_576;
/** Splits pieces of a stream into whole lines; a last line without its end is dropped, because it may be cut. */
async function* linesOf(chunks) {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of chunks) {
        rest += decoder.decode(chunk, { stream: true });
        const lines = rest.split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > LONGEST_LINE)
            rest = '';
        for (const line of lines)
            if (line.trim() !== '')
                yield line;
    }
}

// EXTERNAL MODULE: ./packages/vercel/src/project.ts + 8 modules
var src_project = __webpack_require__(694);
// EXTERNAL MODULE: ./packages/vercel/src/vercel-api.ts
var vercel_api = __webpack_require__(667);
// EXTERNAL MODULE: ./packages/vercel/src/vercel-error.ts
var vercel_error = __webpack_require__(1425);
;// CONCATENATED MODULE: ./packages/vercel/src/runtime-logs.ts






/** For how long old and new stream are read side by side. */
const OVERLAP_MS = 1_000;
const OPENING_ATTEMPTS = 4;
const ROW_IDS = 20_000;
/** Reads the runtime logs of one deployment from now on, renewing the stream before Vercel ends it and reporting every hole. */
function openRuntimeLogs(connection, deploymentId, options) {
    return new Reader(connection, deploymentId, options).start();
}
class Reader {
    connection;
    deploymentId;
    options;
    clock;
    seen = new Set();
    brokenSince;
    constructor(connection, deploymentId, options) {
        this.connection = { ...connection, signal: options.signal };
        this.deploymentId = deploymentId;
        this.options = options;
        this.clock = connection.clock ?? clock/* systemClock */.m;
        this.brokenSince = this.clock.now();
    }
    start() {
        const first = Promise.withResolvers();
        const closed = this.run(first.resolve).then(first.reject, (error) => {
            const final = this.options.signal.aborted ? undefined : error;
            first.reject(error);
            if (final !== undefined)
                throw final;
        });
        // Callers may wait for one of the two only.
        first.promise.catch(() => { });
        closed.catch(() => { });
        return { opened: first.promise, closed, coveredUntil: () => this.brokenSince ?? this.clock.now() };
    }
    async run(opened) {
        const { signal, renewAfterMs = 270_000 } = this.options;
        const project = await (0,src_project.openVercelProject)(this.connection);
        const api = (0,vercel_api/* createVercelApi */.S)(this.connection, project.teamId);
        const path = `/v1/projects/${project.id}/deployments/${encodeURIComponent(this.deploymentId)}/runtime-logs`;
        let stream = await this.connect(api, path, OPENING_ATTEMPTS);
        this.brokenSince = undefined;
        opened();
        for (;;) {
            const renew = new AbortController();
            const due = this.clock.sleep(renewAfterMs, AbortSignal.any([signal, renew.signal])).then(() => undefined);
            due.catch(() => { });
            const ended = await Promise.race([stream.ended, due]);
            renew.abort();
            if (ended === undefined) {
                const old = stream;
                stream = await this.renew(api, path, old);
                continue;
            }
            this.brokenSince = this.clock.now();
            const from = this.brokenSince;
            stream = await this.connect(api, path, Number.POSITIVE_INFINITY);
            const until = this.clock.now();
            this.brokenSince = undefined;
            this.options.onGap({ from, until, reason: ended });
        }
    }
    /** Opens the next stream beside the old one, so that nothing is lost; the old one goes on where that fails. */
    async renew(api, path, old) {
        try {
            const next = await this.connect(api, path, 1);
            await this.clock.sleep(OVERLAP_MS, this.options.signal);
            old.stop();
            return next;
        }
        catch (error) {
            if (this.options.signal.aborted || !isPassing(error))
                throw error;
            return old;
        }
    }
    async connect(api, path, attempts) {
        const { signal } = this.options;
        for (let attempt = 1;; attempt += 1) {
            try {
                return await this.openStream(api, path);
            }
            catch (error) {
                if (signal.aborted)
                    throw signal.reason;
                if (attempt >= attempts || !isPassing(error))
                    throw error;
                const wait = error.retryAfterMs ?? Math.min(5_000, 250 * 2 ** (attempt - 1));
                await this.clock.sleep(wait, signal);
            }
        }
    }
    async openStream(api, path) {
        const what = `Reading the runtime logs of ${this.deploymentId}`;
        const stopped = new AbortController();
        const signal = AbortSignal.any([this.options.signal, stopped.signal]);
        let chunks;
        try {
            ({ chunks } = await api.http.stream({ path, signal, attempts: 1, deadlineMs: 30_000 }));
        }
        catch (error) {
            throw (0,vercel_error/* toVercelError */.h)(error, what);
        }
        return { ended: this.read(chunks), stop: () => stopped.abort(new Error('renewed')) };
    }
    /** Resolves with the reason why the stream ended; never rejects. */
    async read(chunks) {
        try {
            for await (const line of linesOf(chunks)) {
                const row = parseLogRow(line);
                if (!row)
                    continue;
                if (row.source === 'delimiter')
                    return 'Vercel ended the stream';
                if (this.isNew(row.rowId))
                    this.options.onRow(row);
            }
            return 'the stream ended';
        }
        catch (error) {
            return `the stream broke (${error instanceof Error ? error.message : String(error)})`;
        }
    }
    isNew(rowId) {
        if (rowId === '')
            return true;
        if (this.seen.has(rowId))
            return false;
        this.seen.add(rowId);
        if (this.seen.size > ROW_IDS)
            for (const oldest of [...this.seen].slice(0, ROW_IDS / 2))
                this.seen.delete(oldest);
        return true;
    }
}
function isPassing(error) {
    return error instanceof vercel_error/* VercelError */.q && /^vercel_(unreachable|rate_limited)$/.test(error.reasonCode);
}

// EXTERNAL MODULE: ./packages/observe/src/source.ts
var source = __webpack_require__(1095);
;// CONCATENATED MODULE: ./packages/observe/src/sources/vercel-runtime-logs.ts



// Rows of one request can be apart by as long as a function may run; then its counts are folded and the rows forgotten.
const FOLD_AFTER_MS = 120_000;
const SLOT_MS = 50;
/**
 * Counts requests to functions from the live logs of one deployment: no minimum granularity, every plan. Static files are not
 * in these logs, and Vercel does not promise that the logs are unsampled (facts §5): the denominator says so.
 */
function vercelRuntimeLogs(given) {
    const stop = new AbortController();
    const { signal } = given.connection;
    const counts = new RequestCounts(given.own);
    const gaps = [];
    let reader;
    let openedAt = 0;
    let opening;
    const connect = async () => {
        const options = {
            signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
            onRow: (row) => counts.add(row),
            onGap: (gap) => void gaps.push(gap),
        };
        const next = openRuntimeLogs(given.connection, given.deploymentId, options);
        await next.opened;
        reader = next;
        openedAt = given.clock.now();
    };
    return {
        name: 'vercel-runtime-logs',
        granularityMs: 0,
        denominator: 'function requests',
        readAfterMs: [40, 200, 500],
        looksBack: false,
        async open() {
            // Asked again while Vercel still has not answered: the same stream, not a second one.
            opening ??= connect();
            await opening.finally(() => {
                opening = undefined;
            });
        },
        async read(from, until, intervalMs) {
            if (!reader)
                return { noData: 'source_not_open', message: 'the runtime logs are not open' };
            const covered = reader.coveredUntil();
            const known = (0,source/* intervalsOf */.Gs)(from, until, intervalMs).filter(({ start, end }) => {
                // The stream opens a moment after the watch begins: half an interval is half a truth, a tenth is not.
                const whole = openedAt <= start + intervalMs / 10 && covered >= end;
                return whole && !gaps.some((gap) => gap.from < end && gap.until > start);
            });
            counts.fold(given.clock.now() - FOLD_AFTER_MS);
            return known.map(({ start, end }) => counts.between(start, end));
        },
        async close() {
            stop.abort(new Error('the watch is over'));
        },
    };
}
/** Rows grouped to requests, the old ones kept as counts only. */
class RequestCounts {
    own;
    recent = new Map();
    slots = new Map();
    foldedUntil = 0;
    constructor(own) {
        this.own = own;
    }
    add(row) {
        if (row.source === 'delimiter' || row.timestamp < this.foldedUntil)
            return;
        if (row.requestId === undefined && row.status === undefined)
            return;
        const key = requestKey(row);
        const seen = this.recent.get(key) ?? { at: row.timestamp, own: this.own.take(row.path, row.timestamp) };
        if (row.status !== undefined)
            Object.assign(seen, { at: row.timestamp, status: row.status });
        this.recent.set(key, seen);
    }
    fold(before) {
        for (const [key, seen] of this.recent) {
            if (seen.at >= before)
                continue;
            this.recent.delete(key);
            if (!isCounted(seen))
                continue;
            const slot = Math.floor(seen.at / SLOT_MS);
            const count = this.slots.get(slot) ?? { requests: 0, errors: 0 };
            count.requests += 1;
            if (isError(seen))
                count.errors += 1;
            this.slots.set(slot, count);
        }
        this.foldedUntil = Math.max(this.foldedUntil, before);
    }
    between(start, end) {
        const bucket = { start: start / 1000, end: end / 1000, requests: 0, errors: 0 };
        for (const [slot, count] of this.slots) {
            const at = slot * SLOT_MS;
            if (at < start || at >= end)
                continue;
            bucket.requests += count.requests;
            bucket.errors += count.errors;
        }
        for (const seen of this.recent.values()) {
            if (!isCounted(seen) || seen.at < start || seen.at >= end)
                continue;
            bucket.requests += 1;
            if (isError(seen))
                bucket.errors += 1;
        }
        return bucket;
    }
}
/** A request counts when it is known how it ended and it is not one of our own probes. */
function isCounted(seen) {
    return seen.status !== undefined && !seen.own;
}
function isError(seen) {
    return (seen.status ?? 0) >= 500;
}


/***/ })

};
