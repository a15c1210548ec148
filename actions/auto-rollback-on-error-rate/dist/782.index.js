export const id = 782;
export const ids = [782,863];
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


/***/ })

};
