export const id = 417;
export const ids = [417];
export const modules = {

/***/ 21417:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   artifactDestination: () => (/* binding */ artifactDestination)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(73024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(51455);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__webpack_require__.n(node_fs_promises__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(76760);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2___default = /*#__PURE__*/__webpack_require__.n(node_path__WEBPACK_IMPORTED_MODULE_2__);
/* harmony import */ var _backup_error_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(31203);
/* harmony import */ var _destination_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(69752);





/**
 * Artifacts of this run. The store takes files, so the encrypted object passes through `temporary`; it is removed after
 * the upload, and what is read back comes from the store.
 */
function artifactDestination(store, temporary) {
    const ids = new Map();
    return {
        kind: 'artifact',
        description: 'artifact of this run',
        async write(name, source) {
            const folder = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.mkdtemp)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(temporary, 'backup-upload-'));
            try {
                await (0,_destination_js__WEBPACK_IMPORTED_MODULE_3__/* .directoryDestination */ .U)(folder).write(name, source);
                ids.set(name, (await store.upload(name, (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, name))).id);
            }
            catch (error) {
                if (error instanceof _backup_error_js__WEBPACK_IMPORTED_MODULE_4__/* .BackupFailed */ .M)
                    throw error;
                throw new _backup_error_js__WEBPACK_IMPORTED_MODULE_4__/* .BackupFailed */ .M('destination_failed', `artifact ${name}: ${error.message}`, { cause: error });
            }
            finally {
                await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(folder, { recursive: true, force: true });
            }
        },
        async *read(name) {
            const id = ids.get(name);
            if (id === undefined)
                throw new _backup_error_js__WEBPACK_IMPORTED_MODULE_4__/* .BackupFailed */ .M('destination_failed', `artifact ${name} was not stored by this run`);
            const folder = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.mkdtemp)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(temporary, 'backup-read-'));
            try {
                await store.download(id, folder);
                yield* (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.createReadStream)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, name));
            }
            finally {
                await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(folder, { recursive: true, force: true });
            }
        },
    };
}


/***/ })

};
