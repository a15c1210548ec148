export const id = 58;
export const ids = [58];
export const modules = {

/***/ 2058:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  findPostgres: () => (/* binding */ findPostgres)
});

// UNUSED EXPORTS: PostgresMissing, installLine, isRoot, listPostgres

// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __webpack_require__(1421);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(7975);
// EXTERNAL MODULE: ./packages/child-process/src/run-tool.ts + 5 modules
var run_tool = __webpack_require__(705);
;// CONCATENATED MODULE: ./packages/backup/src/docker-postgres.ts

/** Pulled where no major is asked for. */
const standardMajor = 17;
/** What the docker command needs to find its daemon; nothing else of the environment reaches it. */
function dockerEnvironment() {
    const names = [
        'HOME',
        'DOCKER_HOST',
        'DOCKER_CONTEXT',
        'DOCKER_CONFIG',
        'DOCKER_CERT_PATH',
        'DOCKER_TLS_VERIFY',
        'XDG_RUNTIME_DIR',
    ];
    return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
/**
 * PostgreSQL from an official image (`postgres:<major>`) that this machine's Docker has, or with `pull` fetches. Only on
 * Linux: elsewhere the sockets of a container are not those of the host.
 */
async function findDockerPostgres(wanted) {
    if (process.platform !== 'linux')
        return undefined;
    const listed = await docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'postgres'], 10_000);
    if (listed === undefined)
        return undefined;
    const image = chooseImage(listed.split('\n'), wanted.major) ?? (wanted.pull ? await pull(wanted.major) : undefined);
    if (image === undefined)
        return undefined;
    const answer = await docker(['run', '--rm', '--network', 'none', '--entrypoint', 'pg_dump', image, '--version'], 60_000);
    const [, version] = /\(PostgreSQL\) (\d+[\w.]*)/.exec(answer ?? '') ?? [];
    if (version === undefined)
        return undefined;
    return { directory: '', image, major: Number.parseInt(version, 10), version, server: true };
}
/** The image of a major version, or of the newest one. Pure. */
function chooseImage(images, major) {
    const known = images.flatMap((image) => {
        const [, tag] = /^postgres:(\d+)(?:[.-].*)?$/.exec(image) ?? [];
        return tag === undefined ? [] : [{ image, major: Number(tag) }];
    });
    const fitting = known.filter((one) => major === undefined || one.major === major);
    return fitting.sort((a, b) => b.major - a.major || a.image.length - b.image.length)[0]?.image;
}
/** Ends a container that outlived its owner; one that is gone is fine. */
async function removeContainer(name) {
    await docker(['rm', '--force', name], 20_000);
}
async function pull(major) {
    const image = `postgres:${major ?? standardMajor}`;
    return (await docker(['pull', '--quiet', image], 300_000)) === undefined ? undefined : image;
}
/** Its output, or undefined where there is no docker command, no daemon, or it failed. */
async function docker(args, deadlineMs) {
    try {
        const result = await (0,run_tool/* runTool */.q)({ command: 'docker', args, environment: dockerEnvironment(), deadlineMs });
        return result.exitCode === 0 ? result.stdout : undefined;
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./packages/backup/src/install-line.ts

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
/** True for a file that we may execute. */
async function isExecutable(path) {
    try {
        await (0,promises_.access)(path, promises_.constants.X_OK);
        return true;
    }
    catch {
        return false;
    }
}

;// CONCATENATED MODULE: ./packages/backup/src/find-postgres.ts







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
        const names = await (0,promises_.readdir)(parent).catch(() => []);
        return names.filter((name) => child.test(name)).map((name) => (0,external_node_path_.join)(parent, name, inside));
    }));
    const onPath = await Promise.all(path
        .split(external_node_path_.delimiter)
        .filter((folder) => folder !== '')
        .flatMap((folder) => ['postgres', 'pg_dump'].map((program) => programFolder((0,external_node_path_.join)(folder, program)))));
    const folders = [...new Set([...versioned.flat(), ...onPath.filter((folder) => folder !== undefined)])];
    const described = await Promise.all(folders.map(describe));
    return described.filter((found) => found !== undefined).sort((a, b) => b.major - a.major);
}
/**
 * The programs of a major version: installed ones, else those of an official image that Docker has.
 * @throws PostgresMissing with the line that installs it.
 */
async function findPostgres(wanted = {}) {
    const all = await listPostgres();
    const fitting = all.find((found) => (wanted.major === undefined || found.major === wanted.major) && (wanted.server !== true || found.server));
    const found = fitting ?? (await findDockerPostgres(wanted));
    if (found !== undefined)
        return found;
    const name = `PostgreSQL ${wanted.major === undefined ? '' : `${wanted.major} `}${wanted.server === true ? 'server programs' : 'client programs'}`;
    const others = all.map((one) => `${one.version} in ${one.directory}${one.server ? '' : ' (client only)'}`);
    throw new PostgresMissing(`${name} are not on this machine (found: ${others.length === 0 ? 'none' : others.join(', ')}; and Docker has no image postgres:${wanted.major ?? '<major>'})`, await installLine(wanted));
}
async function programFolder(program) {
    if (!(await isExecutable(program)))
        return undefined;
    const real = await (0,promises_.realpath)(program);
    // Debian's /usr/bin/pg_dump is a script that chooses a version.
    return real.endsWith('pg_wrapper') ? undefined : (0,external_node_path_.join)(real, '..');
}
async function describe(directory) {
    const client = await Promise.all(['pg_dump', 'pg_restore'].map((name) => isExecutable((0,external_node_path_.join)(directory, name))));
    if (client.includes(false))
        return undefined;
    const parts = await Promise.all(['initdb', 'postgres'].map((name) => isExecutable((0,external_node_path_.join)(directory, name))));
    try {
        const { stdout } = await (0,external_node_util_.promisify)(external_node_child_process_.execFile)((0,external_node_path_.join)(directory, 'pg_dump'), ['--version'], {
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


/***/ })

};
