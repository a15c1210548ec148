export const id = 786;
export const ids = [786];
export const modules = {

/***/ 14786:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   readReference: () => (/* binding */ readReference)
/* harmony export */ });
/* harmony import */ var _http_client__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(82659);

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


/***/ })

};
