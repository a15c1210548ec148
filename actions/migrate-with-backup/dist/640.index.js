export const id = 640;
export const ids = [640,475];
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


/***/ }),

/***/ 86640:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  loadConfig: () => (/* binding */ loadConfig)
});

// UNUSED EXPORTS: ConfigError, describeConfigProblem, environmentNames, mergeEnvironment

// EXTERNAL MODULE: ./packages/config/src/config-error.ts
var config_error = __webpack_require__(6475);
;// CONCATENATED MODULE: ./packages/config/src/did-you-mean.ts
/** The candidate that a person most likely meant, or undefined when none is near. */
function closest(word, candidates) {
    const wanted = word.toLowerCase().slice(0, 64);
    let best;
    for (const candidate of candidates) {
        const distance = editDistance(wanted, candidate.toLowerCase());
        if (!best || distance < best.distance)
            best = { candidate, distance };
    }
    const tolerated = Math.max(1, Math.floor(wanted.length / 3));
    return best && best.distance <= tolerated ? best.candidate : undefined;
}
/** Optimal string alignment: insertions, deletions, replacements, neighbours swapped. */
function editDistance(a, b) {
    let beforeLast = [];
    let last = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i += 1) {
        const row = [i];
        for (let j = 1; j <= b.length; j += 1) {
            const same = a[i - 1] === b[j - 1];
            let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
            const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
            if (swapped)
                cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
            row.push(cost);
        }
        beforeLast = last;
        last = row;
    }
    return last[b.length] ?? 0;
}

// EXTERNAL MODULE: ./packages/http/src/text.ts
var src_text = __webpack_require__(40507);
;// CONCATENATED MODULE: ./packages/config/src/forbidden-keys.ts
const forbidden = [
    {
        key: /(^|-)api-(url|address)$|^(base|api)-?url$/,
        reason: 'addresses that tokens are sent to cannot be set by a file of the branch; give the input (vercel-api-url, slack-api-url, …) in the workflow file',
    },
    {
        key: /(^|-)recipients?$/,
        reason: 'who can read the backups cannot be set by a file of the branch; give the input age-recipients in the workflow file',
    },
    {
        key: /(^|-)(token|password|secret|credentials?|api-key|routing-key|identity|private-key)s?$|^secrets?(-name)?s?$|^(database|smtp|webhook|slack-webhook)-url$/,
        reason: 'credentials and their names cannot be set by a file of the branch; give them as secrets in the workflow file (names as in the documentation, e.g. VERCEL_TOKEN)',
    },
    {
        key: /^throw-?away$/,
        reason: 'only the workflow file may say that the data of an environment may be lost; give the input throw-away there',
    },
    {
        key: /^allow-older$/,
        reason: 'only the workflow file may allow an older release; give the input allow-older there',
    },
    { key: /^phones?$/, reason: 'telephone numbers stay out of the repository' },
];
/** Why a key may never stand in ops.yml (S11) and where it belongs; undefined for any other key. */
function forbiddenKey(key) {
    return forbidden.find((entry) => entry.key.test(key.toLowerCase().replaceAll('_', '-')))?.reason;
}
const secretForms = /xox[abeoprs]-\w|AGE-SECRET-KEY-1|-----BEGIN [A-Z ]*PRIVATE KEY|\b(sbp|ghp|gho|ghs|github_pat|sk_live|rk_live|vcp|vca)_\w{8}|\w+:\/\/[^\s/:@]+:[^\s/@]+@|hooks\.slack(-gov)?\.com\/(services|workflows)\/\w|\beyJ[\w-]{10,}\.eyJ/;
/** True for a value that has the form of a token, a key or an address with a password. */
function looksSecret(value) {
    return typeof value === 'string' && secretForms.test(value);
}

// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(38815);
;// CONCATENATED MODULE: ./packages/config/src/read-document.ts


