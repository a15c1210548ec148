export const id = 307;
export const ids = [307,863,782];
export const modules = {

/***/ 782:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   closeExpired: () => (/* binding */ closeExpired),
/* harmony export */   closeLock: () => (/* binding */ closeLock),
/* harmony export */   defaultLockExpiryMs: () => (/* binding */ defaultLockExpiryMs),
/* harmony export */   describeLock: () => (/* binding */ describeLock),
/* harmony export */   foreignLock: () => (/* binding */ foreignLock),
/* harmony export */   lockTask: () => (/* binding */ lockTask),
/* harmony export */   openAmong: () => (/* binding */ openAmong),
/* harmony export */   readLocks: () => (/* binding */ readLocks),
/* harmony export */   readOpenLocks: () => (/* binding */ readOpenLocks),
/* harmony export */   readOwnLocks: () => (/* binding */ readOwnLocks),
/* harmony export */   stoppingLock: () => (/* binding */ stoppingLock),
/* harmony export */   takeLock: () => (/* binding */ takeLock),
/* harmony export */   toLock: () => (/* binding */ toLock)
/* harmony export */ });
/* harmony import */ var _release_record_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(5407);

/** Task of every GitHub Deployment that is a lock (S8). */
const lockTask = 'ops-actions:lock';
/** Default life of a lock: 7 days. */
const defaultLockExpiryMs = 7 * 24 * 60 * 60 * 1000;
/** A foreign Deployment, or one without the fields of a lock, is none. Pure. */
function toLock(deployment, statuses) {
    if (deployment.task !== lockTask)
        return undefined;
    const payload = (typeof deployment.payload === 'string' ? parse(deployment.payload) : deployment.payload);
    if (typeof payload?.key !== 'string')
        return undefined;
    const closing = statuses.find((status) => {
        const fact = (0,_release_record_js__WEBPACK_IMPORTED_MODULE_0__/* .parseFact */ .a9)(status.description ?? '', status.createdAt);
        return fact?.step === 'lock' && fact.kind === 'outcome' && closingWords.has(fact.word);
    });
    const life = typeof payload.expiresAfterMs === 'number' ? payload.expiresAfterMs : defaultLockExpiryMs;
    return {
        id: deployment.id,
        environment: deployment.environment,
        key: payload.key,
        reason: typeof payload.reason === 'string' ? payload.reason : 'no reason given',
        ...(typeof payload.runId === 'number' ? { runId: payload.runId } : {}),
        ...(typeof payload.runUrl === 'string' ? { runUrl: payload.runUrl } : {}),
        ...(typeof payload.target?.deploymentId === 'string' ? { target: payload.target } : {}),
        ...(typeof payload.from === 'string' ? { from: payload.from } : {}),
        ...(typeof payload.autoAssign === 'boolean' ? { autoAssign: payload.autoAssign } : {}),
        ...(deployment.creator === undefined ? {} : { by: deployment.creator }),
        createdAt: deployment.createdAt,
        expiresAt: deployment.createdAt + life,
        ...(closing === undefined ? {} : { releasedAt: closing.createdAt }),
    };
}
const closingWords = new Set(['released', 'expired', 'yielded']);
function parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
/** Open ones, the holder first: the lowest id holds (S8). Pure; `now` is the server's time. */
function openAmong(locks, now) {
    return locks.filter((lock) => lock.releasedAt === undefined && lock.expiresAt > now).toSorted((a, b) => a.id - b.id);
}
/** A closed lock stays closed: its statuses need not be read at every poll. */
const closedLocks = new WeakMap();
/** Locks that are looked at where lifted and expired ones matter, too. */
const recentLimit = 30;
/** Locks whose statuses are read at the same time. */
const chunk = 8;
/** The newest locks of an environment, lifted and expired ones too. */
async function readLocks(github, environment) {
    const deployments = await github.listDeployments({ environment, task: lockTask, perPage: recentLimit });
    return await readEach(github, deployments);
}
/** The locks that a run took, lifted and expired ones too. */
async function readOwnLocks(github, { environment, key }) {
    const deployments = await github.listDeployments({ environment, task: lockTask, perPage: 100 });
    return await readEach(github, deployments.filter((deployment) => toLock(deployment, [])?.key === key));
}
/** The locks that hold now, the holder first. Time is the server's; what has expired costs no request. */
async function readOpenLocks(github, environment) {
    const deployments = await github.listDeployments({ environment, task: lockTask, perPage: 100 });
    const now = github.serverTime();
    const closed = closedLocks.get(github) ?? new Set();
    closedLocks.set(github, closed);
    const mayHold = deployments.filter((deployment) => {
        const expiresAt = toLock(deployment, [])?.expiresAt ?? 0;
        return expiresAt > now && !closed.has(deployment.id);
    });
    const locks = await readEach(github, mayHold);
    for (const lock of locks)
        if (lock.releasedAt !== undefined)
            closed.add(lock.id);
    return openAmong(locks, now);
}
async function readEach(github, deployments) {
    const locks = [];
    const ours = deployments.filter((deployment) => deployment.task === lockTask);
    for (let from = 0; from < ours.length; from += chunk) {
        const batch = ours.slice(from, from + chunk);
        const read = await Promise.all(batch.map(async (one) => toLock(one, await github.listStatuses(one.id))));
        locks.push(...read.filter((lock) => lock !== undefined));
    }
    return locks;
}
/**
 * The lock of somebody else's rollback, if there is one: it ends a release at every point as superseded (S1). A lock that
 * names no target only stops what is not promoted yet: a watch goes on under it, so that nothing is left unwatched.
 */
async function foreignLock(github, handle) {
    const locks = await readOpenLocks(github, handle.environment);
    // Of two rollbacks the later one is the later word.
    return locks.findLast((lock) => lock.key !== handle.key && lock.target !== undefined);
}
/** Any lock of somebody else: it stops what is not promoted yet. A rollback's comes first. */
async function stoppingLock(github, handle) {
    const locks = (await readOpenLocks(github, handle.environment)).filter((lock) => lock.key !== handle.key);
    return locks.findLast((lock) => lock.target !== undefined) ?? locks[0];
}
/**
 * Takes the lock of an environment: created, read back, lowest id holds (S8). An open lock with the same key is adopted.
 * `held: false`: somebody else was first; the own entry stays open until the caller decides. Few requests, because a
 * rollback waits for it; expired locks hold nothing and are closed by the next release.
 */
