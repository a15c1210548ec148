export const id = 827;
export const ids = [827];
export const modules = {

/***/ 8827:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   probeSource: () => (/* binding */ probeSource)
/* harmony export */ });
/* harmony import */ var _probe_rounds_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4702);

/** Our own checks as the only source: needs no account; it says that the checks pass, not that users are well. */
function probeSource(rounds) {
    return {
        name: 'probe',
        granularityMs: 0,
        denominator: 'own probes',
        readAfterMs: [0],
        looksBack: false,
        async open() { },
        async read(from, until, intervalMs) {
            return (0,_probe_rounds_js__WEBPACK_IMPORTED_MODULE_0__/* .bucketsOfRounds */ .u)(rounds, from, until, intervalMs);
        },
        async close() { },
    };
}


/***/ })

};