/** No ops.yml is longer; the limit keeps a hostile reference from costing memory. */
const longestFile = 256 * 1024;
/** Parses YAML 1.2 (JSON is a part of it). Syntax mistakes come back as problems, with `data` undefined. */
function readDocument(file, text) {
    const counter = new dist/* LineCounter */.HN();
    const tooLong = text.length > longestFile;
    const parsed = (0,dist/* parseDocument */.Tp)(tooLong ? '' : text, { lineCounter: counter, prettyErrors: false });
    const place = (offset) => {
        const { line, col } = counter.linePos(offset);
        return { line: Math.max(1, line), column: Math.max(1, col) };
    };
    const problems = [...parsed.errors, ...parsed.warnings].slice(0, 20).map((error) => ({
        file,
        ...place(error.pos[0]),
        path: '',
        message: `is not valid YAML: ${(0,src_text/* cleanText */.X)(error.message, 300)}`,
    }));
    if (tooLong)
        problems.push({ file, line: 1, path: '', message: 'is longer than 256 kB' });
    let data;
    try {
        data = problems.length === 0 ? parsed.toJS({ maxAliasCount: 100 }) : undefined;
    }
    catch (error) {
        problems.push({ file, line: 1, path: '', message: `is not valid YAML: ${(0,src_text/* cleanText */.X)(String(error), 300)}` });
    }
    const root = parsed.contents;
    if (isEndless(data)) {
        data = undefined;
        problems.push({ file, line: 1, path: '', message: 'is not valid YAML: an alias stands inside its own anchor' });
    }
    return { document: { file, data, locate: (path, part = 'value') => locate(root, path, part, place) }, problems };
}
/** JSON refuses what contains itself. */
function isEndless(data) {
    try {
        JSON.stringify(data);
        return false;
    }
    catch {
        return true;
    }
}
function locate(root, path, part, place) {
    let node = root;
    let found = root;
    for (const [index, step] of path.entries()) {
        let key = null;
        if ((0,dist/* isMap */.jh)(node)) {
            const pair = node.items.find((item) => (0,dist/* isScalar */.jn)(item.key) && String(item.key.value) === String(step));
            key = (pair?.key ?? null);
            node = (pair?.value ?? null);
        }
        else {
            node = (0,dist/* isSeq */.oP)(node) ? (node.items[Number(step)] ?? null) : null;
        }
        if (!key && !node)
            break;
        const last = index === path.length - 1;
        found = (last && part === 'value' ? (node ?? key) : (key ?? node)) ?? found;
    }
    return place(found?.range?.[0] ?? 0);
}
/** `environments.staging.health.checks[0].path` */
function showPath(path) {
    return path
        .map((step, index) => typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${(0,src_text/* cleanText */.X)(String(step), 80)}`)
        .join('');
}

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 14 modules
var schemas = __webpack_require__(74528);
// EXTERNAL MODULE: ./node_modules/zod/v4/core/registries.js
var registries = __webpack_require__(29396);
// EXTERNAL MODULE: ./node_modules/zod/v4/core/core.js
var core = __webpack_require__(88532);
;// CONCATENATED MODULE: ./packages/config/src/parse-address.ts
/** Reads an https address, or http of this machine (sandboxes); without trailing slash. Throws an Error. */
function parseAddress(given) {
    const url = URL.parse(given.trim());
    const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
    if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))) {
        throw new Error('must be an address that starts with https:// (http:// only for this machine)');
    }
    if (url.username || url.password)
        throw new Error('must not hold a user name or password');
    return given.trim().replace(/\/+$/, '');
}

// EXTERNAL MODULE: ./packages/config/src/parse-duration.ts
var parse_duration = __webpack_require__(68072);
;// CONCATENATED MODULE: ./packages/config/src/parse-trigger.ts
/** The forms of a trigger, for messages. */
const triggerForms = '"push to <branch>", "tag <pattern>", "after <environment>" or "manual"';
/** Reads a trigger from its words. Throws an Error. */
function parseTrigger(given) {
    const text = given.trim().replace(/\s+/g, ' ');
    if (text === 'manual')
        return { event: 'manual' };
    const match = /^(?:(push) to|(tag)|(after)) ([\w.*/-]+)$/.exec(text);
    if (!match?.[4])
        throw new Error(`"${text.slice(0, 60)}" is not a trigger: write ${triggerForms}`);
    return { event: (match[1] ?? match[2] ?? match[3]), ref: match[4] };
}

;// CONCATENATED MODULE: ./packages/config/src/parse-rate.ts
/** Reads `2%` or `0.02` as the share 0.02. A bare `2` is refused, for it could mean 2 % or 200 %. Throws an Error. */
function parseRate(given) {
    const text = String(given).trim();
    const match = /^(\d{1,3}(?:\.\d{1,9})?)\s*(%?)$/.exec(text);
    const number = Number(match?.[1]);
    const share = match?.[2] === '%' ? number / 100 : number;
    const ambiguous = match?.[2] !== '%' && number >= 1;
    if (!match || share > 1 || ambiguous) {
        const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
        throw new Error(`"${shown}" is not a rate: write per cent, e.g. 2%, or a share below 1, e.g. 0.02`);
    }
    // 2.3 / 100 is 0.022999999999999996: twelve digits are enough for any share.
    return Number(share.toPrecision(12));
}
/** Writes the share 0.02 as `2%`. */
function formatRate(share) {
    return `${Number((share * 100).toPrecision(6))}%`;
}

;// CONCATENATED MODULE: ./packages/config/src/rules.ts


/** The rules that apply when nobody wrote any (design §10). */
const defaultRules = (/* unused pure expression or super */ null && ([
    'error-rate above 10%: immediately',
    'error-rate above 3x baseline and at least 2% within 15m',
]));
const rules_forms = 'write e.g. "error-rate above 2% within 15m", "error-rate above 10%: immediately" or "error-rate above 3x baseline and at least 2% within 15m"';
/** Reads one rule such as `error-rate above 2% within 15m`. Throws an Error that names the part that is wrong. */
function parseRule(given) {
    const text = given.trim().replace(/\s+/g, ' ');
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    const match = /^(?<metric>\S+) above (?<limit>\S+?)(?<baseline> baseline)?(?: and at least (?<floor>\S+?))?(?: within (?<within>\S+?))?(?<immediately>:? immediately)?$/.exec(text);
    const part = match?.groups;
    if (!part?.metric || !part.limit)
        throw new Error(`"${shown}" is not a rule: ${rules_forms}`);
    if (part.metric !== 'error-rate') {
        throw new Error(`"${shown}": this version watches error-rate only, not ${part.metric.slice(0, 40)}`);
    }
    const immediately = part.immediately !== undefined;
    if (immediately && part.within)
        throw new Error(`"${shown}": choose either "within …" or "immediately"`);
    return {
        metric: 'error-rate',
        above: readLimit(part.limit, part.baseline !== undefined, part.floor, shown),
        ...(part.within && { withinMs: positiveDuration(part.within, shown) }),
        immediately,
        text,
    };
}
function readLimit(limit, baseline, floor, shown) {
    const multiple = /^(\d{1,3}(?:\.\d{1,3})?)x$/.exec(limit);
    if (baseline !== (multiple !== null))
        throw new Error(`"${shown}": a multiple is written "3x baseline"`);
    if (!multiple) {
        if (floor)
            throw new Error(`"${shown}": "and at least" belongs to a multiple of the baseline`);
        return { kind: 'share', value: limitShare(limit, shown) };
    }
    const factor = Number(multiple[1]);
    if (factor <= 1)
        throw new Error(`"${shown}": the multiple must be above 1`);
    // Three times almost nothing is still almost nothing: without a floor the first error of a quiet site would be a breach.
    if (!floor)
        throw new Error(`"${shown}": add a floor, e.g. "${limit} baseline and at least 2%"`);
    return { kind: 'baseline-multiple', factor, atLeast: limitShare(floor, shown) };
}
function limitShare(text, shown) {
    const value = parsePart(() => parseRate(text), shown);
    if (value >= 1)
        throw new Error(`"${shown}": nothing is above 100%`);
    return value;
}
function positiveDuration(text, shown) {
    const value = parsePart(() => (0,parse_duration/* parseDuration */.E)(text), shown);
    if (value <= 0)
        throw new Error(`"${shown}": the time after "within" must be longer than nothing`);
    return value;
}
function parsePart(parse, shown) {
    try {
        return parse();
    }
    catch (error) {
        throw new Error(`"${shown}": ${error instanceof Error ? error.message : String(error)}`);
    }
}

;// CONCATENATED MODULE: ./packages/config/src/values.ts





/** What a value may be, in the words of an error message; kept apart from the schema because editors must not see it twice. */
const allowedValues = registries/* registry */.u5();
function allow(schema, allowed) {
    allowedValues.add(schema, { allowed });
    return schema;
}
/** Turns a parse function that throws into a schema; the thrown message is the problem that people read. */
function parsed(input, allowed, parse) {
    const schema = input.transform((text, context) => {
        try {
            return parse(text);
        }
        catch (error) {
            context.issues.push({ code: 'custom', message: error.message, input: text });
            return core/* NEVER */.tm;
        }
    });
    return allow(schema, allowed);
}
/** One line of text. */
function values_text(allowed = 'a line of text') {
    return allow(schemas/* string */.YjP().trim().min(1).max(1000), allowed);
}
/** Text of a closed form, e.g. an environment name. */
function pattern(form, allowed) {
    return allow(schemas/* string */.YjP().regex(form), allowed);
}
/** One word of a closed list. */
function oneOf(words) {
    return allow(schemas/* enum */.k5n(words), words.join(', '));
}
/** A duration such as `15m`, as milliseconds, longer than nothing unless `orZero`. */
function duration(options = {}) {
    const input = schemas/* string */.YjP().meta({ pattern: '^\\d+(\\.\\d+)?\\s*(ms|s|m|h|d|w)$', examples: ['15m', '90s'] });
    return parsed(input, 'a duration such as 90s or 15m (ms, s, m, h, d, w)', (given) => {
        const value = (0,parse_duration/* parseDuration */.E)(given);
        if (value === 0 && !options.orZero)
            throw new Error(`"${given}" must be longer than nothing`);
        return value;
    });
}
/** A whole number within limits. */
function integer(min, max) {
    return allow(schemas/* int */.Whr().min(min).max(max), `a whole number from ${min} to ${max}`);
}
/** true or false. */
function flag() {
    return allow(schemas/* boolean */.zMY(), 'true or false');
}
/** One value or a list of them; the output is always a list. */
function oneOrMore(item) {
    return schemas/* union */.KCZ([item, schemas/* array */.YOg(item)]).transform((given) => (Array.isArray(given) ? given : [given]));
}
/** A map whose keys are the user's own names. */
function named(value) {
    return schemas/* record */.g1P(pattern(/^[A-Za-z0-9_*/][\w .*/-]*$/, 'a name of letters, digits, - and _'), value);
}
/** An https address; http only for loopback hosts (sandboxes). Without trailing slash. */
function address() {
    const input = schemas/* string */.YjP().meta({ format: 'uri', examples: ['https://app.example.com'] });
    return parsed(input, 'an address such as https://app.example.com', parseAddress);
}
/** When a workflow starts, from its words. */
function trigger() {
    const input = schemas/* string */.YjP().meta({ examples: ['push to main', 'tag v*', 'after staging', 'manual'] });
    return parsed(input, triggerForms, parseTrigger);
}
/** A path inside the repository, with `/`, without leading `./` and trailing `/`. */
function repositoryPath() {
    return parsed(schemas/* string */.YjP().min(1), 'a path inside the repository such as supabase/migrations', (given) => {
        const path = given.trim().replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
        if (path.startsWith('/') || path.split('/').includes('..'))
            throw new Error('must be a path inside the repository, without ".."');
        return path === '' ? '.' : path;
    });
}
/** A rule of the watch; kept as text after it was proven readable. */
function watchRule() {
    const input = schemas/* string */.YjP().meta({ examples: ['error-rate above 2% within 15m', 'error-rate above 10%: immediately'] });
    return parsed(input, 'a rule such as "error-rate above 2% within 15m"', (given) => parseRule(given).text);
}
/** Text with `{placeholders}` of a closed list. */
function template(placeholders) {
    const names = placeholders.map((name) => `{${name}}`).join(' and ');
    return parsed(schemas/* string */.YjP().trim().min(1).max(2000), `text in which ${names} are replaced`, (given) => {
        for (const [, name = ''] of given.matchAll(/(?<!\$)\{([a-z][a-z-]*)\}/g)) {
            if (!placeholders.includes(name))
                throw new Error(`{${name}} is not replaced here; known: ${names}`);
        }
        return given;
    });
}

;// CONCATENATED MODULE: ./packages/config/src/walk-schema.ts


/** The schema that judged the value at `path`; undefined below an unknown key. */
function schemaAt(schema, data, path) {
    let current = fitting(schema, data);
    let value = data;
    for (const step of path) {
        if (!current)
            return undefined;
        value = value?.[step];
        const child = childOf(current, step);
        current = child && fitting(child, value);
    }
    return current;
}
/** The keys that a map may have; empty for a map of the user's own names. */
function keysOf(schema) {
    return schema instanceof schemas/* ZodObject */.bvH ? Object.keys(schema.shape) : [];
}
/** The words that say what a value may be; undefined where the schema has none. */
function allowedBy(schema) {
    if (!schema)
        return undefined;
    const own = allowedValues.get(schema)?.allowed;
    if (own)
        return own;
    if (schema instanceof schemas/* ZodOptional */.IiU)
        return allowedBy(schema.unwrap());
    if (schema instanceof schemas/* ZodPipe */.utH)
        return allowedBy(schema.in);
    if (schema instanceof schemas/* ZodUnion */.fZ7) {
        const words = schema.options.map((option) => allowedBy(option) ?? kindOf(option));
        return [...new Set(words)].join(', or ');
    }
    return undefined;
}
/** What kind of value a schema takes, in words. */
function kindOf(schema) {
    if (schema instanceof schemas/* ZodArray */.naA)
        return 'a list';
    if (schema instanceof schemas/* ZodObject */.bvH)
        return `a map with ${keysOf(schema).join(', ')}`;
    if (schema instanceof schemas/* ZodPipe */.utH)
        return kindOf(schema.in);
    return schema instanceof schemas/* ZodRecord */.b8S ? 'a map' : 'a value';
}
function childOf(schema, step) {
    if (schema instanceof schemas/* ZodObject */.bvH)
        return schema.shape[String(step)];
    if (schema instanceof schemas/* ZodRecord */.b8S)
        return schema.valueType;
    return schema instanceof schemas/* ZodArray */.naA ? schema.element : undefined;
}
/** Takes off optional, transform and union until the schema that fits the kind of the value is left. */
function fitting(schema, value) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (schema instanceof schemas/* ZodOptional */.IiU)
        return fitting(schema.unwrap(), value);
    if (schema instanceof schemas/* ZodPipe */.utH) {
        const inner = fitting(schema.in, value);
        return allowedValues.get(schema) && !(inner instanceof schemas/* ZodObject */.bvH) ? schema : inner;
    }
    if (!(schema instanceof schemas/* ZodUnion */.fZ7))
        return schema;
    const options = schema.options.map((option) => fitting(option, value));
    const match = options.find((option) => {
        if (isMap)
            return option instanceof schemas/* ZodObject */.bvH || option instanceof schemas/* ZodRecord */.b8S;
        return Array.isArray(value) === option instanceof schemas/* ZodArray */.naA && !(option instanceof schemas/* ZodObject */.bvH);
    });
    return match ?? schema;
}

;// CONCATENATED MODULE: ./packages/config/src/find-problems.ts





/** A problem at a place of a document. */
function problemAt(document, path, part, message, allowed) {
    return {
        file: document.file,
        ...document.locate(path, part),
        path: showPath(path),
        // Parts of the file are quoted in messages.
        message: (0,src_text/* cleanText */.X)(message, 800),
        ...(allowed && { allowed }),
    };
}
/** Every mistake that the schema found, in words and with its line. */
function describeIssues(document, schema, issues, base = []) {
    return issues.flatMap((issue) => describeIssue(document, schema, issue, [...base, ...issue.path]));
}
function describeIssue(document, schema, issue, path) {
    const value = valueAt(document.data, path);
    const found = schemaAt(schema, document.data, path);
    const allowed = allowedBy(found);
    if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => unknownKey(document, [...path, key], keysOf(found)));
    }
    if (issue.code === 'invalid_union') {
        const nearest = nearestBranch(issue.errors);
        if (nearest)
            return describeIssues(document, schema, nearest, path);
        return [problemAt(document, path, 'value', wrongKind(value), allowed)];
    }
    if (issue.code === 'invalid_key') {
        const name = (0,src_text/* cleanText */.X)(String(path.at(-1)), 60);
        const form = issue.issues[0]?.code === 'invalid_format' ? ' may not have these characters' : ' is not a name';
        return [problemAt(document, path, 'key', `"${name}"${form}`, 'letters, digits, -, _ and .')];
    }
    if (issue.code === 'custom') {
        // Most parse messages say themselves what is allowed.
        const complete = /\bwrite |\bknown: /.test(issue.message);
        return [problemAt(document, path, 'value', issue.message, complete ? undefined : allowed)];
    }
    if (value === undefined) {
        return [problemAt(document, path.slice(0, -1), 'key', `${(0,src_text/* cleanText */.X)(String(path.at(-1)), 60)} is missing`, allowed)];
    }
    if (issue.code === 'invalid_value') {
        const near = typeof value === 'string' ? closest(value, issue.values.map(String)) : undefined;
        const hint = near ? `; did you mean ${near}?` : '';
        return [
            problemAt(document, path, 'value', `${show(value)} is not known${hint}`, allowed ?? issue.values.join(', ')),
        ];
    }
    if (issue.code === 'too_small' || issue.code === 'too_big') {
        return [problemAt(document, path, 'value', `${show(value)} is ${tooWhat(issue)}`, allowed)];
    }
    if (issue.code === 'invalid_format')
        return [problemAt(document, path, 'value', `${show(value)} has the wrong form`, allowed)];
    return [problemAt(document, path, 'value', wrongKind(value), allowed ?? expectedBy(issue))];
}
function unknownKey(document, path, keys) {
    const key = String(path.at(-1));
    const reason = forbiddenKey(key);
    if (reason)
        return problemAt(document, path, 'key', `refused: ${reason}`);
    const near = closest(key, keys);
    return problemAt(document, path, 'key', `unknown key${near ? `; did you mean ${near}?` : ''}`, keys.join(', '));
}
/** Of the branches of a union the one that the author meant: it took the kind of value and complains about its parts. */
function nearestBranch(branches) {
    const wrongKind = (issues) => issues.some((issue) => issue.path.length === 0 && issue.code !== 'custom' && issue.code !== 'unrecognized_keys');
    const meant = branches.filter((issues) => !wrongKind(issues));
    const single = branches.filter((issues) => issues.every((issue) => issue.code !== 'invalid_type'));
    return [...meant, ...single].sort((a, b) => a.length - b.length)[0];
}
function tooWhat(issue) {
    if (issue.code === 'too_small')
        return issue.origin === 'string' ? 'empty' : `below ${issue.minimum}`;
    return issue.code === 'too_big' ? (issue.origin === 'string' ? 'too long' : `above ${issue.maximum}`) : 'wrong';
}
function wrongKind(value) {
    if (value === null)
        return 'has no value';
    if (Array.isArray(value))
        return 'must not be a list';
    if (typeof value === 'object')
        return 'must not be a map';
    return typeof value === 'number' ? `${value} is a number, text is expected` : `${show(value)} has the wrong kind`;
}
function expectedBy(issue) {
    if (issue.code !== 'invalid_type')
        return undefined;
    const words = {
        object: 'a map',
        record: 'a map',
        array: 'a list',
        string: 'text',
        int: 'a whole number',
    };
    return words[issue.expected] ?? issue.expected;
}
function show(value) {
    if (looksSecret(value))
        return 'the value (it looks like a secret and is not shown)';
    return typeof value === 'string'
        ? `"${(0,src_text/* cleanText */.X)(value, 60)}"`
        : (0,src_text/* cleanText */.X)(JSON.stringify(value) ?? String(value), 60);
}
function valueAt(data, path) {
    return path.reduce((value, step) => value?.[step], data);
}

;// CONCATENATED MODULE: ./packages/config/src/cross-checks.ts


/** Names in one file that must stand for something in the whole chain: environments, routes, severities, roles; and `apps`. */
function findCrossProblems({ document, layer }, chain) {
    const problems = [];
    if (layer.apps) {
        const reason = 'is not in this version: several Vercel projects in one release come later; release each project by a job of its own until then';
        problems.push(problemAt(document, ['apps'], 'key', reason));
    }
    const names = collectNames(chain);
    const parts = [
        [[], layer],
        ...Object.entries(layer.environments ?? {}).map(([name, part]) => [
            ['environments', name],
            part,
        ]),
    ];
    for (const [base, part] of parts) {
        for (const { kind, path, name } of references(part)) {
            if (names[kind].has(name))
                continue;
            const known = [...names[kind]];
            const near = closest(name, known);
            const hint = near ? `; did you mean ${near}?` : '';
            const allowed = known.length > 0 ? known.join(', ') : `none is declared under ${declaredUnder[kind]}`;
            problems.push(problemAt(document, [...base, ...path], 'value', `there is no ${kind} "${name}"${hint}`, allowed));
        }
    }
    return problems;
}
const declaredUnder = {
    environment: 'environments',
    route: 'notifications.routes',
    severity: 'incidents.severities',
    role: 'contacts.roles',
};
function collectNames(chain) {
    const names = {
        environment: new Set(),
        route: new Set(),
        severity: new Set(),
        role: new Set(['on-call']),
    };
    for (const { layer } of chain) {
        for (const name of Object.keys(layer.environments ?? {}))
            names.environment.add(name);
        for (const part of [layer, ...Object.values(layer.environments ?? {})]) {
            for (const name of Object.keys(part.notifications?.routes ?? {}))
                names.route.add(name);
            for (const name of Object.keys(part.incidents?.severities ?? {}))
                names.severity.add(name);
            for (const name of Object.keys(part.contacts?.roles ?? {}))
                names.role.add(name);
        }
    }
    return names;
}
function references(part) {
    const found = [];
    const add = (kind, path, name) => {
        if (name !== undefined)
            found.push({ kind, path, name });
    };
    add('environment', ['release', 'requires-passed'], part.release?.['requires-passed']);
    if (part.trigger?.event === 'after')
        add('environment', ['trigger'], part.trigger.ref);
    for (const [event, route] of Object.entries(part.notifications?.events ?? {}))
        add('route', ['notifications', 'events', event], route);
    for (const [index, alert] of (part.alerts ?? []).entries()) {
        add('route', ['alerts', index, 'route'], alert.route);
        add('severity', ['alerts', index, 'level'], alert.level);
    }
    add('route', ['incidents', 'route'], part.incidents?.route);
    add('route', ['security', 'route'], part.security?.route);
    for (const [index, step] of (part.contacts?.escalation ?? []).entries())
        add('role', ['contacts', 'escalation', index, 'role'], step.role);
    return found;
}

;// CONCATENATED MODULE: ./packages/config/src/embedded-presets.json
const embedded_presets_namespaceObject = /*#__PURE__*/JSON.parse('{"blue-green":"# One pipeline through staging; green is checked before traffic moves, blue is kept for 15 minutes, a table decides about rollbacks.\\nversion: 1\\nenvironments:\\n  staging:\\n    url: <address of staging>\\n    trigger: push to main\\n    database: { apply: automatic }\\n  production:\\n    url: <address of production>\\n    trigger: after staging\\n    supabase: { project: <project reference of production> }\\n    # Staging by \\"supabase db push\\", production with a person\'s approval: pending migrations are refused until they were applied.\\n    database: { apply: approve }\\n    release: { requires-passed: staging, approval: migrations }\\n\\nrelease: { strategy: blue-green, keep-previous: 15m }\\nsupabase:\\n  functions: supabase/functions\\n  required-secrets: [SUPABASE_SERVICE_ROLE_KEY, KEYRING_TOKEN, GOOGLE_AI_API_KEY, OPENAI_API_KEY, STRIPE_SECRET_KEY, RESEND_API_KEY, GOOGLE_OAUTH_CLIENT_SECRET]\\nchecklist:\\n  automatic: [tests, lint, typecheck, security-linter-zero-warnings, performance-budgets, migrations-tested-in-staging, feature-flags, rollback-plan]\\n  confirm: [on-call-notified]\\n\\ndatabase:\\n  migrations: supabase/migrations\\n  naming: timestamp\\n  rollback-sql: required\\n  on-failure: stop\\n  backup: { before: [migration, database-rollback] }\\n\\n# The app answers on the functions\' host; where yours does not, write whole addresses. Without their key (a header, later) the\\n# platform\'s own paths answer 401 at best, which proves the gateway only; a plain 200 at the storage root is not documented.\\nhealth:\\n  - { name: edge-functions-after-deploy, path: /functions/v1/health, method: POST, status: 200, json: { $.status: healthy } }\\n  - name: edge-functions\\n    path: /functions/v1/health\\n    status: 200\\n    json: { $.status: healthy, $.checks.external_apis: ok }\\n    json-all: { $.checks: ok, $.circuit_breakers: closed }\\n    every: 30s\\n    timeout: 5s\\n    retries: 2\\n  - { name: database, path: /rest/v1/, status: [200, 401], every: 60s, timeout: 10s, retries: 3 }\\n  - { name: auth, path: /auth/v1/health, status: [200, 401] }\\n  - { name: storage, path: /storage/v1/, status: [200, 400, 404], every: 60s, timeout: 5s, retries: 2 }\\n  - { name: external-apis, path: /functions/v1/health, status: 200, json: { $.checks.external_apis: ok }, every: 5m, timeout: 30s, retries: 1 }\\ngolden-paths:\\n  every: 5m\\n  flows:\\n    user-authentication: [sign-up, login, token-refresh]\\n    content-generation: [create-asset, validate-brand, save-to-library]\\n    campaign-creation: [draft-campaign, attach-assets, schedule-posts]\\n\\nwatch:\\n  source: sentry\\n  window: 1h\\n  rules: [\'error-rate above 10%: immediately\']\\n  mode: auto\\nafter-release:\\n  windows:\\n    - { name: blue-green, from: 0m, until: 15m, require: [error-rate below 10%, p95 below 5s, golden-paths passed] }\\n    - { name: watch, from: 0m, until: 1h, require: [error-rate below 10%, p95 below 5s] }\\nmetrics: { latency: metrics-endpoint, web-vitals: lighthouse, database: supabase }\\nrollback:\\n  rules:\\n    - { when: smoke-failed, do: [rollback-staging] }\\n    - { when: health-not-ok, do: [rollback] }\\n    - { when: p95 above 5s, except: [/generate-content], act-within: 15m, do: [rollback] }\\n    - { when: critical-feature-broken, do: [rollback] }\\n    - { when: minor-regression, do: [fix-forward] }\\n  fix-forward-limit: 2h\\n  app: { method: git-revert }\\n  functions: { method: snapshot }\\n  database: { policy: [rollback-sql] }\\n\\nslack: <channel id of monitoring>\\nnotifications:\\n  routes:\\n    critical: { pagerduty: <name of the service>, slack: \'#incidents-critical\', sms: on-call }\\n    high: { slack: \'#incidents-high\', email: <mail of operations> }\\n    medium: { slack: \'#monitoring\', digest: daily }\\n    low: { digest: weekly }\\n    security-team: { email: <mail of security> }\\n    incidents: { slack: \'#incidents\' }\\n  events: { deploy-started: medium, deploy-succeeded: medium, deploy-failed: high, rolled-back: critical }\\nalerts:\\n  - { when: error-rate above 1%, level: P3, route: medium }\\n  - { when: error-rate above 5%, level: P1, route: critical }\\n  - { when: p95 above 500ms, level: P3, route: medium }\\n  - { when: p95 above 2000ms, level: P1, route: critical }\\n  - { when: circuit-breaker-opens 1 times in 5m, level: P3, route: medium }\\n  - { when: circuit-breaker-opens 3 times in 5m, level: P1, route: critical }\\n  - { when: auth-failures above 10 per 1m, level: P3, route: medium }\\n  - { when: auth-failures above 50 per 1m, level: P1, route: critical }\\n  - { when: database-pool above 80%, level: P3, route: medium }\\n  - { when: database-pool above 95%, level: P1, route: critical }\\n  - { when: function-errors above 5 per 1m, level: P3, route: medium }\\n  - { when: function-errors above 20 per 1m, level: P1, route: critical }\\n\\nincidents:\\n  severities:\\n    P1: { meaning: complete service outage, respond: 15m, escalate: [on-call, platform-lead, vp-engineering] }\\n    P2: { meaning: significant feature broken, respond: 1h, escalate: [on-call, platform-lead] }\\n    P3: { meaning: limited impact, respond: 4h, escalate: [on-call] }\\n    P4: { meaning: potential issue, respond: 1 business day }\\n  kinds: { security: 15m }\\n  route: incidents\\n  post-mortem: { due: 48h, template: timeline-cause-actions }\\ndoctor: { end-idle-after: 10m, watch: [pool, long-queries, slow-queries, table-sizes, policies] }\\nmaintenance: { modes: [feature-flag, scale], flags: [fallback-model-routing] }\\nsecurity: { respond: 15m, route: security-team }\\nvariables:\\n  rotate:\\n    SUPABASE_SERVICE_ROLE_KEY: 90d\\n    KEYRING_TOKEN: 180d\\n    STRIPE_SECRET_KEY: 90d\\n    RESEND_API_KEY: 90d\\n    GOOGLE_AI_API_KEY: on-demand\\n    OPENAI_API_KEY: on-demand\\n    GOOGLE_OAUTH_CLIENT_SECRET: on-demand\\n  overlap: 24h\\nbudgets:\\n  file: budgets.json\\n  lcp: 2500ms\\n  routes:\\n    /auth/login: { p50: 100ms, p95: 300ms, p99: 500ms }\\n    /generate-content: { p50: 2s, p95: 5s, p99: 10s }\\n    /campaigns-draft: { p50: 500ms, p95: 1s, p99: 2s }\\n    /schedule: { p50: 100ms, p95: 200ms, p99: 500ms }\\nscans: { tools: [security-linter], every: per-deploy, fail-on: warning }\\ncontacts:\\n  on-call: <mail of operations>\\n  roles:\\n    on-call: { primary: <name of the rotation> }\\n    platform-lead: { primary: <name of the platform lead> }\\n    security-team: { primary: <mail of security> }\\n    vp-engineering: { primary: <name of the VP> }\\n  escalation:\\n    - { after: 0m, role: on-call }\\n    - { after: 15m, role: platform-lead }\\n    - { after: 15m, role: security-team, for: [security] }\\n    - { after: 30m, role: vp-engineering, for: [P1] }\\n","push-to-main":"# Every branch gets a preview; `main` goes to production. Migrations run by command and are never taken back: the next one repairs.\\nversion: 1\\nenvironments:\\n  preview:\\n    trigger: push to *\\n  production:\\n    url: <address of the backend>\\n    trigger: push to main\\n\\n# The frontend; the backend (build: npm run build, start: npm start) is a Vercel project and a release job of its own.\\nvercel:\\n  working-directory: frontend\\n  required-variables: [NEXT_PUBLIC_SUPABASE_URL, NEXT_PUBLIC_SUPABASE_ANON_KEY, NEXT_PUBLIC_API_BASE_URL]\\n\\nchecklist:\\n  automatic: [env-example-complete, migrations-applied, stripe-webhook, supabase-project, rls-policies]\\n\\ndatabase:\\n  migrations: backend\\n  naming: numbered\\n  command: npm run migrate\\n  verify-command: npm run verify-migrations\\n  apply: manual\\n  critical: [012_add_rls_core_tables.sql]\\n  rollback-sql: ignored\\n  on-failure: [stop, fix-forward]\\n\\nhealth:\\n  - name: backend\\n    path: /health\\n    status: 200\\n    json: { $.status: ok, $.environment: production }\\n    recent: [$.timestamp]\\n    release: $.version\\n\\nwatch: { source: sentry, mode: notify }\\nafter-release:\\n  windows: [{ name: watch, from: 0m, until: 15m, require: [error-rate below 1%, p95 below 2s] }]\\nmetrics: { latency: metrics-endpoint, database: supabase }\\nrollback:\\n  app: { method: promote }\\n  database: { policy: [forward-fix] }\\n\\nslack: <channel id of the team>\\nnotifications:\\n  routes: { team: { slack: <channel id of the team> } }\\n  events: { deploy-succeeded: team, deploy-failed: team, rolled-back: team }\\nalerts:\\n  - { when: p95 above 2s, level: P1, route: team }\\n  - { when: error-rate above 1%, level: P1, route: team }\\n  - { when: database-pool-exhausted, level: P0, route: team }\\n  - { when: webhook-failures above 0 per 5m, level: P1, route: team }\\n  - { when: usage normal, level: P2, route: team }\\n\\nincidents:\\n  severities:\\n    P0: { meaning: site down, respond: 15m, actions: [check-hosting, check-database, check-dns] }\\n    P1: { meaning: major feature broken, respond: 1h, actions: [check-error-logs, rollback-if-needed] }\\n    P2: { meaning: minor feature broken, respond: 4h, actions: [create-issue] }\\n    P3: { meaning: cosmetic issue, respond: 1 business day, actions: [create-issue] }\\n  route: team\\ndoctor: { watch: [pool, slow-queries, vacuum] }\\nsecurity: { route: team }\\nvariables:\\n  required: { backend: [SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, OPENAI_API_KEY] }\\n  optional: [REDIS_URL, SENTRY_DSN, CODE_REPO_WEBHOOK_SECRET]\\n  rotate: { \'*\': 30d }\\nwebhooks:\\n  - { name: stripe, url: \'https://backend.example.com/billing/webhook\', events: [checkout.session.completed, customer.subscription.updated, customer.subscription.deleted] }\\n  - { name: code-repo, url: \'https://backend.example.com/webhooks/code-repo\' }\\nscans: { tools: [npm-audit, npm-outdated], every: monthly }\\ntasks:\\n  weekly: [error-logs, usage-metrics, security-alerts]\\n  monthly: [update-dependencies, rotate-api-keys, database-performance]\\n  quarterly: [rls-policies, security-audit, performance-optimization]\\ncontacts:\\n  vendors: { hosting: vercel, database: supabase, billing: stripe }\\n","staging-branch":"# Branch `staging` goes to staging; `main` goes to production, with a tag in the same push that names the release.\\nversion: 1\\nenvironments:\\n  staging:\\n    url: <address of staging>\\n    trigger: push to staging\\n    supabase: { project: <project reference of staging> }\\n    release: { time-budget: 5m }\\n  production:\\n    url: <address of production>\\n    trigger: push to main\\n    supabase: { project: <project reference of production> }\\n    release: { requires-passed: staging, time-budget: 7m }\\n\\nchecklist:\\n  approvals: 1\\n  automatic: [pr-lint, pr-test, pr-build, staging-tests-passed, sentry-staging-no-critical, migrations-applied, env-vars-present]\\n  confirm: [team-notified]\\n\\n# Migrations are applied by hand before the release, after a backup: a release with pending ones is refused.\\ndatabase:\\n  migrations: supabase/migrations\\n  naming: timestamp\\n  apply: manual\\n  verify-tables: [focus_sessions]\\n  rollback-sql: required\\n  on-failure: stop\\n  backup:\\n    before: [migration, restore, database-rollback]\\n    schedule: daily at 02:00 UTC\\n    retention: { managed: 30d, manual: 90d, storage: 30d }\\n    verify: restore\\n\\nhealth: [{ name: app, path: /api/health, json: { $.status: healthy }, recent: [$.timestamp] }]\\nsmoke:\\n  command: npm run test:smoke -- --env={environment}\\n  after: [deploy, migration, migration-rollback, rollback, restore]\\n\\n# \\"Initiate rollback\\" above 2 % within 15 minutes; mode notify if a person must decide.\\nwatch:\\n  source: sentry\\n  window: 15m\\n  rules: [error-rate above 2% within 15m]\\n  mode: auto\\nafter-release:\\n  windows: [{ name: watch, from: 0m, until: 15m, require: [error-rate below 1%, lcp below 2.5s, api-response-time below 500ms] }]\\nmetrics: { latency: supabase, web-vitals: vercel, database: supabase }\\nbudgets: { lcp: 2.5s }\\nrollback:\\n  app: { method: vercel-rollback, limit: 5m }\\n  database: { policy: [rollback-sql, restore, point-in-time], limit: 30m, check-tables: [tasks, projects] }\\n\\nslack: <channel id of deployments>\\nnotifications:\\n  routes:\\n    incidents: { slack: \'#incidents\', mention: \'@channel\' }\\n    engineering: { slack: \'#engineering\' }\\n    devops: { slack: \'#devops\', mention: \'@oncall\' }\\n    deployments: { slack: \'#deployments\' }\\n    deployments-failed: { slack: \'#deployments\', mention: \'@team\' }\\n    ops-mail: { email: <mail of operations> }\\n  events: { deploy-started: deployments, deploy-succeeded: deployments, deploy-failed: deployments-failed, rolled-back: incidents }\\nalerts:\\n  - { when: error-rate above 2%, level: P1, route: incidents }\\n  - { when: api-response-time above 3s, level: P2, route: engineering }\\n  - { when: database-cpu above 80%, level: P2, route: devops }\\n  - { when: health-failures 2 times in a row, level: P0, route: ops-mail }\\n  - { when: error-rate above 50%, level: P0, route: incidents }\\n\\nincidents:\\n  severities:\\n    P0: { meaning: platform down, respond: 15m, escalate: [all-hands] }\\n    P1: { meaning: critical feature broken, respond: 1h, escalate: [tech-lead, on-call] }\\n    P2: { meaning: major feature degraded, respond: 4h, escalate: [on-call] }\\n    P3: { meaning: minor bug with a workaround, respond: 1 business day }\\n  route: incidents\\n  phases: { acknowledge: 5m, diagnose: 15m, mitigate: 30m }\\n  update-every: 15m\\n  notify-users-after: 30m\\n  post-mortem: { template: timeline-cause-actions }\\ndoctor: { watch: [cpu, memory, connections] }\\nmaintenance: { modes: [feature-flag], flags: [meta, google] }\\nsecurity: { route: incidents }\\ndrills: { disaster-recovery: quarterly }\\ntasks: { quarterly: [disaster-recovery-drill] }\\ncontacts:\\n  on-call: <address of the rotation>\\n  roles:\\n    tech-lead: { primary: <mail of the tech lead> }\\n    devops: { primary: <mail of devops> }\\n    security: { primary: <mail of security> }\\n  vendors: { vercel: https://vercel.com/support, supabase: support@supabase.io, sentry: support@sentry.io }\\n","tag-release":"# `main` goes to staging; a version tag goes to production. A person decides about rollbacks.\\nversion: 1\\nenvironments:\\n  staging:\\n    url: <address of staging>\\n    trigger: push to main\\n  production:\\n    url: <address of production>\\n    trigger: tag v*\\n    release: { requires-passed: staging }\\n\\nchecklist:\\n  automatic: [ci-tests, security-scan, migrations-approved, rollback-plan]\\n  confirm: [feature-flags-configured, stakeholders-notified]\\n\\n# The tagged pipeline applies migrations by itself (the runbook: pnpm run supabase:migrate).\\ndatabase:\\n  migrations: supabase/migrations\\n  naming: timestamp\\n  apply: automatic\\n  on-failure: stop\\n  backup: { schedule: daily, retention: { managed: 30d }, verify: restore, verify-every: 1d }\\n\\nhealth:\\n  - { name: application, path: /api/health, status: 200 }\\n  - { name: database, path: /api/health/database, status: 200 }\\n  - { name: authentication, path: /api/health/auth, status: 200 }\\n  - { name: external-services, path: /api/health/services, status: 200 }\\nsmoke:\\n  checks: [/api/health, /api/auth/session, /api/status]\\n  after: [deploy]\\n\\nwatch: { source: vercel-runtime-logs, mode: notify }\\nafter-release:\\n  windows: [{ name: watch, from: 0m, until: 15m, require: [error-rate below 1%, p95 below 2s] }]\\nmetrics: { latency: vercel, web-vitals: vercel, database: supabase }\\nrollback:\\n  app: { method: vercel-rollback }\\n  database: { policy: [restore, rollback-sql, point-in-time] }\\n\\nslack: <channel id of alerts>\\nnotifications:\\n  routes:\\n    alerts: { slack: \'#alerts\' }\\n    critical: { slack: \'#critical\' }\\n    pager: { pagerduty: <name of the service> }\\n    mail: { email: <mail of the platform team> }\\n    security: { email: <mail of security> }\\n    stakeholders: { email: <mail of management> }\\n  events: { deploy-started: stakeholders, deploy-succeeded: alerts, deploy-failed: critical, rolled-back: critical }\\nalerts:\\n  - { when: p95 above 2s, level: P1, route: alerts }\\n  - { when: error-rate above 1%, level: P1, route: critical }\\n  - { when: availability below 99.9%, level: P0, route: pager }\\n  - { when: database-cpu above 80%, level: P2, route: mail }\\n  - { when: memory above 85%, level: P2, route: alerts }\\n\\nincidents:\\n  severities:\\n    P0: { meaning: \'outage, data loss, security breach\', respond: immediate, escalate: [all-hands] }\\n    P1: { meaning: significant feature or performance, respond: 1h, escalate: [on-call, team-lead] }\\n    P2: { meaning: minor feature, respond: 4h, actions: [next-business-day] }\\n    P3: { meaning: \'enhancement, documentation\', respond: 1 week, actions: [product-backlog] }\\n  route: critical\\n  post-mortem: { template: timeline-cause-actions-improvements }\\ndoctor: { watch: [pool, rls] }\\nmaintenance: { modes: [maintenance] }\\nsecurity: { route: security }\\nvariables: { rotate: { \'*\': 30d } }\\nscans: { tools: [snyk, dependabot], every: monthly, fail-on: high }\\ndrills: { disaster-recovery: quarterly, backup-restore: monthly }\\ntasks:\\n  daily: [error-logs, performance-metrics, backup-completion, disk-usage]\\n  weekly: [security-alerts, dependency-updates, performance-trend, capacity, access-logs]\\n  monthly: [vulnerability-scan, database-maintenance, backup-verification, cost-review, rotate-api-keys, runbook-review]\\n  quarterly: [disaster-recovery-test, load-test, security-audit, security-assessment, architecture-review]\\n  annually: [penetration-test]\\ncontacts:\\n  roles:\\n    platform-lead: { primary: <name of the platform lead>, secondary: <name of the deputy> }\\n    database-admin: { primary: <name of the database administrator>, secondary: <name of the deputy> }\\n    security-lead: { primary: <name of the security lead>, secondary: <name of the deputy> }\\n    team-lead: { primary: <name of the team lead> }\\n    cto: { primary: <name of the CTO> }\\n  escalation:\\n    - { after: 0m, role: on-call }\\n    - { after: 30m, role: team-lead }\\n    - { for: [P0], role: platform-lead }\\n    - { for: [business-critical], role: cto }\\n","validated-pipeline":"# A merge to `main` runs the whole list of checks, then production; failing checks and error rates roll back by themselves.\\nversion: 1\\nenvironments:\\n  staging:\\n    url: <address of staging>\\n    trigger: manual\\n  production:\\n    url: <address of production>\\n    trigger: push to main\\n\\nrelease: { issue: \'Deploy {version} to production\' }\\nsupabase: { functions: supabase/functions }\\nchecklist:\\n  approvals: 2\\n  automatic:\\n    - unit-tests\\n    - integration-tests\\n    - e2e-tests\\n    - no-vulnerabilities\\n    - lint\\n    - format\\n    - typecheck\\n    - bundle-size\\n    - migrations-tested-on-staging\\n    - backward-compatible\\n    - rollback-documented\\n    - backup-confirmed\\n    - no-data-loss\\n    - rls-applied\\n    - vercel-token\\n    - env-vars-verified\\n    - tls-certificate\\n    - cdn-config\\n    - functions-deployable\\n    - monitoring-ready\\n    - release-notes\\n    - changelog\\n  confirm: [rls-reviewed, api-docs-current, runbooks-reviewed, team-notified]\\n\\ndatabase:\\n  migrations: supabase/migrations\\n  naming: timestamp\\n  apply: automatic\\n  lint: true\\n  rollback-sql: required\\n  on-failure: rollback\\n  backup: { before: [migration], verify: restore, verify-every: after-deploy }\\n\\nhealth:\\n  - { name: api, path: /api/health, status: 200 }\\n  - { name: deployment, path: /, method: HEAD, status: 200 }\\nsmoke:\\n  command: npm run test:smoke\\n  end-to-end: npm run test:e2e\\n  after: [deploy, rollback]\\ngolden-paths:\\n  flows:\\n    login-logout: [login, logout]\\n    test-creation-execution: [create-test, execute-test]\\n    results-publishing: [publish-results]\\n\\nwatch:\\n  source: [datadog, sentry]\\n  window: 30m\\n  rules: [error-rate above 10% within 30m]\\n  mode: auto\\nafter-release:\\n  windows:\\n    - { name: immediate, from: 0m, until: 5m, require: [health ok, error-rate below 1%, p95 normal, traffic normal] }\\n    - { name: step-5, from: 0m, until: 30m, require: [error-rate below 5%, p95 normal, database-queries normal, tests passed] }\\n    - { name: short-term, from: 5m, until: 30m, require: [smoke passed, end-to-end passed, golden-paths passed, database normal] }\\n    - { name: standard, from: 30m, until: 2h, require: [p95 normal, data-integrity passed, new-issues below 1, team-feedback confirmed] }\\n    - { name: extended, from: 2h, until: 24h, require: [anomalies below 1, replication-lag normal, backups running, recovery verified] }\\n  sign-off: [smoke-passed, error-rate-below-1-percent-for-30m, performance-normal, database-healthy, no-new-sentry-errors, team-validated, user-feedback-positive, stable-24h]\\nmetrics: { latency: datadog, database: supabase }\\nrollback:\\n  rules:\\n    - { when: smoke-failed, do: [rollback] }\\n    - { when: migration-failed, do: [rollback] }\\n    - { when: health-5xx, do: [rollback] }\\n    - { when: database-corruption, do: [rollback, restore-backup] }\\n    - { when: security-vulnerability, do: [rollback, patch, redeploy] }\\n    - { when: data-loss, do: [restore-backup, investigate] }\\n  app: { method: promote }\\n  functions: { method: snapshot }\\n  database: { policy: [rollback-sql, restore] }\\n\\nslack: <channel id of deployments>\\nnotifications:\\n  routes:\\n    incidents: { slack: \'#incidents\', pagerduty: <name of the service> }\\n    deployments: { slack: <channel id of deployments> }\\n  events: { deploy-started: deployments, deploy-succeeded: deployments, deploy-failed: incidents, rolled-back: incidents }\\nalerts:\\n  - { when: error-rate above 5%, level: critical, route: incidents }\\n  - { when: database-pool-exhausted, level: critical, route: incidents }\\nincidents:\\n  severities:\\n    critical: { meaning: critical production issue, respond: 5m, actions: [open-pagerduty] }\\n    high: {}\\n    medium: {}\\n  kinds: { production-issue: 5m, database-corruption: 10m, security: 15m }\\n  route: incidents\\n  phases: { acknowledge: 2m, mitigate: 5m }\\n  update-every: 15m\\n  status-page: <address of the status page>\\n  post-mortem: { template: impact-resolution-prevention }\\ndoctor: { cancel-queries-after: 5m, end-idle-after: 10m, watch: [pool, locks, long-queries, migrations] }\\nmaintenance: { modes: [maintenance, read-only, lock-deployments, failover, scale], flags: [test-execution, test-editing] }\\nsecurity: { respond: 15m, route: incidents }\\nscans: { fail-on: any }\\ndrills: { backup-restore: after-deploy }\\ncontacts:\\n  roles:\\n    devops-lead: { primary: <name of the DevOps lead> }\\n    backend-lead: { primary: <name of the backend lead> }\\n    dba: { primary: <name of the database administrator> }\\n    security: { primary: <name of the security lead> }\\n    ceo: { primary: <name of the CEO> }\\n"}');
;// CONCATENATED MODULE: ./packages/config/src/embedded-presets.ts

/** The files of presets/ by name, as data, so that a bundle needs no file beside it. Written by `npm run schema`. */
const embeddedPresets = embedded_presets_namespaceObject;

;// CONCATENATED MODULE: ./packages/config/src/merge.ts
/** True for a map, not for a list. */
function isPart(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** Lays `over` on `base`: maps are merged key by key, lists and single values are replaced, undefined says nothing. */
function merge(base, over) {
    if (over === undefined)
        return base;
    if (!isPart(over))
        return over;
    const merged = Object.create(null);
    const below = isPart(base) ? base : {};
    for (const key of [...Object.keys(below), ...Object.keys(over)])
        merged[key] = merge(own(below, key), own(over, key));
    return { ...merged };
}
// A name of the user may be `toString`: what every object inherits is not a value of the file.
function own(part, key) {
    return Object.hasOwn(part, key) ? part[key] : undefined;
}

;// CONCATENATED MODULE: ./packages/config/src/metric-rule.ts





/** Metrics that alerts and windows may name, with the unit of their limit. */
const metrics = {
    'error-rate': 'share',
    availability: 'share',
    'database-cpu': 'share',
    'database-pool': 'share',
    memory: 'share',
    p50: 'time',
    p95: 'time',
    p99: 'time',
    'api-response-time': 'time',
    lcp: 'time',
    'replication-lag': 'time',
    'auth-failures': 'count',
    'function-errors': 'count',
    'webhook-failures': 'count',
    'circuit-breaker-opens': 'count',
    'new-issues': 'count',
    anomalies: 'count',
    usage: 'count',
    traffic: 'count',
    'database-queries': 'time',
};
/** Things that happen or are asserted, without a number. */
const events = [
    'health ok',
    'health-not-ok',
    'health-5xx',
    'health-failures',
    'smoke-failed',
    'smoke passed',
    'tests passed',
    'end-to-end passed',
    'golden-paths passed',
    'migration-failed',
    'database-pool-exhausted',
    'database-corruption',
    'database normal',
    'data-loss',
    'data-integrity passed',
    'security-vulnerability',
    'critical-feature-broken',
    'minor-regression',
    'backups running',
    'recovery verified',
    'team-feedback confirmed',
];
const metric_rule_forms = '"p95 above 2s", "availability below 99.9%", "auth-failures above 10 per 1m", "circuit-breaker-opens 3 times in 5m", "p95 normal" or "smoke-failed"';
/** Reads a rule about any known metric (CFG-05). Throws an Error that names the part that is wrong. */
function parseMetricRule(given) {
    const text = given.trim().replace(/\s+/g, ' ');
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    if (events.includes(text))
        return { metric: text, comparison: 'event', text };
    const counted = /^(\S+) (\d{1,6}) times in (?:(a row)|(\S+))$/.exec(text);
    if (counted?.[1]) {
        knownMetric(counted[1], shown);
        const perMs = counted[4] === undefined ? undefined : (0,parse_duration/* parseDuration */.E)(counted[4]);
        return {
            metric: counted[1],
            comparison: 'event',
            times: Number(counted[2]),
            ...(perMs !== undefined && { perMs }),
            text,
        };
    }
    const compared = /^(\S+) (?:(normal)|(above|below) (\S+))(?: per (\S+))?(?: within (\S+))?$/.exec(text);
    if (!compared?.[1])
        throw new Error(`"${shown}" is not a rule: ${didYouMean(text)}write e.g. ${metric_rule_forms}`);
    const unit = knownMetric(compared[1], shown);
    return {
        metric: compared[1],
        comparison: compared[2] ? 'normal' : compared[3],
        ...(compared[4] !== undefined && { limit: limitOf(compared[4], unit, shown) }),
        ...(compared[5] !== undefined && { perMs: (0,parse_duration/* parseDuration */.E)(compared[5]) }),
        ...(compared[6] !== undefined && { withinMs: (0,parse_duration/* parseDuration */.E)(compared[6]) }),
        text,
    };
}
/** `parseMetricRule` as a schema; the value stays text. */
function metricRule() {
    const schema = schemas/* string */.YjP().transform((given, context) => {
        try {
            return parseMetricRule(given).text;
        }
        catch (error) {
            context.issues.push({ code: 'custom', message: error.message, input: given });
            return core/* NEVER */.tm;
        }
    });
    allowedValues.add(schema, { allowed: `a rule such as ${metric_rule_forms}` });
    return schema;
}
function knownMetric(name, shown) {
    const unit = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
    if (unit)
        return unit;
    if (events.includes(name))
        return 'count';
    throw new Error(`"${shown}": there is no metric ${name.slice(0, 40)}; ${didYouMean(name)}known: ${Object.keys(metrics).join(', ')}`);
}
function didYouMean(word) {
    const near = closest(word, [...Object.keys(metrics), ...events]);
    return near ? `did you mean ${near}? ` : '';
}
function limitOf(text, unit, shown) {
    if (unit === 'share')
        return parseRate(text);
    if (unit === 'time')
        return (0,parse_duration/* parseDuration */.E)(text);
    if (!/^\d{1,9}$/.test(text))
        throw new Error(`"${shown}": the limit is a whole number`);
    return Number(text);
}

;// CONCATENATED MODULE: ./packages/config/src/later-sections.ts



// Everything in this file may be written and is checked; not-acted-on.ts lists it, and every run that reads it says so.
const list = (item) => schemas/* array */.YOg(item);
const names = () => list(values_text('a name'));
const routeName = () => values_text('the name of a route under notifications.routes');
const level = () => values_text('a severity under incidents.severities');
const variableName = () => pattern(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');
/** What must be measured or confirmed before a release. */
const checklist = schemas/* strictObject */.rej({
    approvals: integer(0, 20).optional(),
    automatic: names().optional(),
    confirm: names().optional(),
});
/** Further rules and limits of the way back. */
const rollback = schemas/* strictObject */.rej({
    rules: list(schemas/* strictObject */.rej({
        when: metricRule(),
        except: list(values_text('a path')).optional(),
        'act-within': duration().optional(),
        do: list(oneOf([
            'rollback',
            'rollback-staging',
            'restore-backup',
            'fix-forward',
            'patch',
            'redeploy',
            'investigate',
            'stop',
        ])),
    })).optional(),
    'fix-forward-limit': duration().optional(),
    app: schemas/* strictObject */.rej({
        method: oneOf(['vercel-rollback', 'promote', 'git-revert']).optional(),
        limit: duration().optional(),
    })
        .optional(),
    functions: schemas/* strictObject */.rej({ method: oneOf(['snapshot', 'redeploy', 'none']) }).optional(),
    database: schemas/* strictObject */.rej({
        policy: list(oneOf(['rollback-sql', 'restore', 'point-in-time', 'forward-fix'])).optional(),
        limit: duration().optional(),
        'check-tables': list(values_text('the name of a table')).optional(),
    })
        .optional(),
});
/** Who hears of what. Routes name channels; secrets of a service are inputs of the workflow file. */
const notifications = schemas/* strictObject */.rej({
    routes: named(schemas/* strictObject */.rej({
        slack: oneOrMore(pattern(/^#?[\w-]{2,80}$/, 'a channel id or #name')).optional(),
        pagerduty: values_text('the name of a service').optional(),
        email: oneOrMore(schemas/* email */.Rpp()).optional(),
        sms: values_text('a role under contacts').optional(),
        mention: values_text('@channel, @here, or a Slack id (U…, S…)').optional(),
        digest: oneOf(['daily', 'weekly']).optional(),
    })).optional(),
    events: schemas/* strictObject */.rej({
        'deploy-started': routeName().optional(),
        'deploy-succeeded': routeName().optional(),
        'deploy-failed': routeName().optional(),
        'rolled-back': routeName().optional(),
    })
        .optional(),
});
/** Limits that page people outside a release. */
const alerts = list(schemas/* strictObject */.rej({ when: metricRule(), level: level().optional(), route: routeName().optional() }));
/** Severities and how an incident runs. */
const incidents = schemas/* strictObject */.rej({
    severities: named(schemas/* strictObject */.rej({
        meaning: values_text().optional(),
        respond: values_text('a time such as 15m or 1 business day').optional(),
        escalate: names().optional(),
        actions: names().optional(),
    })).optional(),
    kinds: named(duration()).optional(),
    route: routeName().optional(),
    phases: schemas/* strictObject */.rej({
        acknowledge: duration().optional(),
        diagnose: duration().optional(),
        mitigate: duration().optional(),
    })
        .optional(),
    'update-every': duration().optional(),
    'notify-users-after': duration().optional(),
    'status-page': address().optional(),
    'post-mortem': schemas/* strictObject */.rej({ due: duration().optional(), template: values_text().optional() }).optional(),
});
/** What users do, step by step. */
const goldenPaths = schemas/* strictObject */.rej({ every: duration().optional(), flows: named(list(values_text('a step'))) });
/** Watching that goes on after the release is closed. */
const afterRelease = schemas/* strictObject */.rej({
    windows: list(schemas/* strictObject */.rej({
        name: values_text(),
        from: duration({ orZero: true }),
        until: duration(),
        require: list(metricRule()),
    })).optional(),
    'sign-off': names().optional(),
});
/** Targets for pages and routes. */
const budgets = schemas/* strictObject */.rej({
    file: repositoryPath().optional(),
    lcp: duration().optional(),
    routes: named(schemas/* strictObject */.rej({ p50: duration().optional(), p95: duration().optional(), p99: duration().optional() })).optional(),
});
/** Limits of the database doctor. */
const doctor = schemas/* strictObject */.rej({
    'cancel-queries-after': duration().optional(),
    'end-idle-after': duration().optional(),
    watch: names().optional(),
});
/** States that a release respects. */
const maintenance = schemas/* strictObject */.rej({ modes: names().optional(), flags: names().optional() });
/** How fast and to whom a security event goes. */
const security = schemas/* strictObject */.rej({ respond: duration().optional(), route: routeName().optional() });
/** Variables of the app itself: which must exist where, and how often they are renewed. Never the secrets of this library. */
const variables = schemas/* strictObject */.rej({
    required: named(list(variableName())).optional(),
    optional: list(variableName()).optional(),
    rotate: named(values_text('a duration, or on-demand')).optional(),
    overlap: duration().optional(),
});
/** Callbacks that must keep working. */
const webhooks = list(schemas/* strictObject */.rej({ name: values_text(), url: address(), events: names().optional() }));
/** Scans of code and dependencies. */
const scans = schemas/* strictObject */.rej({
    tools: names().optional(),
    every: values_text('a rhythm such as monthly or per-deploy').optional(),
    'fail-on': oneOf(['any', 'warning', 'high', 'critical']).optional(),
});
/** Rehearsals of the bad day. */
const drills = schemas/* strictObject */.rej({
    'disaster-recovery': values_text('a rhythm such as quarterly').optional(),
    'backup-restore': values_text('a rhythm such as monthly').optional(),
    rollback: values_text('a rhythm such as quarterly').optional(),
});
/** Work that comes back. */
const tasks = schemas/* strictObject */.rej({
    daily: names().optional(),
    weekly: names().optional(),
    monthly: names().optional(),
    quarterly: names().optional(),
    annually: names().optional(),
});
/** Who is asked, and after how long the next one. Telephone numbers stay out of the repository. */
const contacts = schemas/* strictObject */.rej({
    'on-call': values_text('an address or a rotation').optional(),
    roles: named(schemas/* strictObject */.rej({ primary: values_text().optional(), secondary: values_text().optional() })).optional(),
    escalation: list(schemas/* strictObject */.rej({ after: duration({ orZero: true }).optional(), role: values_text(), for: names().optional() })).optional(),
    vendors: named(values_text('an address')).optional(),
});
/** Where further numbers come from. */
const later_sections_metrics = schemas/* strictObject */.rej({
    latency: values_text('a source').optional(),
    'web-vitals': values_text('a source').optional(),
    database: values_text('a source').optional(),
});

;// CONCATENATED MODULE: ./packages/config/src/settings.ts
/** Every source of the watch; packages/observe has one entry for each. */
const sourceNames = ['vercel-observability', 'vercel-runtime-logs', 'http-json', 'probe'];

;// CONCATENATED MODULE: ./packages/config/src/sections.ts



const sections_list = (item) => schemas/* array */.YOg(item);
const sections_variableName = () => pattern(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');
/** How the environment exists on Vercel. */
const vercel = schemas/* strictObject */.rej({
    project: values_text('a project id (prj_…) or name').optional().meta({ description: 'Project id (prj_…) or name.' }),
    team: values_text('a team id (team_…) or slug')
        .optional()
        .meta({ description: 'Team id (team_…) or slug; leave out for a personal account.' }),
    as: oneOf(['production', 'custom-environment', 'alias']).optional().meta({
        description: 'production: a project of its own. custom-environment: one of Vercel’s. alias: a preview deployment behind a domain.',
    }),
    'custom-environment': values_text('the slug of a custom environment').optional(),
    alias: pattern(/^[a-z0-9.-]+(:\d+)?$/i, 'a host such as staging.example.com').optional(),
    build: oneOf(['remote', 'prebuilt', 'adopt']).optional().meta({
        description: 'remote: Vercel builds. prebuilt: the workflow built. adopt: take what Vercel’s Git integration built.',
    }),
    'working-directory': repositoryPath()
        .optional()
        .meta({ description: 'Folder of the app; default the repository root.' }),
    deadline: duration().optional().meta({ description: 'How long a deployment may take to become ready.' }),
    'required-variables': sections_list(sections_variableName())
        .optional()
        .meta({ description: 'Environment variables that must exist on Vercel.' }),
});
const backup = schemas/* strictObject */.rej({
    destination: oneOrMore(oneOf(['artifact', 'directory'])).optional(),
    path: values_text('a folder').optional().meta({ description: 'Folder for the destination "directory".' }),
    policy: oneOf(['required', 'platform', 'skip']).optional(),
    verify: oneOf(['restore', 'structure', 'checksum']).optional(),
    before: sections_list(oneOf(['migration', 'restore', 'database-rollback'])).optional(),
    schedule: values_text('times such as "daily at 02:00 UTC"').optional(),
    retention: schemas/* strictObject */.rej({ managed: duration().optional(), manual: duration().optional(), storage: duration().optional() })
        .optional(),
    'verify-every': values_text('a duration, or after-deploy').optional(),
});
/** Migrations, locks and the restore point before them. */
const database = schemas/* strictObject */.rej({
    migrations: repositoryPath()
        .optional()
        .meta({ description: 'Folder of the migration files; default supabase/migrations.' }),
    'lock-timeout': duration().optional(),
    'statement-timeout': duration().optional(),
    backup: backup.optional(),
    apply: oneOf(['automatic', 'approve', 'manual']).optional(),
    naming: oneOf(['timestamp', 'numbered']).optional(),
    command: template(['environment']).optional(),
    'verify-command': template(['environment']).optional(),
    'verify-tables': sections_list(values_text('the name of a table')).optional(),
    critical: sections_list(values_text('the name of a migration file')).optional(),
    lint: flag().optional(),
    'rollback-sql': oneOf(['required', 'optional', 'ignored']).optional(),
    'on-failure': oneOrMore(oneOf(['stop', 'rollback', 'fix-forward'])).optional(),
});
const checkPath = () => pattern(/^(\/|https?:\/\/)\S*$/, 'a path such as /api/health, or an address');
const jsonPath = () => pattern(/^\$(\.[^.[\]*\s]+|\[\d+\]|\['[^']+'\]|\["[^"]+"\])+$/, 'a path such as $.status or $.checks[0].name');
const sections_status = () => integer(100, 599);
const checkObject = schemas/* strictObject */.rej({
    name: values_text().optional(),
    path: checkPath(),
    method: oneOf(['GET', 'HEAD', 'POST']).optional(),
    status: oneOrMore(sections_status())
        .optional()
        .meta({ description: 'Accepted statuses; default 200–399 that are not a login wall.' }),
    json: schemas/* record */.g1P(jsonPath(), schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* number */.aig(), schemas/* boolean */.zMY()]))
        .optional()
        .meta({ description: 'Paths into the JSON body and the values they must equal, e.g. { $.status: healthy }.' }),
    contains: values_text().optional().meta({ description: 'Text that the body must contain.' }),
    timeout: duration().optional(),
    retries: integer(0, 20).optional(),
    every: duration().optional(),
    'json-all': schemas/* record */.g1P(jsonPath(), values_text())
        .optional()
        .meta({ description: 'Paths to objects and the value that each entry must equal.' }),
    recent: sections_list(jsonPath()).optional().meta({ description: 'Paths to times that must be from now.' }),
    release: jsonPath().optional().meta({ description: 'Path to the version or commit that must be the released one.' }),
});
/** One HTTP check: a path alone, or a path with expectations. */
const check = schemas/* union */.KCZ([checkPath(), checkObject])
    .transform((given) => (typeof given === 'string' ? { path: given } : given));
/** The gate before and after promotion. `health: /api/health` and `health: [/a, /b]` are short forms. */
const health = schemas/* union */.KCZ([
    checkPath(),
    sections_list(check),
    schemas/* strictObject */.rej({
        checks: sections_list(check).optional(),
        consecutive: integer(1, 100).optional(),
        interval: duration().optional(),
        timeout: duration().optional(),
        deadline: duration().optional(),
    }),
])
    .transform((given) => {
    if (typeof given === 'string')
        return { checks: [{ path: given }] };
    return Array.isArray(given) ? { checks: given } : given;
});
const smokeCommand = () => template(['environment', 'url']);
/** The smoke tests. `smoke: npm run test:smoke -- --env={environment}` is the short form; `none` removes an inherited one. */
const smoke = schemas/* union */.KCZ([
    smokeCommand(),
    schemas/* strictObject */.rej({
        command: smokeCommand().optional(),
        checks: sections_list(check).optional(),
        timeout: duration().optional(),
        'end-to-end': smokeCommand().optional(),
        after: sections_list(oneOf(['deploy', 'migration', 'migration-rollback', 'rollback', 'restore'])).optional(),
    }),
])
    .transform((given) => {
    if (given === 'none')
        return 'none';
    return typeof given === 'string' ? { command: given } : given;
});
/** Sources that a file may already name: the release is watched with the default source, and the run says so. */
const laterSourceNames = ['sentry', 'datadog', 'prometheus', 'supabase-logs'];
/** The time after promotion. */
const watch = schemas/* strictObject */.rej({
    source: oneOrMore(oneOf([...sourceNames, ...laterSourceNames])).optional(),
    window: duration().optional(),
    interval: duration().optional(),
    rules: sections_list(watchRule()).optional(),
    'min-requests': integer(1, 1_000_000_000).optional(),
    'on-no-data': oneOf(['hold', 'fail', 'pass']).optional(),
    'on-inconclusive': oneOf(['hold', 'fail', 'pass']).optional(),
    mode: oneOf(['observe', 'notify', 'approve', 'auto'])
        .optional()
        .meta({ description: 'observe: watch and say. notify: red, a person acts. approve: ask. auto: roll back.' }),
    'http-json': schemas/* strictObject */.rej({
        url: address(),
        requests: values_text('a path such as $.requests'),
        errors: values_text('a path such as $.errors'),
    })
        .optional(),
});
/** What a release needs and how long its lock lasts. */
const release = schemas/* strictObject */.rej({
    'requires-passed': values_text('the name of an environment')
        .optional()
        .meta({ description: 'Refused unless this environment passed for the same git tree.' }),
    'require-ancestor': flag().optional(),
    'lock-expiry': duration().optional(),
    approval: oneOf(['always', 'migrations', 'none']).optional(),
    strategy: oneOf(['direct', 'blue-green']).optional(),
    'keep-previous': duration().optional(),
    'time-budget': duration().optional(),
    issue: template(['version', 'environment']).optional(),
});
const channel = () => pattern(/^#?[\w-]{2,80}$/, 'a channel id such as C0123456789');
/** Where the one living message goes. `slack: C0123456789` is the short form. */
const slack = schemas/* union */.KCZ([channel(), schemas/* strictObject */.rej({ channel: channel().optional() })])
    .transform((given) => (typeof given === 'string' ? { channel: given } : given));
/** Supabase beyond the database. */
const supabase = schemas/* strictObject */.rej({
    project: values_text('a project reference').optional(),
    functions: repositoryPath().optional(),
    'required-secrets': sections_list(sections_variableName()).optional(),
});

;// CONCATENATED MODULE: ./packages/config/src/ops-schema.ts




/** Sections that may stand at the top, for all environments, and under one environment. */
const sections = {
    vercel: vercel.optional().meta({ description: 'The Vercel project and how this environment exists on it.' }),
    database: database.optional().meta({ description: 'Migrations and the restore point before them.' }),
    supabase: supabase.optional().meta({ description: 'Supabase beyond the database.' }),
    health: health
        .optional()
        .meta({ description: 'Checks that must pass before and after promotion, e.g. /api/health.' }),
    smoke: smoke
        .optional()
        .meta({ description: 'Smoke tests: a command, or checks run in order; none removes inherited ones.' }),
    watch: watch
        .optional()
        .meta({ description: 'How long the release is watched, by which rules, and what happens on a breach.' }),
    release: release.optional().meta({ description: 'What a release needs.' }),
    slack: slack.optional().meta({ description: 'Channel of the release message.' }),
    checklist: checklist.optional(),
    rollback: rollback.optional(),
    notifications: notifications.optional(),
    alerts: alerts.optional(),
    incidents: incidents.optional(),
    'golden-paths': goldenPaths.optional(),
    'after-release': afterRelease.optional(),
    budgets: budgets.optional(),
    doctor: doctor.optional(),
    maintenance: maintenance.optional(),
    security: security.optional(),
    variables: variables.optional(),
    webhooks: webhooks.optional(),
    scans: scans.optional(),
    drills: drills.optional(),
    tasks: tasks.optional(),
    contacts: contacts.optional(),
    metrics: later_sections_metrics.optional(),
};
/** One environment: its address, when it is released, and what differs from the top of the file. */
const environmentSchema = schemas/* strictObject */.rej({
    url: address().optional().meta({ description: 'Public address of the environment.' }),
    trigger: trigger()
        .optional()
        .meta({ description: 'When its workflow starts; `init` writes it into the workflow file.' }),
    ...sections,
});
const environmentName = () => pattern(/^[A-Za-z0-9][\w.-]{0,254}$/, 'a name such as production or staging');
/** The whole of `.github/ops.yml`. Everything is optional. */
const opsSchema = schemas/* strictObject */.rej({
    version: schemas/* literal */.euz(1).optional().meta({ description: 'Version of this format.' }),
    extends: values_text('the name of a preset, or owner/repository/path@<40-hex commit>').optional().meta({
        description: 'A preset (staging-branch, tag-release, push-to-main, validated-pipeline, blue-green) or owner/repository/path@<40-hex commit>.',
    }),
    environments: schemas/* record */.g1P(environmentName(), environmentSchema)
        .optional()
        .meta({ description: 'What differs per environment.' }),
    apps: schemas/* record */.g1P(values_text('a name'), schemas/* strictObject */.rej({ vercel: vercel.optional(), 'working-directory': repositoryPath().optional() }))
        .optional()
        .meta({ description: 'Several Vercel projects released together: not in this version, refused by name.' }),
    ...sections,
});

;// CONCATENATED MODULE: ./packages/config/src/read-layer.ts





/** Reads and validates one file. `inherited` files may hold placeholders such as `<address of production>`; they say nothing. */
function readLayer(file, text, inherited) {
    const { document, problems } = readDocument(file, text);
    const placeholders = [];
    if (problems.length > 0)
        return { document, layer: {}, placeholders, problems };
    const data = withoutEmptySections(document.data ?? {});
    const secrets = [];
    const refused = new Set();
    for (const { path, value } of scalars(data)) {
        if (looksSecret(value)) {
            secrets.push(problemAt(document, path, 'value', 'refused: this looks like a secret (not shown here); revoke it, and give the new one as a secret in the workflow file'));
        }
        else if (typeof value === 'string' && /^<[^<>]+>$/.test(value)) {
            placeholders.push({ path, text: value });
            if (inherited)
                continue;
            problems.push(problemAt(document, path, 'value', `still holds the placeholder ${value}; write your own value, or remove the line`));
        }
        else
            continue;
        refused.add(showPath(path));
    }
    const readable = inherited
        ? without(data, placeholders.map(({ path }) => path))
        : data;
    const result = opsSchema.safeParse(readable);
    const found = result.success ? [] : describeIssues({ ...document, data: readable }, opsSchema, result.error.issues);
    problems.push(...secrets, ...found.filter((problem) => !refused.has(problem.path)));
    return {
        document,
        layer: result.success ? result.data : salvage(readable, result.error.issues),
        placeholders,
        problems,
    };
}
/** What is left when the wrong parts are taken out, so that names can be checked in the same run and all mistakes come at once. */
function salvage(data, issues, rounds = 8) {
    if (rounds === 0)
        return {};
    const wrong = issues.flatMap((issue) => issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [existing(data, issue.path)]);
    if (wrong.some((path) => path.length === 0))
        return {};
    const copy = without(data, wrong);
    const result = opsSchema.safeParse(copy);
    return result.success ? result.data : salvage(copy, result.error.issues, rounds - 1);
}
/** The path itself, or what lacks it. */
function existing(data, path) {
    const parent = path.slice(0, -1).reduce((value, step) => value?.[String(step)], data);
    return path.length > 0 && !Object.hasOwn(Object(parent), path.at(-1))
        ? existing(data, path.slice(0, -1))
        : path;
}
/** A section whose content is commented out is null for YAML; people mean that nothing is written there. */
function withoutEmptySections(data) {
    if (!isPart(data))
        return data;
    const kept = Object.entries(data).filter(([, value]) => value !== null);
    return Object.fromEntries(kept.map(([key, value]) => [key, key === 'environments' ? emptyEnvironments(value) : value]));
}
function emptyEnvironments(value) {
    if (!isPart(value))
        return value;
    return Object.fromEntries(Object.entries(value).map(([name, environment]) => [
        name,
        environment === null ? {} : withoutEmptySections(environment),
    ]));
}
function* scalars(value, path = []) {
    if (Array.isArray(value)) {
        for (const [index, item] of value.entries())
            yield* scalars(item, [...path, index]);
    }
    else if (isPart(value)) {
        for (const [key, item] of Object.entries(value))
            yield* scalars(item, [...path, key]);
    }
    else {
        yield { path, value };
    }
}
function without(data, paths) {
    const copy = structuredClone(data);
    for (const path of paths) {
        const parent = path
            .slice(0, -1)
            .reduce((value, step) => value?.[step], copy);
        if (parent)
            delete parent[path.at(-1)];
    }
    return copy;
}

;// CONCATENATED MODULE: ./packages/config/src/extend-chain.ts




const longestChain = 5;
const atCommit = /^[\w-][\w.-]*\/[\w.-]+\/[^@\s]+@[0-9a-f]{40}$/;
/** The file and everything it extends, nearest first. What cannot be read is a problem of the line that names it. */
async function readChain(file, text, readReference) {
    const chain = [readLayer(file, text, false)];
    for (let current = chain[0]; current?.layer.extends !== undefined; current = chain.at(-1)) {
        const reference = current.layer.extends;
        const next = chain.length > longestChain
            ? `the chain of extends is longer than ${longestChain} files`
            : await follow(reference, readReference);
        if (typeof next === 'string') {
            current.problems.push(problemAt(current.document, ['extends'], 'value', next));
            return chain;
        }
        chain.push(readLayer(next.file, next.text, true));
    }
    return chain;
}
async function follow(reference, readReference) {
    const preset = Object.hasOwn(embeddedPresets, reference) ? embeddedPresets[reference] : undefined;
    if (preset !== undefined)
        return { file: `presets/${reference}.yml`, text: preset };
    if (!reference.includes('/')) {
        const names = Object.keys(embeddedPresets);
        const near = closest(reference, names);
        return `there is no preset "${reference}"${near ? `; did you mean ${near}?` : ''}. Allowed: ${names.join(', ')}, or owner/repository/path@<40-hex commit>`;
    }
    if (!atCommit.test(reference) || reference.split(/[/@]/).some((part) => part === '..' || part === '.')) {
        return `"${reference}" is refused: a file of another repository is named at a commit, owner/repository/path@<40-hex commit>; a branch or tag can change under a release`;
    }
    try {
        return await readReference(reference);
    }
    catch (error) {
        return `"${reference}" could not be read: ${error instanceof Error ? error.message : String(error)}`;
    }
}

// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(57975);
;// CONCATENATED MODULE: ./packages/config/src/not-acted-on.ts



/** What may be written and is checked, but changes nothing yet. `*` stands for every entry of a list or map. */
const notActedOn = [
    'supabase',
    'vercel.required-variables',
    'database.backup.policy',
    'database.backup.verify',
    'database.backup.before',
    'database.backup.schedule',
    'database.backup.retention',
    'database.backup.verify-every',
    'database.naming',
    'database.command',
    'database.verify-command',
    'database.verify-tables',
    'database.critical',
    'database.lint',
    'database.rollback-sql',
    'database.on-failure',
    'health.checks.*.retries',
    'health.checks.*.every',
    'health.checks.*.recent',
    'health.checks.*.release',
    'health.checks.*.json-all',
    'smoke.checks.*.retries',
    'smoke.checks.*.every',
    'smoke.checks.*.recent',
    'smoke.checks.*.release',
    'smoke.checks.*.json-all',
    'smoke.end-to-end',
    'smoke.after',
    'release.approval',
    'release.strategy',
    'release.keep-previous',
    'release.time-budget',
    'release.issue',
    'checklist',
    'rollback.rules',
    'rollback.fix-forward-limit',
    'rollback.app.method',
    'rollback.app.limit',
    'rollback.functions',
    'rollback.database',
    'notifications',
    'alerts',
    'incidents',
    'golden-paths',
    'after-release',
    'budgets',
    'doctor',
    'maintenance',
    'security',
    'variables',
    'webhooks',
    'scans',
    'drills',
    'tasks',
    'contacts',
    'metrics',
];
/** Values that say what happens anyway: writing them down is no reason for a warning. */
const saysWhatHappens = {
    // `skip` acts where the workflow file says throw-away; elsewhere preflight says that it does not.
    'database.backup.policy': ['required', 'skip'],
    'database.backup.verify': ['restore'],
    'database.backup.before': [['migration']],
    'database.naming': ['timestamp'],
    'database.on-failure': [['stop']],
    'release.approval': ['none'],
    'release.strategy': ['direct'],
    'rollback.app.method': ['vercel-rollback', 'promote'],
};
/** The keys of a merged environment that this version reads without acting on them. */
function findNotActedOn(environment) {
    const found = notActedOn.filter((pattern) => present(environment, pattern.split('.'), saysWhatHappens[pattern] ?? []));
    const watch = isPart(environment) && isPart(environment.watch) ? environment.watch : {};
    const sources = Array.isArray(watch.source) ? watch.source : [];
    const unknown = sources.filter((source, index) => index > 0 || laterSourceNames.includes(source));
    return [...found, ...unknown.map((source) => `watch.source ${source}`)];
}
function present(value, steps, usual) {
    const [step, ...rest] = steps;
    if (step === undefined)
        return value !== undefined && !usual.some((entry) => (0,external_node_util_.isDeepStrictEqual)(entry, value));
    if (step === '*')
        return Object.values(value ?? {}).some((entry) => present(entry, rest, usual));
    return isPart(value) && present(value[step], rest, usual);
}

;// CONCATENATED MODULE: ./packages/config/src/to-settings.ts

/** The settings of one environment from its merged layer; unstated keys stay absent. */
function toSettings(layer, environment, production) {
    const { vercel = {}, database = {}, watch = {}, release = {} } = layer;
    const backup = database.backup ?? {};
    const smoke = layer.smoke === 'none' ? {} : (layer.smoke ?? {});
    const health = layer.health ?? {};
    return {
        environment,
        production,
        ...defined({ url: layer.url, trigger: layer.trigger }),
        vercel: defined({
            project: vercel.project,
            team: vercel.team,
            as: vercel.as,
            customEnvironment: vercel['custom-environment'],
            alias: vercel.alias,
            build: vercel.build,
            workingDirectory: vercel['working-directory'],
            deadlineMs: vercel.deadline,
            requiredVariables: vercel['required-variables'],
            rollbackFallback: layer.rollback?.app?.method === 'promote' ? 'promote' : undefined,
        }),
        database: defined({
            migrations: database.migrations,
            apply: database.apply,
            lockTimeoutMs: database['lock-timeout'],
            statementTimeoutMs: database['statement-timeout'],
            backupDestinations: backup.destination,
            backupPath: backup.path,
            backupPolicy: backup.policy,
            backupVerify: backup.verify,
        }),
        health: defined({
            checks: health.checks?.map(toCheck),
            consecutive: 'consecutive' in health ? health.consecutive : undefined,
            intervalMs: 'interval' in health ? health.interval : undefined,
            timeoutMs: 'timeout' in health ? health.timeout : undefined,
            deadlineMs: 'deadline' in health ? health.deadline : undefined,
        }),
        smoke: defined({
            command: smoke.command,
            checks: 'checks' in smoke ? smoke.checks?.map(toCheck) : undefined,
            timeoutMs: 'timeout' in smoke ? smoke.timeout : undefined,
        }),
        watch: defined({
            source: watch.source?.find((name) => sourceNames.includes(name)),
            windowMs: watch.window,
            intervalMs: watch.interval,
            rules: watch.rules,
            minRequests: watch['min-requests'],
            onNoData: watch['on-no-data'],
            onInconclusive: watch['on-inconclusive'],
            mode: watch.mode,
            httpJson: watch['http-json'],
        }),
        release: defined({
            requiresPassed: release['requires-passed'],
            requireAncestor: release['require-ancestor'],
            lockExpiryMs: release['lock-expiry'],
        }),
        slack: defined({ channel: layer.slack?.channel }),
    };
}
function toCheck(check) {
    const { path, ...rest } = {
        name: undefined,
        method: undefined,
        status: undefined,
        json: undefined,
        contains: undefined,
        timeout: undefined,
        ...check,
    };
    const { name, method, status, json, contains, timeout } = rest;
    return { path, ...defined({ name, method, status, json, contains, timeoutMs: timeout }) };
}
/** Leaves out keys that have no value, so that `in` and spreading mean what they say. */
function defined(part) {
    return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
}

// EXTERNAL MODULE: ./packages/config/src/trust-limits.ts
var trust_limits = __webpack_require__(54867);
;// CONCATENATED MODULE: ./packages/config/src/load-config.ts











/**
 * Reads `.github/ops.yml`, what it extends, and returns the settings of one environment. Nearest wins: the environment in
 * the file, the top of the file, then the same two of what it extends. Throws ConfigError with every mistake at once.
 */
async function loadConfig(given) {
    const chain = await readChain(given.file, given.text, given.readReference);
    const problems = chain.flatMap((layer) => [...layer.problems, ...findCrossProblems(layer, chain)]);
    const declared = environmentNames(chain);
    // An action used alone may name no environment: it gets the top of the file, judged as production.
    if (given.environment !== '' && declared.length > 0 && !declared.includes(given.environment))
        problems.push(unknownEnvironment(chain, given, declared));
    const merged = mergeEnvironment(chain, given.environment);
    const production = (0,trust_limits/* isProduction */.KV)(given.environment, given.throwAway);
    if (production) {
        for (const weakening of (0,trust_limits/* findWeakenings */.u4)(merged, given.environment)) {
            problems.push(problemOf(chain, given.environment, weakening.path, weakening.message));
        }
    }
    // Only for files that are sound in themselves: what was taken out of a wrong one would seem to be missing.
    if (problems.length === 0)
        problems.push(...findSharedProjects(chain, declared));
    for (const missing of problems.length === 0 ? findIncomplete(merged) : [])
        problems.push(problemOf(chain, given.environment, missing.path, missing.message));
    if (problems.length > 0)
        throw new config_error.ConfigError(problems);
    return {
        settings: toSettings(merged, given.environment, production),
        warnings: findWarnings(chain, merged, given.environment),
    };
}
/** Names of all environments in the chain, in the order of the files. */
function environmentNames(chain) {
    return [...new Set(chain.flatMap(({ layer }) => Object.keys(layer.environments ?? {})))];
}
/** The four levels of each file laid on each other, farthest first. */
function mergeEnvironment(chain, name) {
    let merged = {};
    for (const { layer } of [...chain].reverse()) {
        const { version: _version, extends: _extends, environments, apps: _apps, ...top } = layer;
        const own = environments && Object.hasOwn(environments, name) ? environments[name] : undefined;
        merged = merge(merge(merged, top), own);
    }
    return merged;
}
function findIncomplete({ vercel, watch, database }) {
    const found = [];
    const need = (path, key) => found.push({ path, message: `needs ${[...path.slice(0, -1), key].join('.')} beside it` });
    if (vercel?.as === 'custom-environment' && !vercel['custom-environment'])
        need(['vercel', 'as'], 'custom-environment');
    if (vercel?.as === 'alias' && !vercel.alias)
        need(['vercel', 'as'], 'alias');
    if (watch?.source?.[0] === 'http-json' && !watch['http-json'])
        need(['watch', 'source'], 'http-json');
    if (database?.backup?.destination?.includes('directory') && !database.backup.path)
        need(['database', 'backup', 'destination'], 'path');
    if (watch?.interval !== undefined && watch.window !== undefined && watch.interval > watch.window) {
        found.push({ path: ['watch', 'interval'], message: 'is longer than watch.window' });
    }
    return found;
}
/** Two environments that would both move the production domains of one Vercel project: staging would release to production. */
function findSharedProjects(chain, names) {
    const owners = new Map();
    return names.flatMap((name) => {
        const { project, as = 'production' } = mergeEnvironment(chain, name).vercel ?? {};
        if (project === undefined || as !== 'production')
            return [];
        const other = owners.get(project);
        owners.set(project, other ?? name);
        if (other === undefined)
            return [];
        const which = (0,trust_limits/* isProduction */.KV)(name, false) && !(0,trust_limits/* isProduction */.KV)(other, false) ? other : name;
        const { document } = chain.find(({ layer }) => layer.environments?.[which]) ?? chain[0];
        const message = `${other} and ${name} would both move the production domains of the Vercel project ${project}: give ${which} a project of its own, or vercel.as: custom-environment or alias`;
        return [problemAt(document, ['environments', which], 'key', message)];
    });
}
/** A problem of the merged environment, at the nearest line that set the value. */
function problemOf(chain, environment, path, message) {
    for (const { document, layer } of chain) {
        for (const base of [['environments', environment], []]) {
            const whole = [...base, ...path];
            if (reaches(layer, whole))
                return problemAt(document, whole, 'value', message);
        }
    }
    const own = chain[0];
    return { file: own.document.file, line: 1, path: showPath(path), message };
}
function reaches(layer, path) {
    const value = path.reduce((part, step) => (isPart(part) && Object.hasOwn(part, step) ? part[String(step)] : undefined), layer);
    return value !== undefined;
}
function unknownEnvironment(chain, given, declared) {
    const near = closest(given.environment, declared);
    const hint = near ? `; did you mean ${near}?` : '';
    const message = `there is no environment "${given.environment}" here, which the workflow names${hint}`;
    const document = (chain.find(({ layer }) => layer.environments) ?? chain[0]).document;
    return problemAt(document, ['environments'], 'key', message, declared.join(', '));
}
function findWarnings(chain, merged, environment) {
    const warnings = [];
    const later = findNotActedOn(merged);
    if (later.length > 0)
        warnings.push(`${chain[0]?.document.file}: read but not acted on by this version: ${later.join(', ')}`);
    const open = chain.flatMap(({ document, placeholders }) => placeholders
        .filter(({ path }) => leftOpen(merged, path, environment))
        .map(({ path, text }) => `${showPath(path)} ${text} (${document.file})`));
    if (open.length > 0)
        warnings.push(`${chain[0]?.document.file}: left to you and not written: ${open.join(', ')}`);
    return warnings;
}
function leftOpen(merged, path, environment) {
    const [head, name, ...rest] = path;
    if (head === 'environments' && name !== environment)
        return false;
    const own = head === 'environments' ? rest : path;
    return !reaches(merged, own) && !notActedOn.some((pattern) => `${own.join('.')}.`.startsWith(`${pattern}.`));
}


/***/ })

};