async function takeLock(github, request) {
    const before = await readOpenLocks(github, request.environment);
    const own = before.find((lock) => lock.key === request.key);
    if (own !== undefined)
        return outcome(before, own, true);
    const { environment, ref, production, ...payload } = request;
    let created;
    let lost;
    try {
        const deployment = await github.createDeployment({
            ref,
            task: lockTask,
            environment,
            payload,
            description: `locked: ${request.reason}`.slice(0, 140),
            production,
            // Other tools' auto_inactive touches only non-transient Deployments.
            transient: true,
        });
        created = deployment.id;
    }
    catch (error) {
        // The answer may have been lost after the effect: what is listed decides.
        lost = error;
    }
    const after = await readOpenLocks(github, environment).catch((error) => {
        throw lost ?? error;
    });
    const mine = after.find((lock) => lock.id === created || lock.key === request.key);
    if (mine === undefined)
        throw lost ?? new Error(`the lock of ${environment} was written but is not listed; run again`);
    return outcome(after, mine, false);
}
function outcome(open, own, adopted) {
    // Between rollbacks only their own locks count: a person's plain lock neither moves nor protects domains.
    const [holder] = open.filter((lock) => own.target === undefined || lock.target !== undefined);
    return holder === undefined || holder.id === own.id
        ? { held: true, lock: own, adopted }
        : { held: false, holder, own };
}
/** Closes what has expired, so that lists stay honest (S8). */
async function closeExpired(github, locks) {
    const now = github.serverTime();
    for (const lock of locks.filter((entry) => entry.releasedAt === undefined && entry.expiresAt <= now)) {
        await closeLock(github, lock, 'expired');
    }
}
/** Closes a lock: lifted by a person, expired, or yielded to the one that came first. */
async function closeLock(github, lock, word, text = '') {
    await github.createStatus(lock.id, {
        state: 'inactive',
        description: (0,_release_record_js__WEBPACK_IMPORTED_MODULE_0__/* .formatFact */ .EV)('lock', 'outcome', word, text),
        autoInactive: false,
    });
}
/** `The environment production is locked (octocat, <run>): <reason>.` */
function describeLock(lock) {
    const run = lock.runUrl ?? (lock.runId === undefined ? undefined : `run ${lock.runId}`);
    const by = [lock.by, run].filter((part) => part !== undefined).join(', ');
    return `The environment ${lock.environment} is locked${by === '' ? '' : ` (${by})`}: ${lock.reason}.`;
}


/***/ }),

/***/ 4863:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ReleaseHandleError: () => (/* binding */ ReleaseHandleError),
/* harmony export */   earliestStart: () => (/* binding */ earliestStart),
/* harmony export */   environmentKinds: () => (/* binding */ environmentKinds),
/* harmony export */   formatReleaseHandle: () => (/* binding */ formatReleaseHandle),
/* harmony export */   parseReleaseHandle: () => (/* binding */ parseReleaseHandle),
/* harmony export */   releaseKey: () => (/* binding */ releaseKey),
/* harmony export */   releaseModes: () => (/* binding */ releaseModes),
/* harmony export */   runIdOfKey: () => (/* binding */ runIdOfKey)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4528);

/** How far a verdict may go by itself. */
const releaseModes = ['observe', 'notify', 'approve', 'auto'];
/** How an environment exists on Vercel (design §5); only `production` is ever promoted or rolled back. */
const environmentKinds = ['production', 'custom-environment', 'alias'];
const targetSchema = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    deploymentId: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().min(1),
    version: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(),
    commit: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(),
    /** Host of the deployment, without scheme. */
    url: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(),
    /** True when only Vercel's own history proposes it: no release of ours ever proved it. */
    adopted: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
});
const handleSchema = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    schemaVersion: zod__WEBPACK_IMPORTED_MODULE_0__/* .literal */ .euz(1),
    key: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().min(1),
    environment: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().min(1),
    production: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
    as: zod__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(environmentKinds),
    /** Host that is re-aliased where `as` is not `production`. */
    host: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(),
    /** Id of the GitHub Deployment that is this release's record; for a rollback by hand that of its lock, 0 when there is none. */
    ledgerId: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig().int().nonnegative(),
    repository: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    runId: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig().int(),
    runUrl: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(),
    actor: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(),
    commit: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    treeSha: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(),
    version: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    /** Milliseconds since the epoch, by GitHub's clock. */
    openedAt: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(),
    rollbackTarget: targetSchema.optional(),
    /** Original value of the project's autoAssignCustomDomains: a promotion switches it on (trap 2). */
    autoAssign: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
    /** Public address of the environment, with scheme. */
    url: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    slack: zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ channel: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), ts: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() }).optional(),
    mode: zod__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(releaseModes),
    /** Rules that the workflow file relaxes for this release, in words (S11). */
    weakenings: zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP()).optional(),
    /** The project has never had a production deployment: the first one is live at once. */
    firstDeployment: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
});
/** The text given as `release` is none of ours, or of a version that this one does not read. */
class ReleaseHandleError extends Error {
    reasonCode = 'bad_release_handle';
    constructor(message) {
        super(message);
        this.name = 'ReleaseHandleError';
    }
}
/** The release key (S6): the same for every attempt of one run. */
function releaseKey(given) {
    return `${given.repositoryId}:${given.environment}:${given.runId}`;
}
/** GitHub re-runs a run for 30 days. */
const rerunLimitMs = 31 * 24 * 60 * 60 * 1000;
/** When the first attempt of a run can have begun, at the earliest: what it left behind is not older. Milliseconds. Pure. */
function earliestStart(context, openedAt) {
    return context.runAttempt > 1 ? openedAt - rerunLimitMs : openedAt;
}
/** Run id inside a release key; undefined for a key that is none of ours. */
function runIdOfKey(key) {
    const match = /^[^:]*:.+:(\d+)$/.exec(key);
    return match?.[1] === undefined ? undefined : Number(match[1]);
}
function formatReleaseHandle(handle) {
    return JSON.stringify(handle);
}
/** @throws ReleaseHandleError naming what is wrong. */
function parseReleaseHandle(text) {
    let data;
    try {
        data = JSON.parse(text);
    }
    catch {
        throw new ReleaseHandleError('input release is not JSON: pass the output `release` of the preflight step unchanged');
    }
    const version = data?.schemaVersion;
    if (typeof version === 'number' && version > 1) {
        throw new ReleaseHandleError(`input release has schemaVersion ${version}, this version reads 1: pin all ops-actions steps to one version`);
    }
    const parsed = handleSchema.safeParse(data);
    if (parsed.success)
        return parsed.data;
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
    throw new ReleaseHandleError(`input release cannot be used: ${problems.join('; ')}`);
}


