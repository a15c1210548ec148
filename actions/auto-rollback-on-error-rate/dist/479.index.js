export const id = 479;
export const ids = [479];
export const modules = {

/***/ 1479:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  vercelObservability: () => (/* binding */ vercelObservability)
});

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 14 modules
var schemas = __webpack_require__(4528);
// EXTERNAL MODULE: ./packages/vercel/src/vercel-error.ts
var vercel_error = __webpack_require__(1425);
;// CONCATENATED MODULE: ./packages/vercel/src/observability.ts


const METRIC = 'vercel.request.count';
/** Value columns are `<metric>_<aggregation>` with dots turned into underscores. */
const COLUMN = 'vercel_request_count_sum';
const LIMIT = 1_000;
const MINUTE = 60_000;
const answer = schemas/* looseObject */._H3({
    data: schemas/* array */.YOg(schemas/* looseObject */._H3({
        timestamp: schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* number */.aig()]),
        httpStatus: schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* number */.aig()]).nullish(),
        [COLUMN]: schemas/* number */.aig(),
    })),
});
/**
 * Counts the requests of production per bucket. A bucket without requests is absent, and so is one that Vercel has not
 * counted yet: what the absence means is the caller's decision (trap 15). Throws VercelError: observability_plus_missing
 * (402), observability_truncated, and as every other call.
 */
async function queryObservability(project, query) {
    const { start, end, minutes } = alignQuery(query);
    if (end <= start)
        return [];
    const what = `Reading the request counts of project ${project.name}`;
    let json;
    try {
        json = await project.queryObservability({
            metric: METRIC,
            scope: { type: 'project', ownerId: project.accountId, projectIds: [project.id] },
            aggregation: 'sum',
            groupBy: ['httpStatus'],
            filter: "environment eq 'production'",
            startTime: new Date(start).toISOString(),
            endTime: new Date(end).toISOString(),
            granularity: { minutes },
            limit: LIMIT,
        });
    }
    catch (error) {
        if (!(error instanceof vercel_error/* VercelError */.q) || error.status !== 402)
            throw error;
        const message = `${what} needs Vercel's Observability Plus, which this team does not have. Use source: vercel-runtime-logs, probe or http-json.`;
        throw new vercel_error/* VercelError */.q('observability_plus_missing', message, { status: 402, cause: error });
    }
    const parsed = answer.safeParse(json);
    if (!parsed.success) {
        throw new vercel_error/* VercelError */.q('vercel_bad_answer', `${what}: Vercel's answer is not what its documentation says (${parsed.error.issues[0]?.message}).`);
    }
    if (parsed.data.data.length >= LIMIT) {
        throw new vercel_error/* VercelError */.q('observability_truncated', `${what}: more than ${LIMIT} rows; ask for a shorter time or a coarser granularity.`);
    }
    return toBuckets(parsed.data.data, minutes * MINUTE, what);
}
/** Whole buckets of the finest size that Vercel allows for the span (facts §6). */
function alignQuery(query) {
    const span = (query.until - query.from) / MINUTE;
    const least = span <= 60 ? 1 : span <= 720 ? 5 : span <= 4_320 ? 60 : 240;
    const minutes = Math.max(least, Math.ceil(query.granularityMinutes));
    const bucket = minutes * MINUTE;
    return { start: Math.floor(query.from / bucket) * bucket, end: Math.floor(query.until / bucket) * bucket, minutes };
}
function toBuckets(rows, bucketMs, what) {
    const buckets = new Map();
    for (const row of rows) {
        const at = typeof row.timestamp === 'number' ? row.timestamp : Date.parse(row.timestamp);
        if (Number.isNaN(at))
            throw new vercel_error/* VercelError */.q('vercel_bad_answer', `${what}: a bucket has no readable time.`);
        const start = Math.floor(at / bucketMs) * bucketMs;
        const bucket = buckets.get(start) ?? { start, end: start + bucketMs, requests: 0, errors: 0 };
        bucket.requests += row[COLUMN];
        const status = Number(row.httpStatus);
        if (status >= 500 && status <= 599)
            bucket.errors += row[COLUMN];
        buckets.set(start, bucket);
    }
    return [...buckets.values()].sort((a, b) => a.start - b.start);
}

// EXTERNAL MODULE: ./packages/vercel/src/project.ts + 8 modules
var src_project = __webpack_require__(694);
// EXTERNAL MODULE: ./packages/observe/src/source.ts
var source = __webpack_require__(1095);
;// CONCATENATED MODULE: ./packages/observe/src/sources/vercel-observability.ts



const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const PATIENCE_MS = 3 * MINUTE_MS;
/**
 * Counts all requests of production, static files included, from Vercel's observability query. Needs Observability Plus; whole
 * minutes only (facts §6). The counts are those of the project: right after a switch the first minutes may hold both releases.
 */
function vercelObservability(given) {
    let project;
    return {
        name: 'vercel-observability',
        granularityMs: MINUTE_MS,
        denominator: 'requests to production',
        readAfterMs: [5_000, 20_000],
        looksBack: true,
        async open() {
            project = await (0,src_project.openVercelProject)(given.connection);
        },
        async read(from, until, intervalMs) {
            if (!project)
                return { noData: 'source_not_open', message: 'the Vercel project is not open' };
            const minutes = [];
            // Beyond an hour Vercel answers in coarser buckets, so an hour at a time is asked for.
            for (let start = from; start < until; start += HOUR_MS) {
                const span = { from: start, until: Math.min(until, start + HOUR_MS), granularityMinutes: 1 };
                minutes.push(...(await queryObservability(project, span)));
            }
            const intervals = (0,source/* intervalsOf */.Gs)(from, until, intervalMs);
            const sent = given.own.countBetween(from, until - PATIENCE_MS);
            if (minutes.length === 0 && (intervals.length === 0 || sent > 0)) {
                // Our own probes went through production and even they are not counted: the source does not see this project.
                return { noData: 'no_rows', message: 'Vercel counted nothing, not even the probes of this watch' };
            }
            return intervals.map(({ start, end }) => {
                const inside = minutes.filter((minute) => minute.start >= start && minute.start < end);
                const requests = inside.reduce((sum, minute) => sum + minute.requests, 0);
                const errors = inside.reduce((sum, minute) => sum + minute.errors, 0);
                // Which of the errors are answers to our probes is not known; taking none of them off keeps them visible.
                const users = Math.max(errors, requests - given.own.countBetween(start, end));
                return { start: start / 1000, end: end / 1000, requests: users, errors };
            });
        },
        async close() {
            project = undefined;
        },
    };
}


/***/ })

};
