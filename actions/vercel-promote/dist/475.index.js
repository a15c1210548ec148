export const id = 475;
export const ids = [475];
export const modules = {

/***/ 6475:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ConfigError: () => (/* binding */ ConfigError)
/* harmony export */ });
/* unused harmony export describeConfigProblem */
/** All mistakes of the configuration at once, sorted by file and line. */
class ConfigError extends Error {
    name = 'ConfigError';
    reasonCode = 'bad_config';
    problems;
    constructor(problems) {
        const sorted = [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
        super(sorted.map(describeConfigProblem).join('\n'));
        this.problems = sorted;
    }
}
/** `file:line:column path: message. Allowed: …` */
function describeConfigProblem({ file, line, column, path, message, allowed }) {
    const place = `${file}:${line}${column === undefined ? '' : `:${column}`}`;
    return `${place} ${path ? `${path}: ` : ''}${message}${allowed ? `. Allowed: ${allowed}` : ''}`;
}


/***/ })

};