/***/ }),

/***/ 5407:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   EV: () => (/* binding */ formatFact),
/* harmony export */   a9: () => (/* binding */ parseFact),
/* harmony export */   oh: () => (/* binding */ toReleaseRecord),
/* harmony export */   sY: () => (/* binding */ readLedgerPayload),
/* harmony export */   te: () => (/* binding */ ledgerTask)
/* harmony export */ });
/* unused harmony export ledgerSchemaVersion */
/* harmony import */ var _release_handle_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4863);

/** Task of every GitHub Deployment that is a release of ours; Deployments of other tools are ignored. */
const ledgerTask = 'ops-actions';
/** Newest payload schema that this version writes and reads. */
const ledgerSchemaVersion = 1;
const factPattern = /^ops:([a-z][a-z-]*):(intent|outcome):(\S+)(?: ([\s\S]*))?$/;
/** Undefined for a status that is none of ours. */
function parseFact(description, at) {
    const match = factPattern.exec(description);
    if (match === null)
        return undefined;
    const [, step = '', kind = '', word = '', text = ''] = match;
    return { step, kind: kind, word, text, at };
}
/** GitHub's limit for the description of a status. */
const descriptionLimit = 140;
function formatFact(step, kind, word, text = '') {
    const head = `ops:${step}:${kind}:${word.replaceAll(/\s+/g, '-')}`;
    const full = text === '' ? head : `${head} ${text.replaceAll(/\s+/g, ' ').trim()}`;
    return full.length <= descriptionLimit ? full : `${full.slice(0, descriptionLimit - 1)}…`;
}
/** Reads whatever a payload says, field by field: the way back may depend on one field of it. Undefined when it has no key. */
function readLedgerPayload(payload) {
    const data = asObject(payload);
    const key = textOf(data.key);
    if (key === undefined)
        return undefined;
    const target = asObject(data.rollbackTarget);
    const targetId = textOf(target.deploymentId);
    return {
        key,
        schemaVersion: numberOf(data.schemaVersion),
        runId: numberOf(data.runId),
        commit: textOf(data.commit),
        treeSha: textOf(data.treeSha),
        version: textOf(data.version),
        as: _release_handle_js__WEBPACK_IMPORTED_MODULE_0__.environmentKinds.find((kind) => kind === data.as),
        projectId: textOf(data.projectId),
        rollbackTarget: targetId === undefined
            ? undefined
            : {
                deploymentId: targetId,
                version: textOf(target.version),
                commit: textOf(target.commit),
                url: textOf(target.url),
                adopted: target.adopted === true,
            },
        autoAssign: booleanOf(data.autoAssign),
        mode: _release_handle_js__WEBPACK_IMPORTED_MODULE_0__.releaseModes.find((mode) => mode === data.mode),
        firstDeployment: booleanOf(data.firstDeployment),
    };
}
/** Tells the story of one entry. Undefined when the Deployment is none of ours. Pure. */
function toReleaseRecord(deployment, statuses) {
    const payload = deployment.task === ledgerTask ? readLedgerPayload(deployment.payload) : undefined;
    if (payload === undefined)
        return undefined;
    const facts = statuses.flatMap((status) => parseFact(status.description ?? '', status.createdAt) ?? []);
    const last = (step, kind) => facts.findLast((fact) => fact.step === step && fact.kind === kind);
    const opened = facts.findLastIndex((fact) => fact.step === 'release' && fact.kind === 'intent');
    const closed = facts.findLastIndex((fact) => fact.step === 'release' && fact.kind === 'outcome');
    const final = closed > opened ? facts[closed] : undefined;
    const promoted = facts.findLast((fact) => fact.step === 'promote' && fact.kind === 'outcome' && reached.has(fact.word));
    const promotion = last('promote', 'outcome');
    const target = last('target', 'outcome')?.word ?? payload.rollbackTarget?.deploymentId;
    const [channel, ts] = last('slack', 'outcome')?.word.split('/') ?? [];
    return {
        id: deployment.id,
        environment: deployment.environment,
        key: payload.key,
        runId: payload.runId ?? 0,
        commit: payload.commit ?? deployment.sha,
        treeSha: payload.treeSha,
        version: last('version', 'outcome')?.word ?? payload.version ?? deployment.sha.slice(0, 7),
        openedAt: deployment.createdAt,
        as: payload.as ?? 'production',
        projectId: payload.projectId,
        rollbackTarget: target === undefined || target === payload.rollbackTarget?.deploymentId
            ? payload.rollbackTarget
            : { deploymentId: target, adopted: false },
        autoAssign: payload.autoAssign,
        mode: payload.mode ?? 'auto',
        firstDeployment: payload.firstDeployment ?? false,
        newerSchema: (payload.schemaVersion ?? 1) > ledgerSchemaVersion ? payload.schemaVersion : undefined,
        deploymentId: deploymentIdOf(facts),
        promotion: promoted !== undefined
            ? 'promoted'
            : promotion !== undefined
                ? 'failed'
                : last('promote', 'intent') === undefined
                    ? 'none'
                    : 'intended',
        promotedAt: promoted?.at,
        rolledBack: facts.some((fact) => fact.step === 'rollback' && fact.kind === 'outcome' && fact.word === 'rolled-back'),
        decision: final?.word,
        reason: final?.text,
        closedAt: final?.at,
        unwatched: last('watch', 'outcome')?.word === 'unwatched',
        slack: channel !== undefined && ts !== undefined ? { channel, ts } : undefined,
        facts,
    };
}
const reached = new Set(['promoted', 'already-current']);
/** The newest deployment id named by the promotion or by the deploy step. */
function deploymentIdOf(facts) {
    const named = (step) => facts.findLast((fact) => fact.step === step && /\bdpl_\w+/.test(`${fact.word} ${fact.text}`));
    const fact = named('promote') ?? named('deploy');
    return fact === undefined ? undefined : /\bdpl_\w+/.exec(`${fact.word} ${fact.text}`)?.[0];
}
function asObject(value) {
    // GitHub answers the payload as it was sent; some clients send JSON text.
    if (typeof value === 'string') {
        try {
            return asObject(JSON.parse(value));
        }
        catch {
            return {};
        }
    }
    return typeof value === 'object' && value !== null ? value : {};
}
function textOf(value) {
    return typeof value === 'string' && value !== '' ? value : undefined;
}
function numberOf(value) {
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
function booleanOf(value) {
    return typeof value === 'boolean' ? value : undefined;
}


/***/ }),

