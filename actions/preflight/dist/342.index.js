export const id = 342;
export const ids = [342,56];
export const modules = {

/***/ 2342:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  DatabaseUnreachable: () => (/* binding */ DatabaseUnreachable),
  connect: () => (/* binding */ connect),
  libpqEnvironment: () => (/* binding */ libpqEnvironment)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: ./node_modules/pg/esm/index.mjs
var esm = __webpack_require__(3849);
// EXTERNAL MODULE: ./packages/postgres/src/database-url.ts
var database_url = __webpack_require__(56);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
;// CONCATENATED MODULE: ./packages/postgres/src/platform-authorities.ts

/**
 * The two production roots of Supabase (valid to 2031 and 2035), which no operating system carries: without them no
 * verified connection to a Supabase project is possible. They are the ones inside the Supabase CLI 3.1.0; a test compares.
 */
const supabaseAuthorities = [
    `-----BEGIN CERTIFICATE-----
MIIDxDCCAqygAwIBAgIUbLxMod62P2ktCiAkxnKJwtE9VPYwDQYJKoZIhvcNAQEL
BQAwazELMAkGA1UEBhMCVVMxEDAOBgNVBAgMB0RlbHdhcmUxEzARBgNVBAcMCk5l
dyBDYXN0bGUxFTATBgNVBAoMDFN1cGFiYXNlIEluYzEeMBwGA1UEAwwVU3VwYWJh
c2UgUm9vdCAyMDIxIENBMB4XDTIxMDQyODEwNTY1M1oXDTMxMDQyNjEwNTY1M1ow
azELMAkGA1UEBhMCVVMxEDAOBgNVBAgMB0RlbHdhcmUxEzARBgNVBAcMCk5ldyBD
YXN0bGUxFTATBgNVBAoMDFN1cGFiYXNlIEluYzEeMBwGA1UEAwwVU3VwYWJhc2Ug
Um9vdCAyMDIxIENBMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqQXW
QyHOB+qR2GJobCq/CBmQ40G0oDmCC3mzVnn8sv4XNeWtE5XcEL0uVih7Jo4Dkx1Q
DmGHBH1zDfgs2qXiLb6xpw/CKQPypZW1JssOTMIfQppNQ87K75Ya0p25Y3ePS2t2
GtvHxNjUV6kjOZjEn2yWEcBdpOVCUYBVFBNMB4YBHkNRDa/+S4uywAoaTWnCJLUi
cvTlHmMw6xSQQn1UfRQHk50DMCEJ7Cy1RxrZJrkXXRP3LqQL2ijJ6F4yMfh+Gyb4
O4XajoVj/+R4GwywKYrrS8PrSNtwxr5StlQO8zIQUSMiq26wM8mgELFlS/32Uclt
NaQ1xBRizkzpZct9DwIDAQABo2AwXjALBgNVHQ8EBAMCAQYwHQYDVR0OBBYEFKjX
uXY32CztkhImng4yJNUtaUYsMB8GA1UdIwQYMBaAFKjXuXY32CztkhImng4yJNUt
aUYsMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAB8spzNn+4VU
tVxbdMaX+39Z50sc7uATmus16jmmHjhIHz+l/9GlJ5KqAMOx26mPZgfzG7oneL2b
VW+WgYUkTT3XEPFWnTp2RJwQao8/tYPXWEJDc0WVQHrpmnWOFKU/d3MqBgBm5y+6
jB81TU/RG2rVerPDWP+1MMcNNy0491CTL5XQZ7JfDJJ9CCmXSdtTl4uUQnSuv/Qx
Cea13BX2ZgJc7Au30vihLhub52De4P/4gonKsNHYdbWjg7OWKwNv/zitGDVDB9Y2
CMTyZKG3XEu5Ghl1LEnI3QmEKsqaCLv12BnVjbkSeZsMnevJPs1Ye6TjjJwdik5P
o/bKiIz+Fq8=
-----END CERTIFICATE-----
`,
    `-----BEGIN CERTIFICATE-----
MIIDxzCCAq+gAwIBAgIUeX+gpfmsRW9asFkRvjyXjHxbfgcwDQYJKoZIhvcNAQEL
BQAwazELMAkGA1UEBhMCVVMxEDAOBgNVBAgMB0RlbHdhcmUxEzARBgNVBAcMCk5l
dyBDYXN0bGUxFTATBgNVBAoMDFN1cGFiYXNlIEluYzEeMBwGA1UEAwwVU3VwYWJh
c2UgUm9vdCAyMDIxIENBMB4XDTI1MDkwMzA4MDEyNVoXDTM1MDkwMTA4MDEyNVow
azELMAkGA1UEBhMCVVMxEDAOBgNVBAgMB0RlbHdhcmUxEzARBgNVBAcMCk5ldyBD
YXN0bGUxFTATBgNVBAoMDFN1cGFiYXNlIEluYzEeMBwGA1UEAwwVU3VwYWJhc2Ug
Um9vdCAyMDIxIENBMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5Ve7
i9UAmc7luUilELPtqzEk8nGHxg7nY0aCStr625M7+K4OPO6RUllTsHh47k1jWyzm
LXLlyYwCsYCjQp+3vn06H+F/HRUxBt6CK2B7bNng230exTunk0xFvfkX6YgHR7B3
1B7L25Rq3PhuRFPV4hnGYRam2XBZC4UNPqoAgrhV0HOYzXXAVoTr2yaBTMnB331Z
RwOmINh7eqTCk/JRZbb6vfZOhZRAVAe9AoRLoG8aKwmeoLGwlu0UuFx6z3E+6bmA
fSNa8Lx02GEoCdPLw9IRKUFq/SgBpQUKm44H1fDwTjH2CMM0N4p0mL/6wXnNeHvt
C40MmKZ0RcVmHE5wBwIDAQABo2MwYTAdBgNVHQ4EFgQUjvEE541toZcwtXQlZlcB
YOBRTnowHwYDVR0jBBgwFoAUjvEE541toZcwtXQlZlcBYOBRTnowDwYDVR0TAQH/
BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAYYwDQYJKoZIhvcNAQELBQADggEBACD5IcGP
XKvS9qg0CgEQPFqYavt5c7P+0xxFgiZe+xoG8fUw58yNeK2APtgGPRpxEOGfAlNx
z9HDt4gcyHEE00B3qAVDm49pqNxioFWzNqU2LGfM/HL1QmN6urR7hCOkVCJddvOc
FhFX4nZDuRfaBboDvS5HlK3Pzxddp9hvrJi2bemr8HLqYc3HzmVckgPGSLML6t+h
4LRCXSlQsDgQ1LZ4KHsl4cq7K51N6FOXQBLB5q4lMKhs0VUhCT8Pdsj12+84laCV
c22q6p2mdT9SaernCSRnWazXWisgpjv3H7Ex4S1DCYjJIwn3PUToGFv1r8YRN2/S
O19yVSxxCIf64Sg=
-----END CERTIFICATE-----
`,
];
/** True for databases that Supabase runs: the direct host and the pooler. */
function isSupabaseHost(host) {
    return /\.(supabase\.co|supabase\.com)$/.test(host);
}
/** PEM certificates that a host's own may be signed by: the well-known ones, and the platform's for its hosts (S30). */
function authoritiesOf(host) {
    return isSupabaseHost(host) ? [...external_node_tls_.rootCertificates, ...supabaseAuthorities] : undefined;
}

;// CONCATENATED MODULE: ./packages/postgres/src/connection.ts




/** The database did not let us in; the message says why and what to try, never the password. */
class DatabaseUnreachable extends Error {
    code;
    constructor(message, code) {
        super(message);
        this.name = 'DatabaseUnreachable';
        this.code = code;
    }
}
/** Opens a session. @throws DatabaseUrlError for a bad string, DatabaseUnreachable when it cannot be opened. */
async function connect(url, options) {
    options.signal?.throwIfAborted();
    const settings = (0,database_url.parseDatabaseUrl)(url);
    const client = new esm/* default.Client */.Ay.Client({
        host: settings.host,
        port: settings.port,
        user: settings.user,
        database: settings.database,
        // A function keeps pg from looking for a .pgpass file of the runner.
        password: () => settings.password ?? '',
        ssl: tlsOptions(settings),
        application_name: options.applicationName,
        ...(settings.options === undefined ? {} : { options: settings.options }),
        connectionTimeoutMillis: options.connectTimeoutMs ?? 15_000,
        keepAlive: true,
        // libuv sends a probe every second after this, ten times: a black hole is noticed within 30 s (S28).
        keepAliveInitialDelayMillis: 10_000,
    });
    // Without a listener a lost connection would end the process; the query under way reports it.
    client.on('error', () => { });
    const abort = () => void client.end().catch(() => { });
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
        await client.connect();
        const timeouts = `SET statement_timeout = ${whole(options.statementTimeoutMs)}; SET lock_timeout = ${whole(options.lockTimeoutMs)};`;
        await client.query(timeouts);
        const { rows } = await client.query(`SELECT pg_backend_pid() AS pid, current_setting('server_version_num') AS version`);
        const [first] = rows;
        return session(client, settings, first?.pid ?? 0, Number(first?.version ?? 0), () => options.signal?.removeEventListener('abort', abort));
    }
    catch (error) {
        options.signal?.removeEventListener('abort', abort);
        await client.end().catch(() => { });
        options.signal?.throwIfAborted();
        throw unreachable(settings, error);
    }
}
function whole(milliseconds) {
    return Math.max(0, Math.round(milliseconds ?? 0));
}
function session(client, settings, processId, serverVersion, closed) {
    return {
        settings,
        processId,
        serverVersion,
        async query(sql, values = []) {
            const answer = await client.query(values.length === 0 ? { text: sql } : { text: sql, values });
            return (Array.isArray(answer) ? answer.at(-1)?.rows : answer.rows) ?? [];
        },
        async run(sql) {
            const tags = [];
            const count = (message) => tags.push(message.text);
            // pg does not say which statement of a message failed; the protocol does.
            const wire = client.connection;
            wire.on('commandComplete', count);
            try {
                await client.query(sql);
                return tags;
            }
            catch (error) {
                throw Object.assign(error, { completed: tags.length });
            }
            finally {
                wire.off('commandComplete', count);
            }
        },
        async close() {
            closed();
            await client.end().catch(() => { });
        },
    };
}
function tlsOptions(settings) {
    if (settings.tls === 'disable')
        return false;
    const trusted = settings.rootCertificate === undefined
        ? authoritiesOf(settings.host)?.slice()
        : (0,external_node_fs_.readFileSync)(settings.rootCertificate, 'utf8');
    const ca = trusted === undefined ? {} : { ca: trusted };
    if (settings.tls === 'require')
        return { rejectUnauthorized: false };
    if (settings.tls === 'verify-ca')
        return { rejectUnauthorized: true, checkServerIdentity: () => undefined, ...ca };
    return { rejectUnauthorized: true, ...ca };
}
/** Where distributions keep their certificate authorities; libpq before 16 knows no `sslrootcert=system`. */
const systemCertificates = [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/pki/tls/certs/ca-bundle.crt',
    '/etc/ssl/cert.pem',
];
/**
 * The connection as libpq's environment variables, for pg_dump and friends: never in argv (S13). `authoritiesFile` is one
 * of certificates for hosts whose authority the system does not know (`authoritiesOf`).
 */
