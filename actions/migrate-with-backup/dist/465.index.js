export const id = 465;
export const ids = [465];
export const modules = {

/***/ 41465:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  artifactStore: () => (/* binding */ artifactStore)
});

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(76760);
;// CONCATENATED MODULE: ./packages/action-kit/src/artifacts.ts

/** Stores one file as an artifact of this run, uncompressed; the artifact's id. Needs the runner's artifact service. */
async function uploadArtifact(name, file) {
    const client = await openClient();
    const { id } = await client.uploadArtifact(name, [file], (0,external_node_path_.dirname)(file), { compressionLevel: 0 });
    if (id === undefined)
        throw new Error(`GitHub stored artifact ${name} (${(0,external_node_path_.basename)(file)}) and gave no id for it`);
    return { id };
}
/** Puts the files of an artifact of this run into a folder. */
async function downloadArtifact(id, folder) {
    const client = await openClient();
    const { digestMismatch } = await client.downloadArtifact(id, { path: folder });
    if (digestMismatch === true)
        throw new Error(`artifact ${id} arrived with other bytes than GitHub stored`);
}
/** Loaded only where artifacts are used: the library is larger than any action of ours. */
async function openClient() {
    const { DefaultArtifactClient } = await __webpack_require__.e(/* import() */ 291).then(__webpack_require__.bind(__webpack_require__, 7291));
    return new DefaultArtifactClient();
}

;// CONCATENATED MODULE: ./actions/migrate-with-backup/src/artifact-store.ts

/** GitHub's artifacts as a store for backups. */
function artifactStore() {
    return { upload: uploadArtifact, download: downloadArtifact };
}


/***/ })

};