/***/ 4307:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  nameOf: () => (/* binding */ nameOf),
  rollBackByHand: () => (/* binding */ rollBackByHand)
});

// EXTERNAL MODULE: ./packages/release/src/lock.ts
var src_lock = __webpack_require__(782);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./packages/release/src/release-record.ts
var release_record = __webpack_require__(5407);
;// CONCATENATED MODULE: ./packages/release/src/ledger.ts

function openLedger(github, handle) {
    return {
        id: handle.ledgerId,
        async record(step, kind, word, text, options = {}) {
            if (handle.ledgerId === 0)
                return;
            await github.createStatus(handle.ledgerId, {
                state: options.state ?? 'in_progress',
                description: (0,release_record/* formatFact */.EV)(step, kind, word, text),
                // A status would otherwise close success statuses of other Deployments of a non-production environment.
                autoInactive: false,
                ...(options.environmentUrl === undefined ? {} : { environmentUrl: options.environmentUrl }),
            });
        },
    };
}
/** Pages of 100 that are read before an entry counts as not there. */
const pageLimit = 5;
/** Entries whose statuses are read at the same time. */
const chunk = 8;
/** Entries of one environment, newest first, one listing per 100 and one request for the statuses of each. */
async function* readReleases(github, filter, 
/** Keeps the statuses of uninteresting entries unread. */
wanted = () => true) {
    for (let page = 1; page <= pageLimit; page++) {
        const deployments = await github.listDeployments({ ...filter, task: release_record/* ledgerTask */.te, perPage: 100, page });
        const entries = deployments
            .filter((deployment) => {
            const payload = deployment.task === release_record/* ledgerTask */.te ? (0,release_record/* readLedgerPayload */.sY)(deployment.payload) : undefined;
            return payload !== undefined && wanted({ ...payload, id: deployment.id });
        })
            .toSorted((a, b) => b.id - a.id);
        // A few at a time: who stops early has not paid for all.
        for (let from = 0; from < entries.length; from += chunk) {
            const batch = entries.slice(from, from + chunk);
            const statuses = await Promise.all(batch.map((deployment) => github.listStatuses(deployment.id)));
            for (const [index, deployment] of batch.entries()) {
                const record = (0,release_record/* toReleaseRecord */.oh)(deployment, statuses[index] ?? []);
                if (record !== undefined)
                    yield record;
            }
        }
        if (deployments.length < 100)
            return;
    }
}
/**
 * Opens the entry of a release, or adopts the one that an earlier attempt opened: of two the lower id wins and the
 * other is closed (S6).
 */
async function openRelease(github, given) {
    const found = await findOwn(github, given);
    if (found !== undefined)
        return { record: found, adopted: true };
    const { payload } = given;
    try {
        await github.createDeployment({
            ref: payload.commit,
            task: ledgerTask,
            environment: given.environment,
            payload,
            description: `${payload.version} by ops-actions`,
            production: given.production,
        });
    }
    catch (error) {
        // The answer may have been lost after the effect: what is there now decides.
        const lost = await findOwn(github, given).catch(() => undefined);
        if (lost === undefined)
            throw error;
    }
    const record = await findOwn(github, given);
    if (record === undefined) {
        throw new Error(`the GitHub Deployment that records this release was created but is not listed for environment ${given.environment}; run the job again`);
    }
    return { record, adopted: false };
}
/** The entry of a release key, if there is one. */
async function findOwn(github, given) {
    const own = [];
    const { key, commit } = given.payload;
    const entries = readReleases(github, { environment: given.environment, sha: commit }, (entry) => entry.key === key);
    for await (const record of entries)
        own.push(record);
    const [first, ...others] = own.toSorted((a, b) => a.id - b.id);
    for (const other of others.filter((entry) => entry.decision === undefined)) {
        await openLedger(github, { ledgerId: other.id }).record('release', 'outcome', 'superseded', `duplicate of ${first?.id}`, {
            state: 'inactive',
        });
    }
    return first;
}

;// CONCATENATED MODULE: ./packages/release/src/move-domains.ts
/** What the addresses of an environment serve; undefined when Vercel names nothing, `mixed` when they differ. */
async function readServed(project, place, known) {
    if (place.as !== 'production') {
        const host = hostOf(place);
        return { deploymentId: await project.servedBy(host), mixed: false, hosts: [host] };
    }
    const state = known ?? (await project.readState());
    const served = await Promise.all(state.productionDomains.map((host) => project.servedBy(host)));
    const [first] = served;
    return {
        deploymentId: state.productionDomains.length === 0 ? state.currentDeploymentId : first,
        mixed: served.some((id) => id !== first),
        hosts: state.productionDomains,
    };
}
/** Assigns the address of an environment that is not `production`: never promote or rollback there (design §5). */
async function moveAlias(project, place, deploymentId, now) {
    const host = hostOf(place);
    const requestedAt = now();
    if ((await project.servedBy(host)) === deploymentId) {
        return {
            outcome: 'already-current',
            reasonCode: 'already_current',
            message: `${host} already serves ${deploymentId}; nothing was sent.`,
            requestedAt,
            settledAt: now(),
            requests: 0,
        };
    }
    await project.assignAlias(deploymentId, host);
    const served = await project.servedBy(host);
    if (served !== deploymentId) {
        return {
            outcome: 'failed',
            reasonCode: 'domains_not_moved',
            message: `Vercel took the alias, but ${host} is served by ${served ?? 'nothing of this project'}.`,
            requestedAt,
            requests: 1,
        };
    }
    const message = `${host} moved to ${deploymentId}.`;
    return { outcome: 'moved', reasonCode: 'aliased', message, requestedAt, settledAt: now(), requests: 1 };
}
function hostOf(place) {
    if (place.host !== undefined)
        return place.host;
    throw new Error(`the address of this environment is not known: set vercel.alias (or url) for as: ${place.as}`);
}

;// CONCATENATED MODULE: ./packages/release/src/read-environment.ts




