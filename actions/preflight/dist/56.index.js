export const id = 56;
export const ids = [56];
export const modules = {

/***/ 56:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   DatabaseUrlError: () => (/* binding */ DatabaseUrlError),
/* harmony export */   describeDatabase: () => (/* binding */ describeDatabase),
/* harmony export */   isLocalHost: () => (/* binding */ isLocalHost),
/* harmony export */   parseDatabaseUrl: () => (/* binding */ parseDatabaseUrl)
/* harmony export */ });
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7030);
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_net__WEBPACK_IMPORTED_MODULE_0__);

/** All mistakes of a connection string at once; none of them repeats the string or its password. */
class DatabaseUrlError extends Error {
    problems;
    constructor(problems) {
        super(`the database connection string cannot be used: ${problems.join('; ')}`);
        this.name = 'DatabaseUrlError';
        this.problems = problems;
    }
}
const transactionPooler = 'port 6543 is the transaction pooler: it loses session locks, SET and NOTIFY between statements, so migrations and pg_dump are not safe there (trap 8); use the session pooler, same host with port 5432';
/** @throws DatabaseUrlError with every mistake. */
function parseDatabaseUrl(text) {
    const url = readUrl(text.trim());
    const problems = [];
    const query = url.searchParams;
    const host = query.get('host') ?? decode(url.hostname, 'host', problems).replace(/^\[|\]$/g, '');
    const port = Number(query.get('port') ?? (url.port === '' ? 5432 : url.port));
    const user = query.get('user') ?? decode(url.username, 'user', problems);
    const password = query.get('password') ?? decode(url.password, 'password', problems);
    const database = decode(url.pathname.slice(1), 'database', problems) || query.get('dbname') || user;
    if (host === '')
        problems.push('the host is missing');
    if (host.includes(','))
        problems.push('several hosts are given: name the primary only');
    if (user === '')
        problems.push('the user is missing');
    if (!Number.isInteger(port) || port < 1 || port > 65535)
        problems.push('the port is not a number from 1 to 65535');
    if (port === 6543)
        problems.push(transactionPooler);
    if (/^\[?your-password\]?$/i.test(password))
        problems.push('the password is still the placeholder of the dashboard');
    if (host.endsWith('.pooler.supabase.com') && !user.includes('.')) {
        problems.push('the user of the Supabase pooler is postgres.<project ref>, not postgres');
    }
    const local = isLocalHost(host);
    const given = query.get('sslmode');
    const tls = tlsMode(given, local, problems);
    if (problems.length > 0)
        throw new DatabaseUrlError(problems);
    const rootCertificate = query.get('sslrootcert');
    const options = query.get('options');
    return {
        host,
        port,
        user,
        ...(password === '' ? {} : { password }),
        database,
        tls,
        ...(rootCertificate === null || rootCertificate === 'system' ? {} : { rootCertificate }),
        ...(options === null ? {} : { options }),
        local,
        ...(local || tls === 'verify-full'
            ? {}
            : { weakening: `sslmode=${given} does not prove that the server is the right one` }),
    };
}
/** True for Unix sockets, localhost, 127.0.0.0/8 and ::1. */
function isLocalHost(host) {
    return (host.startsWith('/') || host === 'localhost' || host === '::1' || ((0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(host) === 4 && host.startsWith('127.')));
}
/** `host:port/database`, for messages. */
function describeDatabase(settings) {
    return `${settings.host}:${settings.port}/${settings.database}`;
}
function readUrl(text) {
    const expected = 'expected postgresql://user:password@host:5432/database';
    if (text === '')
        throw new DatabaseUrlError([`it is empty; ${expected}`]);
    if (!/^postgres(ql)?:\/\//.test(text))
        throw new DatabaseUrlError([`it does not start with postgresql://; ${expected}`]);
    // libpq reads user@/database?host=/socket, the URL standard wants a host after the user.
    const complete = /[?&]host=/.test(text) ? text.replace(/^([a-z]+:\/\/[^/?#@]*@)(?=[/?#])/, '$1localhost') : text;
    try {
        return new URL(complete);
    }
    catch {
        const hint = 'percent-encode special characters of the password (@ is %40, # is %23, / is %2F, : is %3A)';
        throw new DatabaseUrlError([`it is not a valid URL; ${expected}; ${hint}`]);
    }
}
function decode(text, part, problems) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        problems.push(`the ${part} contains a % that is not percent-encoded (write %25)`);
        return '';
    }
}
function tlsMode(given, local, problems) {
    switch (given) {
        case null:
            return local ? 'disable' : 'verify-full';
        case 'disable':
            if (!local)
                problems.push('sslmode=disable would send the password in clear text to a remote host');
            return 'disable';
        case 'allow':
        case 'prefer':
        case 'require':
        case 'no-verify':
            return local ? 'disable' : 'require';
        case 'verify-ca':
        case 'verify-full':
            return given;
        default:
            problems.push('sslmode is none of disable, require, verify-ca, verify-full');
            return 'verify-full';
    }
}


/***/ })

};
