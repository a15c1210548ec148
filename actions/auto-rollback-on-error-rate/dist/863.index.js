export const id = 863;
export const ids = [863];
export const modules = {

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


/***/ })

};