/** Where an environment lives, from its settings. */
function placeOf(settings) {
    const as = settings.vercel.as ?? 'production';
    const fromUrl = settings.url === undefined ? undefined : new URL(settings.url).host;
    return { as, host: as === 'production' ? undefined : (settings.vercel.alias ?? fromUrl) };
}
/** Vercel's own word for the deployments of an environment. */
function vercelTargetOf(settings) {
    switch (settings.vercel.as ?? 'production') {
        case 'alias':
            return 'preview';
        case 'custom-environment':
            return settings.vercel.customEnvironment ?? settings.environment;
        default:
            return 'production';
    }
}
/** Ledger entries that are read to judge candidates; older ones count as not released by us. */
const releaseLimit = 25;
/** Vercel deployments that are looked at. */
const deploymentLimit = 50;
/** The newest ledger entries of an environment, newest first. */
async function readRecentReleases(github, environment, limit = releaseLimit) {
    const releases = [];
    for await (const release of readReleases(github, { environment })) {
        releases.push(release);
        if (releases.length >= limit)
            break;
    }
    return releases;
}
/** What Vercel and the ledger say about an environment; the current deployment is always among the deployments. */
async function readHistory(project, settings, releases) {
    const place = placeOf(settings);
    const target = vercelTargetOf(settings);
    const [served, listed] = await Promise.all([
        place.as !== 'production' && place.host === undefined
            ? { deploymentId: undefined, mixed: false }
            : readServed(project, place),
        project.deployments({ target, limit: deploymentLimit }),
    ]);
    const current = served.deploymentId === undefined ? undefined : await currentOf(project, served.deploymentId, listed);
    const deployments = current === undefined || listed.some(({ id }) => id === current.id) ? listed : [current, ...listed];
    return {
        projectId: project.id,
        as: place.as,
        environment: settings.environment,
        vercelTarget: target,
        currentDeploymentId: served.deploymentId,
        deployments,
        releases,
        current,
        mixed: served.mixed,
    };
}
/** Asked for alone because lists leave out what Vercel built it from. */
async function currentOf(project, id, listed) {
    return (await project.deployment(id)) ?? listed.find((deployment) => deployment.id === id);
}
/** Whether vercel.json switches Vercel's own deployments of this branch off (`git.deploymentEnabled`). */
async function isGitDeploymentDisabled(workspace, folders, branch) {
    for (const folder of new Set(folders.map((name) => name ?? '.'))) {
        const text = await readFile(join(workspace, folder, 'vercel.json'), 'utf8').catch(() => undefined);
        if (text === undefined)
            continue;
        try {
            const enabled = JSON.parse(text)?.git?.deploymentEnabled;
            if (enabled === false)
                return true;
            if (typeof enabled === 'object' && enabled !== null && enabled[branch] === false)
                return true;
        }
        catch {
            // Vercel itself would refuse this file; it switches nothing off.
        }
    }
    return false;
}

;// CONCATENATED MODULE: ./packages/release/src/commit-of.ts
/** Commit that a deployment was made from, by Vercel's own field first, then by its meta. */
function commitOf(deployment) {
    const { meta } = deployment;
    return deployment.gitSource?.sha ?? meta.githubCommitSha ?? meta.gitCommitSha ?? meta.opsCommit;
}

;// CONCATENATED MODULE: ./packages/release/src/choose-rollback-target.ts

const proven = new Set(['released', 'held']);
/** Every deployment of the history with its standing, newest first. Pure. */
function assessCandidates(history) {
    return history.deployments
        .map((deployment) => assess(history, deployment))
        .toSorted((a, b) => b.liveAt - a.liveAt || b.deployment.createdAt - a.deployment.createdAt);
}
function assess(history, deployment) {
    const release = releaseOf(history.releases, deployment);
    const current = deployment.id === history.currentDeploymentId;
    const version = release?.version ?? deployment.meta.opsVersion;
    const commit = release?.commit ?? commitOf(deployment);
    const { standing, reason } = judgeStanding(history, deployment, release, current);
    return {
        deployment,
        ...(release === undefined ? {} : { release }),
        standing,
        reason,
        ...(version === undefined ? {} : { version }),
        ...(commit === undefined ? {} : { commit }),
        liveAt: release?.promotedAt ?? deployment.createdAt,
        current,
    };
}
/** The ledger's own fact about the deployment wins over the deployment's meta, which is a claim (S17). */
function releaseOf(releases, deployment) {
    const named = releases.filter((release) => release.deploymentId === deployment.id);
    const promoted = named.find((release) => release.promotion === 'promoted');
    if (named.length > 0)
        return promoted ?? named[0];
    const key = deployment.meta.opsRelease;
    return releases.find((release) => release.deploymentId === undefined && key !== undefined && release.key === key);
}
function judgeStanding(history, deployment, release, current) {
    const problem = whyIneligible(history, deployment, release, current);
    if (problem !== undefined)
        return { standing: 'ineligible', reason: problem };
    if (release === undefined)
        return { standing: 'adopted', reason: 'in Vercel’s history, not released by ops-actions' };
    if (release.rolledBack || release.decision === 'rolled-back')
        return { standing: 'failed', reason: 'was rolled back' };
    if (release.unwatched)
        return { standing: 'unproven', reason: 'was left without a verdict (unwatched)' };
    if (release.decision === undefined)
        return { standing: 'unproven', reason: 'its release has no verdict yet' };
    if (proven.has(release.decision))
        return { standing: 'proven', reason: release.decision };
    return { standing: 'failed', reason: `ended as ${release.decision}` };
}
/** What Vercel says decides; undefined when it may be served again (S9). */
function whyIneligible(history, deployment, release, current) {
    const { id, projectId, readyState } = deployment;
    if (projectId !== '' && projectId !== history.projectId)
        return `${id} belongs to another Vercel project`;
    const target = deployment.target ?? 'preview';
    if (target !== history.vercelTarget) {
        return `${id} is a ${target} deployment, environment ${history.environment} takes only ${history.vercelTarget} ones`;
    }
    if (readyState !== 'READY')
        return `${id} is ${readyState}`;
    if (current)
        return undefined;
    if (history.as !== 'production') {
        return release?.promotion === 'promoted' ? undefined : `${id} never carried the address of ${history.environment}`;
    }
    if (deployment.readySubstate === 'STAGED')
        return `${id} was never in production`;
    if (deployment.isRollbackCandidate === false)
        return `Vercel does not offer ${id} as a rollback candidate`;
    const wasLive = deployment.isRollbackCandidate === true || deployment.readySubstate === 'PROMOTED';
    return wasLive ? undefined : `${id} was never in production`;
}
/**
 * The way back of a release that is about to start: what production serves now, or, where that failed or is unwatched, the
 * newest proven one (trap 1). On a live project without a ledger it comes from Vercel's own history and is marked adopted.
 */
