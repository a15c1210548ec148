export const id = 165;
export const ids = [165];
export const modules = {

/***/ 4165:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   findPostgres: () => (/* binding */ findPostgres)
/* harmony export */ });
/* unused harmony exports PostgresMissing, listPostgres, installLine, isRoot */
/* harmony import */ var node_child_process__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1421);
/* harmony import */ var node_child_process__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_child_process__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1455);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__webpack_require__.n(node_fs_promises__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6760);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2___default = /*#__PURE__*/__webpack_require__.n(node_path__WEBPACK_IMPORTED_MODULE_2__);
/* harmony import */ var node_util__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(7975);
/* harmony import */ var node_util__WEBPACK_IMPORTED_MODULE_3___default = /*#__PURE__*/__webpack_require__.n(node_util__WEBPACK_IMPORTED_MODULE_3__);




/** No suitable PostgreSQL is installed; `installLine` is what to type. */
class PostgresMissing extends Error {
    reasonCode = 'postgres_tools_missing';
    installLine;
    constructor(message, installLine) {
        super(`${message}. Install it with: ${installLine}`);
        this.name = 'PostgresMissing';
        this.installLine = installLine;
    }
}
/** Folders whose children are versions, with the path from a child to its programs. */
const versionedFolders = [
    ['/usr/lib/postgresql', /^\d+$/, 'bin'],
    ['/usr', /^pgsql-\d+$/, 'bin'],
    ['/usr/libexec', /^postgresql\d+$/, ''],
    ['/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'],
    ['/usr/local/opt', /^postgresql@\d+$/, 'bin'],
    ['/home/linuxbrew/.linuxbrew/opt', /^postgresql@\d+$/, 'bin'],
    ['/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'],
];
/** Every PostgreSQL on this machine, newest major first: the distribution's versioned folders, then PATH. */
async function listPostgres(path = process.env.PATH ?? '') {
    const versioned = await Promise.all(versionedFolders.map(async ([parent, child, inside]) => {
        const names = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.readdir)(parent).catch(() => []);
        return names.filter((name) => child.test(name)).map((name) => (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(parent, name, inside));
    }));
    const onPath = await Promise.all(path
        .split(node_path__WEBPACK_IMPORTED_MODULE_2__.delimiter)
        .filter((folder) => folder !== '')
        .flatMap((folder) => ['postgres', 'pg_dump'].map((program) => programFolder((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, program)))));
    const folders = [...new Set([...versioned.flat(), ...onPath.filter((folder) => folder !== undefined)])];
    const described = await Promise.all(folders.map(describe));
    return described.filter((found) => found !== undefined).sort((a, b) => b.major - a.major);
}
/**
 * The programs of a major version, or of the newest one; with `server` also initdb and postgres.
 * @throws PostgresMissing with the line that installs it.
 */
async function findPostgres(wanted = {}) {
    const all = await listPostgres();
    const fitting = all.find((found) => (wanted.major === undefined || found.major === wanted.major) && (wanted.server !== true || found.server));
    if (fitting !== undefined)
        return fitting;
    const name = `PostgreSQL ${wanted.major === undefined ? '' : `${wanted.major} `}${wanted.server === true ? 'server programs' : 'client programs'}`;
    const found = all.map((one) => `${one.version} in ${one.directory}${one.server ? '' : ' (client only)'}`);
    throw new PostgresMissing(`${name} are not on this machine (found: ${found.length === 0 ? 'none' : found.join(', ')})`, await installLine(wanted));
}
/** The command that installs PostgreSQL with this system's package manager; a sentence where none is known. */
async function installLine(wanted = {}) {
    const manager = await packageManager();
    return manager === undefined
        ? 'the installer of https://www.postgresql.org/download/'
        : manager
            .steps(wanted)
            .map((step) => `${isRoot() || manager.asUser ? '' : 'sudo '}${step.join(' ')}`)
            .join(' && ');
}
const packageManagers = [
    {
        program: '/usr/bin/apt-get',
        asUser: false,
        steps: ({ major, server }) => {
            const package_ = server === true ? 'postgresql' : 'postgresql-client';
            const install = ['apt-get', 'install', '-y', '--no-install-recommends'];
            // Another major than the distribution's comes from the PostgreSQL project's own repository (PGDG).
            return major === undefined
                ? [
                    ['apt-get', 'update'],
                    [...install, package_],
                ]
                : [
                    [...install, 'postgresql-common', 'ca-certificates'],
                    ['/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh', '-y'],
                    [...install, `${package_}-${major}`],
                ];
        },
    },
    {
        program: '/sbin/apk',
        asUser: false,
        steps: ({ major, server }) => [['apk', 'add', `postgresql${major ?? ''}${server === true ? '' : '-client'}`]],
    },
    {
        program: '/usr/bin/dnf',
        asUser: false,
        steps: ({ major, server }) => [
            ['dnf', 'install', '-y', `postgresql${major ?? ''}${server === true ? '-server' : ''}`],
        ],
    },
    {
        program: '/opt/homebrew/bin/brew',
        asUser: true,
        steps: ({ major }) => [['brew', 'install', `postgresql@${major ?? 17}`]],
    },
];
async function packageManager() {
    for (const manager of packageManagers) {
        if (await isExecutable(manager.program))
            return manager;
    }
    return undefined;
}
/** True for user 0, which PostgreSQL's server programs refuse to run under. */
function isRoot() {
    return process.getuid?.() === 0;
}
async function programFolder(program) {
    if (!(await isExecutable(program)))
        return undefined;
    const real = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.realpath)(program);
    // Debian's /usr/bin/pg_dump is a script that chooses a version.
    return real.endsWith('pg_wrapper') ? undefined : (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(real, '..');
}
async function describe(directory) {
    const client = await Promise.all(['pg_dump', 'pg_restore'].map((name) => isExecutable((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(directory, name))));
    if (client.includes(false))
        return undefined;
    const parts = await Promise.all(['initdb', 'postgres'].map((name) => isExecutable((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(directory, name))));
    try {
        const { stdout } = await (0,node_util__WEBPACK_IMPORTED_MODULE_3__.promisify)(node_child_process__WEBPACK_IMPORTED_MODULE_0__.execFile)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(directory, 'pg_dump'), ['--version'], {
            env: {},
            timeout: 10_000,
        });
        const [, version] = /\(PostgreSQL\) (\d+[\w.]*)/.exec(stdout) ?? [];
        if (version === undefined)
            return undefined;
        return { directory, major: Number.parseInt(version, 10), version, server: !parts.includes(false) };
    }
    catch {
        return undefined;
    }
}
async function isExecutable(path) {
    try {
        await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.access)(path, node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.constants.X_OK);
        return true;
    }
    catch {
        return false;
    }
}


/***/ })

};
