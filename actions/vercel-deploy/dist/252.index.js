export const id = 252;
export const ids = [252];
export const modules = {

/***/ 4865:
/***/ ((module) => {

function webpackEmptyContext(req) {
	var e = new Error("Cannot find module '" + req + "'");
	e.code = 'MODULE_NOT_FOUND';
	throw e;
}
webpackEmptyContext.keys = () => ([]);
webpackEmptyContext.resolve = webpackEmptyContext;
webpackEmptyContext.id = 4865;
module.exports = webpackEmptyContext;

/***/ }),

/***/ 3804:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   createWithClient: () => (/* binding */ createWithClient)
/* harmony export */ });
/* harmony import */ var _vercel_client__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1208);
/* harmony import */ var _vercel_client__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(_vercel_client__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _http_text__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(507);


/**
 * Uploads and creates, and stops at the `created` event: the client polls forever after `canceled` and BLOCKED, and at
 * 15 to 30 s steps (facts §5), so waiting is ours.
 */
async function createWithClient(request) {
    const dispatcher = ownDispatcher();
    const stop = () => void dispatcher?.destroy(new Error('given up')).catch(() => { });
    request.signal.addEventListener('abort', stop, { once: true });
    // The client appends VERCEL_TEAM_ID to every address, whatever team it was told.
    const teamOfEnvironment = process.env.VERCEL_TEAM_ID;
    delete process.env.VERCEL_TEAM_ID;
    const events = (0,_vercel_client__WEBPACK_IMPORTED_MODULE_0__.createDeployment)({
        token: request.token,
        path: request.path,
        apiUrl: request.apiUrl.replace(/\/+$/, ''),
        userAgent: 'ops-actions',
        skipAutoDetectionConfirmation: true,
        ...(request.teamId && { teamId: request.teamId }),
        ...(request.outputDirectory && { prebuilt: true, vercelOutputDir: request.outputDirectory }),
        ...(dispatcher && { dispatcher }),
    }, {
        name: request.projectName,
        // The API takes the project's id (trap 23); the client's types do not know the field.
        ...{ project: request.projectId },
        ...(request.target && { target: request.target }),
        ...(request.autoAssignCustomDomains !== undefined && {
            autoAssignCustomDomains: request.autoAssignCustomDomains,
        }),
        meta: request.meta,
        gitMetadata: request.gitMetadata,
    });
    try {
        return await readEvents(events, request);
    }
    finally {
        request.signal.removeEventListener('abort', stop);
        stop();
        if (teamOfEnvironment !== undefined)
            process.env.VERCEL_TEAM_ID = teamOfEnvironment;
    }
}
async function readEvents(events, { signal, log }) {
    const givenUp = new Promise((_resolve, reject) => {
        const giveUp = () => reject(signal.reason);
        if (signal.aborted)
            giveUp();
        else
            signal.addEventListener('abort', giveUp, { once: true });
    });
    givenUp.catch(() => { });
    let uploaded = 0;
    for (;;) {
        const next = await Promise.race([events.next(), givenUp]);
        if (next.done)
            return { kind: 'unanswered', message: 'the client ended without an answer' };
        const { type, payload } = next.value;
        switch (type) {
            case 'hashes-calculated': {
                const files = Object.values(payload);
                if (files.length === 0)
                    return { kind: 'empty' };
                const count = files.reduce((sum, { names }) => sum + names.length, 0);
                const bytes = files.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0);
                log(`${count} files, ${size(bytes)}`);
                break;
            }
            case 'file-count':
                log(`${payload.missing.length} files are new to Vercel`);
                break;
            case 'file-uploaded':
                uploaded += 1;
                break;
            case 'all-files-uploaded':
                log(`${uploaded} files uploaded`);
                break;
            case 'warning':
            case 'notice':
            case 'tip':
                log(`Vercel: ${(0,_http_text__WEBPACK_IMPORTED_MODULE_1__/* .cleanText */ .X)(String(payload), 300)}`);
                break;
            case 'created':
                return { kind: 'created', deploymentId: String(payload.id) };
            case 'error':
                return readError(payload);
        }
    }
}
function readError(payload) {
    const { status, code, message, cause } = (payload ?? {});
    const inner = cause ?? {};
    const text = (0,_http_text__WEBPACK_IMPORTED_MODULE_1__/* .cleanText */ .X)([message, inner.code ?? inner.message].filter(Boolean).join(': ') || String(payload), 300);
    const known = typeof code === 'string' ? { code: (0,_http_text__WEBPACK_IMPORTED_MODULE_1__/* .cleanText */ .X)(code, 80) } : {};
    if (typeof status === 'number' && status < 500)
        return { kind: 'refused', status, ...known, message: text };
    if (typeof status === 'number')
        return { kind: 'unanswered', message: `${status} ${text}` };
    // An Error of the upload carries Vercel's code, one of the network its system's code in `cause`.
    if (typeof code === 'string' && !payload.constructor?.name.includes('TypeError')) {
        return { kind: 'refused', ...known, message: text };
    }
    return { kind: 'unanswered', message: text };
}
/**
 * A connection pool of our own of the kind that Node's fetch uses (with its proxy settings), because the client takes no
 * abort signal: destroying the pool is the only way to end its requests. Undefined where Node hides the class.
 */
function ownDispatcher() {
    // Node sets its dispatcher when fetch is first touched.
    void globalThis.fetch;
    void new Request('http://127.0.0.1/');
    const current = globalThis[Symbol.for('undici.globalDispatcher.1')];
    const Pool = current?.constructor;
    return Pool ? new Pool() : undefined;
}
function size(bytes) {
    if (bytes < 1_000)
        return `${bytes} bytes`;
    return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}


/***/ })

};