function chooseRollbackTarget(history, own) {
    const candidates = assessCandidates(history);
    const current = candidates.find((candidate) => candidate.current);
    // An earlier attempt of this very release may already be live: its way back is older than itself.
    const others = candidates.filter((candidate) => !candidate.current && !isOwn(candidate, own.key));
    const ordered = current === undefined || isOwn(current, own.key) ? others : [current, ...others];
    return choose(ordered);
}
/** What `previous` means by hand: the newest good one before the one that is served now. */
function choosePrevious(history) {
    const candidates = assessCandidates(history);
    const at = candidates.findIndex((candidate) => candidate.current);
    return choose(candidates.slice(at + 1));
}
function choose(candidates) {
    const skipped = [];
    for (const candidate of candidates) {
        if (candidate.standing === 'proven' || candidate.standing === 'adopted') {
            return { target: toTarget(candidate), skipped };
        }
        skipped.push(candidate);
    }
    return { skipped };
}
function isOwn(candidate, key) {
    return candidate.release?.key === key || candidate.deployment.meta.opsRelease === key;
}
function toTarget(candidate) {
    return {
        deploymentId: candidate.deployment.id,
        ...(candidate.version === undefined ? {} : { version: candidate.version }),
        ...(candidate.commit === undefined ? {} : { commit: candidate.commit }),
        url: candidate.deployment.url,
        adopted: candidate.standing !== 'proven',
    };
}

;// CONCATENATED MODULE: ./packages/release/src/resolve-target.ts