function libpqEnvironment(settings, applicationName, authoritiesFile) {
    const verifies = settings.tls === 'verify-ca' || settings.tls === 'verify-full';
    const authorities = settings.rootCertificate ?? authoritiesFile ?? systemCertificates.find((path) => (0,external_node_fs_.existsSync)(path));
    return {
        PGHOST: settings.host,
        PGPORT: String(settings.port),
        PGUSER: settings.user,
        PGDATABASE: settings.database,
        PGAPPNAME: applicationName,
        PGCONNECT_TIMEOUT: '15',
        PGSSLMODE: settings.tls,
        // No password file and no service file of the runner is ever read.
        PGPASSFILE: '/dev/null',
        ...(settings.password === undefined ? {} : { PGPASSWORD: settings.password }),
        ...(settings.options === undefined ? {} : { PGOPTIONS: settings.options }),
        ...(verifies && authorities !== undefined ? { PGSSLROOTCERT: authorities } : {}),
    };
}
function unreachable(settings, error) {
    const { code, message } = error;
    const hint = hintFor(settings, code, message);
    const text = `cannot connect to ${(0,database_url.describeDatabase)(settings)} as ${settings.user}: ${message || code || 'no reason given'}`;
    return new DatabaseUnreachable(hint === '' ? text : `${text}. ${hint}`, code);
}
function hintFor(settings, code, message) {
    if (/^db\.[a-z0-9]+\.supabase\.co$/.test(settings.host)) {
        return 'Direct Supabase hosts answer on IPv6 only, which GitHub-hosted runners do not have: use the session pooler (Dashboard > Connect > Session pooler, port 5432) (trap 8)';
    }
    if (code === '28P01')
        return 'The password is wrong, or its special characters are not percent-encoded';
    if (/certificate/i.test(message) || code?.startsWith('ERR_TLS') === true) {
        return "The server's certificate is not signed by an authority known here: give the platform's CA file as ?sslrootcert=<path>; ?sslmode=require encrypts without proving who answers";
    }
    if (code !== undefined && notThere.has(code)) {
        return 'Check host and port of the connection string, and that the database runs: a paused Supabase project does not answer';
    }
    return '';
}
const notThere = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);


/***/ }),

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