/** Reads what was typed; 7 to 40 hexadecimal digits are a commit. Pure. */
function readWantedTarget(text) {
    const given = text.trim();
    if (given === '' || given.toLowerCase() === 'previous')
        return { kind: 'previous' };
    if (/^dpl_\w+$/.test(given))
        return { kind: 'deployment', id: given };
    const host = /^https?:\/\/([^/?#]+)/i.exec(given)?.[1] ?? (/^[\w-]+(\.[\w-]+)*\.vercel\.app$/i.test(given) ? given : undefined);
    if (host !== undefined)
        return { kind: 'url', host: host.toLowerCase() };
    if (/^[0-9a-f]{7,40}$/i.test(given))
        return { kind: 'commit', sha: given.toLowerCase() };
    return { kind: 'version', version: given };
}
/**
 * The one deployment that is meant, or why none can be taken; unknown, ambiguous and never-in-production ones are refused
 * before anything is changed (FRB-02, FRB-03). Pure.
 */
function resolveTarget(wanted, history) {
    if (wanted.kind === 'previous')
        return resolvePrevious(history);
    const candidates = assessCandidates(history);
    const matching = candidates.filter((candidate) => matches(wanted, candidate));
    const label = labelOf(wanted);
    const [first, ...more] = matching;
    if (first === undefined) {
        return {
            reasonCode: 'unknown_target',
            message: `no deployment of ${history.environment} matches ${label}. ${offer(candidates)}`,
        };
    }
    const eligible = matching.filter((candidate) => candidate.standing !== 'ineligible');
    const [taken, ...others] = eligible;
    if (taken === undefined) {
        const reasons = matching.map((candidate) => candidate.reason).join('; ');
        return { reasonCode: 'never_in_production', message: `${label} cannot be taken: ${reasons}. ${offer(candidates)}` };
    }
    if (others.length > 0) {
        const ids = eligible.map((candidate) => describe(candidate)).join(', ');
        return {
            reasonCode: 'ambiguous_target',
            message: `${label} matches ${eligible.length} deployments: ${ids}. Give the deployment id.`,
        };
    }
    const warnings = taken.standing === 'failed' || taken.standing === 'unproven'
        ? [`${describe(taken)} ${taken.reason}; it is taken because it was named`]
        : [];
    if (more.length > 0)
        warnings.push(`${more.length} other deployment(s) of ${label} were never in production`);
    return { target: toTarget(taken), warnings };
}
function resolvePrevious(history) {
    const { target, skipped } = choosePrevious(history);
    const passed = skipped.map((candidate) => `${describe(candidate)} (${candidate.reason})`);
    if (target !== undefined)
        return { target, warnings: passed.map((text) => `passed over ${text}`) };
    const looked = passed.length === 0 ? 'there is none' : `looked at ${passed.slice(0, 5).join(', ')}`;
    return {
        reasonCode: 'no_previous_deployment',
        message: `no earlier good deployment of ${history.environment} is known: ${looked}. Name a target, or fix forward.`,
    };
}
function matches(wanted, candidate) {
    const { deployment } = candidate;
    switch (wanted.kind) {
        case 'deployment':
            return deployment.id === wanted.id;
        case 'url':
            return deployment.url.toLowerCase() === wanted.host;
        case 'commit':
            return candidate.commit?.toLowerCase().startsWith(wanted.sha) === true;
        case 'version':
            return candidate.version === wanted.version;
        default:
            return false;
    }
}
function labelOf(wanted) {
    switch (wanted.kind) {
        case 'deployment':
            return `deployment ${wanted.id}`;
        case 'url':
            return `address ${wanted.host}`;
        case 'commit':
            return `commit ${wanted.sha}`;
        case 'version':
            return `version ${wanted.version}`;
        default:
            return 'previous';
    }
}
/** `v1.2.0 (dpl_…)`, for messages. */
function describe(candidate) {
    return candidate.version === undefined
        ? candidate.deployment.id
        : `${candidate.version} (${candidate.deployment.id})`;
}
function offer(candidates) {
    const good = candidates.filter((candidate) => candidate.standing !== 'ineligible').slice(0, 5);
    return good.length === 0
        ? 'No deployment can be rolled back to.'
        : `Can be taken: ${good.map((candidate) => describe(candidate)).join(', ')}.`;
}

;// CONCATENATED MODULE: ./packages/release/src/roll-back.ts



/** How long GitHub may take before the swap goes first and the lock follows (S1). */
const lockPatienceMs = 5_000;
/**
 * The only mover back (S1, S2): lock, swap with proof of what is served, auto-assign off while the lock holds, ledger.
 * Never throws for what GitHub or Vercel refuse: the outcome says it. At most one request is accepted by Vercel.
 */
async function rollBack(deps, request) {
    const { clock, log } = deps;
    const startedAt = clock.now();
    const warnings = [];
    const end = (rest) => ({
        ...(request.from === undefined ? {} : { from: request.from }),
        to: request.target.deploymentId,
        startedAt,
        warnings,
        ...rest,
    });
    const locking = settle(lockFor(deps, request));
    let lock = await within(clock, lockPatienceMs, locking);
    let lockedAt = isHeld(lock) ? clock.now() : undefined;
    if (isForeign(lock, request))
        return await yieldTo(deps, lock, end);
    if (lock === undefined)
        log(`GitHub did not answer within ${lockPatienceMs / 1000} s: the domains move first, the lock follows`);
    else if ('error' in lock)
        log(`The lock could not be written (${messageOf(lock.error)}): the domains move first`);
    const intent = settle(openLedger(deps.github, request).record('rollback', 'intent', request.target.deploymentId, request.reason));
    const moved = await swap(deps, request);
    const swappedAt = moved.outcome === 'moved' ? (moved.settledAt ?? clock.now()) : undefined;
    log(moved.message);
    if (lockedAt === undefined) {
        lock = await lockAfterwards(deps, request, locking);
        lockedAt = isHeld(lock) ? clock.now() : undefined;
        warnings.push(isHeld(lock)
            ? 'GitHub answered late: the domains moved before the lock was written'
            : `The environment is not locked: ${'error' in lock ? messageOf(lock.error) : 'the lock is held by somebody else'}. Lock it with: ops-actions lock --environment ${request.environment} --reason "rolled back"`);
    }
    await keepAutoAssignOff(deps, request, moved, warnings);
    const outcome = end({
        ...judge(request, moved),
        requests: moved.requests,
        ...placed(lock, lockedAt),
        ...(swappedAt === undefined ? {} : { swappedAt }),
    });
    await intent;
    await recordOutcome(deps, request, outcome, warnings);
    return outcome;
}
async function settle(promise) {
    try {
        return { value: await promise };
    }
    catch (error) {
        return { error };
    }
}
/** Undefined when it takes longer. A timer left behind would hold the step, and the checks of the way back with it. */
async function within(clock, ms, promise) {
    const given = new AbortController();
    const late = clock.sleep(ms, given.signal).then(() => undefined, () => undefined);
    const first = await Promise.race([promise, late]);
    given.abort();
    return first;
}
function lockFor({ github }, request) {
    const { target } = request;
    return (0,src_lock.takeLock)(github, {
        schemaVersion: 1,
        environment: request.environment,
        production: request.production,
        ref: request.commit,
        key: request.key,
        reason: request.reason,
        runId: request.runId,
        ...(request.runUrl === undefined ? {} : { runUrl: request.runUrl }),
        target: {
            deploymentId: target.deploymentId,
            ...(target.version === undefined ? {} : { version: target.version }),
        },
        ...(request.from === undefined ? {} : { from: request.from }),
        ...(request.autoAssign === undefined ? {} : { autoAssign: request.autoAssign }),
        expiresAfterMs: request.lockExpiryMs,
    });
}
function isHeld(lock) {
    return lock !== undefined && 'value' in lock;
}
/** Only a release that takes itself back yields; what a person asks for is done whoever was first. */
function isForeign(lock, request) {
    return isHeld(lock) && !lock.value.held && request.automatic;
}
async function yieldTo({ github }, lock, end) {
    const { holder, own } = lock.value;
    await settle((0,src_lock.closeLock)(github, own, 'yielded', `to ${holder.id}`));
    return end({
        decision: 'superseded',
        reasonCode: 'superseded',
        message: `Another rollback (${holder.reason}, run ${holder.runId ?? 'unknown'}) holds the lock and moves the domains; nothing was done here.`,
        requests: 0,
    });
}
async function swap(deps, request) {
    const { project, clock, log } = deps;
    const { deploymentId } = request.target;
    const requestedAt = clock.now();
    const orFailed = (error) => failed(error, requestedAt);
    if (request.as !== 'production') {
        return await moveAlias(project, request, deploymentId, () => clock.now()).catch(orFailed);
    }
    const moved = await project.rollBack(deploymentId, { description: request.reason.slice(0, 250) }).catch(orFailed);
    if (moved.outcome !== 'failed' || moved.reasonCode !== 'vercel_plan' || !request.promoteInstead)
        return moved;
    log('The plan refuses rollbacks; the target is promoted instead, as the configuration says (FRB-04)');
    return await project.promote(deploymentId, {}).catch(orFailed);
}
function failed(error, requestedAt) {
    return {
        outcome: 'failed',
        reasonCode: reasonCodeOf(error) ?? 'rollback_failed',
        message: messageOf(error),
        requestedAt,
        requests: 0,
    };
}
async function lockAfterwards(deps, request, first) {
    const lock = await first;
    return isHeld(lock) ? lock : await settle(lockFor(deps, request));
}
/** Vercel switches auto-assign off after a rollback and on after a promotion (traps 1, 2); while the lock holds it is off. */
async function keepAutoAssignOff({ project }, request, moved, warnings) {
    if (request.as !== 'production' || moved.outcome === 'failed')
        return;
    const off = await settle((async () => {
        const { autoAssign } = await project.readState();
        if (autoAssign !== false)
            await project.setAutoAssign(false);
    })());
    if ('error' in off)
        warnings.push(`Auto-assignment of production domains may be on: ${messageOf(off.error)}`);
}
function judge(request, moved) {
    const { outcome, reasonCode, message } = moved;
    const { environment, target } = request;
    if (outcome === 'moved')
        return { decision: 'rolled-back', reasonCode: 'rolled_back', message };
    if (outcome === 'already-current' && request.finishing === true) {
        const done = `${environment} serves ${target.deploymentId}: an earlier attempt of this run had moved the domains.`;
        return { decision: 'rolled-back', reasonCode: 'rolled_back', message: done };
    }
    if (outcome === 'already-current')
        return { decision: 'already-current', reasonCode, message };
    const deleted = reasonCode === 'target_gone' || reasonCode === 'vercel_not_found';
    const next = deleted
        ? `Next, at once: ops-actions releases --environment ${environment}, then ops-actions rollback --environment ${environment} --target <one of them>`
        : `Next, at once: vercel rollback ${target.deploymentId}, or in the Vercel dashboard Deployments > ... > Instant Rollback`;
    return {
        decision: 'failed',
        reasonCode: deleted ? 'rollback_target_deleted' : reasonCode,
        message: `${message} ${next}`,
    };
}
function placed(lock, lockedAt) {
    if (!isHeld(lock) || lockedAt === undefined)
        return {};
    return { lockId: lock.value.held ? lock.value.lock.id : lock.value.own.id, lockedAt };
}
async function recordOutcome({ github }, request, outcome, warnings) {
    const word = outcome.decision;
    const text = `${outcome.from ?? 'unknown'} -> ${outcome.to} ${outcome.reasonCode}`;
    const entries = [request.ledgerId, outcome.lockId ?? 0].filter((id) => id !== 0);
    for (const ledgerId of entries) {
        const written = await settle(openLedger(github, { ledgerId }).record('rollback', 'outcome', word, text));
        if ('error' in written)
            warnings.push(`The ledger could not be written: ${messageOf(written.error)}`);
    }
}
function reasonCodeOf(error) {
    const code = error?.reasonCode;
    return typeof code === 'string' ? code : undefined;
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}

;// CONCATENATED MODULE: ./packages/release/src/roll-back-by-hand.ts




/** How long the ledger may take before Vercel's own history has to do (S1). */
const ledgerPatienceMs = 5_000;
/** A rollback that a person asks for: ignores lock and freeze, is refused before any change when the target is not clear. */
async function rollBackByHand(deps, request) {
    const { project } = deps;
    const { settings } = request;
    const { environment } = settings;
    const warnings = [];
    const [ledger, state] = await Promise.all([readLedger(deps, request, warnings), project.readState()]);
    const history = await readHistory(project, settings, ledger.releases);
    const wanted = readWantedTarget(request.target);
    const current = history.currentDeploymentId;
    const began = beganEarlier(ledger, request);
    if ('reasonCode' in began)
        return { decision: 'refused', ...began, warnings };
    const holder = ledger.locks.findLast((lock) => lock.target !== undefined && lock.target.deploymentId === current);
    if (wanted.kind === 'previous' && holder?.target !== undefined && began.lock === undefined) {
        // Two people at 3 a.m.: the second "previous" must not go back one further.
        const message = `${environment} was already rolled back to ${holder.target.deploymentId} (${holder.reason}). To go back further, name the target.`;
        return {
            decision: 'already-current',
            reasonCode: 'already_rolled_back',
            message,
            warnings,
            target: { ...holder.target, adopted: false },
        };
    }
    const resolution = began.lock === undefined
        ? resolveTarget(wanted, history)
        : { target: { ...began.lock.target, adopted: false }, warnings: [] };
    if (!('target' in resolution))
        return { decision: 'refused', ...resolution, warnings };
    warnings.push(...resolution.warnings);
    const { target } = resolution;
    const running = ledger.releases.find((release) => isRunning(release, ledger.now));
    if (current === target.deploymentId && running === undefined && began.lock === undefined) {
        const message = `${environment} already serves ${nameOf(target)}; nothing was changed.`;
        return { decision: 'already-current', reasonCode: 'already_current', message, warnings, target };
    }
    if (request.dryRun) {
        const message = `Would lock ${environment} and move it from ${current ?? 'nothing'} to ${nameOf(target)}; nothing was changed.`;
        return {
            decision: 'planned',
            reasonCode: 'dry_run',
            message,
            warnings,
            target,
            ...(current === undefined ? {} : { from: current }),
        };
    }
    const from = began.lock?.from ?? current;
    const leaving = ledger.releases.find((release) => release.deploymentId === from);
    // The newest original that is recorded: the project itself may show what an earlier rollback left (trap 1).
    const autoAssign = ledger.locks.at(-1)?.autoAssign ?? running?.autoAssign ?? state.autoAssign ?? false;
    const rollback = await rollBack(deps, {
        ...placeOf(settings),
        environment,
        production: settings.production,
        key: request.key,
        runId: request.runId,
        runUrl: request.runUrl,
        commit: request.commit,
        ledgerId: leaving?.id ?? 0,
        from,
        target,
        reason: request.reason,
        automatic: false,
        finishing: began.lock !== undefined,
        autoAssign,
        lockExpiryMs: request.lockExpiryMs,
        promoteInstead: request.promoteInstead,
    });
    const left = leaving?.version ?? history.deployments.find(({ id }) => id === from)?.meta.opsVersion;
    warnings.push(...rollback.warnings);
    return { decision: rollback.decision, rollback, target, left, autoAssign, warnings };
}
/**
 * What an earlier attempt of this very run did: its open lock says what is to be brought to its end; where that was lifted, or
 * another rollback came later, running again must not move anything (S4).
 */
function beganEarlier({ locks, own }, { key, settings }) {
    const lock = locks.find((entry) => entry.key === key && entry.target !== undefined);
    const later = locks.findLast((entry) => entry.target !== undefined);
    if (lock !== undefined && later !== undefined && later.id > lock.id) {
        return {
            reasonCode: 'superseded',
            message: `${(0,src_lock.describeLock)(later)} It came later than this run: nothing was done.`,
        };
    }
    if (lock === undefined && own.some(({ releasedAt }) => releasedAt !== undefined)) {
        const message = `This run rolled ${settings.environment} back already, and its lock was lifted: nothing was done. Start a new rollback instead of running an old one again.`;
        return { reasonCode: 'superseded', message };
    }
    return { lock };
}
/** Longer than a job may run: an entry still open after this has lost its runner. */
const longestRunMs = 6 * 60 * 60 * 1000;
function isRunning(release, now) {
    return release.decision === undefined && now - release.openedAt < longestRunMs;
}
function nameOf(target) {
    return target.version === undefined ? target.deploymentId : `${target.version} (${target.deploymentId})`;
}
async function readLedger({ github, clock }, { settings: { environment }, key, repeated }, warnings) {
    const read = Promise.all([
        readRecentReleases(github, environment),
        (0,src_lock.readOpenLocks)(github, environment),
        repeated === true ? (0,src_lock.readOwnLocks)(github, { environment, key }) : [],
    ]).then(([releases, locks, own]) => ({ releases, locks, own, now: github.serverTime() }), (error) => error);
    const given = new AbortController();
    const patience = clock.sleep(ledgerPatienceMs, given.signal).then(() => undefined, () => undefined);
    const answer = await Promise.race([read, patience]);
    given.abort();
    if (answer !== undefined && !(answer instanceof Error))
        return answer;
    const why = answer === undefined ? 'GitHub does not answer' : answer.message;
    warnings.push(`The ledger could not be read (${why}): the target comes from Vercel’s own history, verdicts are not known`);
    return { releases: [], locks: [], own: [], now: clock.now() };
}


/***/ })

};
