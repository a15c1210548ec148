export const id = 546;
export const ids = [546];
export const modules = {

/***/ 2546:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  inspectMigrations: () => (/* binding */ inspectMigrations)
});

;// CONCATENATED MODULE: ./packages/postgres/src/sql-names.ts
function child(node, key) {
    const value = node?.[key];
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
function children(node, key) {
    const value = node?.[key];
    return Array.isArray(value) ? value : [];
}
function textOf(node, key) {
    const value = node?.[key];
    return typeof value === 'string' ? value : undefined;
}
/** UTF-16 offset of a node's `location`, or the start of its statement. */
function offsetOfNode(statement, node) {
    const location = node?.location;
    return typeof location === 'number' && location >= 0 ? statement.offsetOf(location) : statement.start;
}
function relationName(relation) {
    const name = textOf(relation, 'relname');
    const schema = textOf(relation, 'schemaname');
    return name === undefined ? undefined : schema === undefined ? { name } : { schema, name };
}
/** The names of a list of `String` nodes, e.g. `public.notes` in DROP TABLE. */
function stringList(nodes) {
    return nodes.flatMap((node) => textOf(child(node, 'String'), 'sval') ?? []);
}
/** As PostgreSQL writes it: quoted only where it must be. */
function identifier(name) {
    return /^[a-z_][a-z0-9_$]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
function qualified(relation) {
    const schema = relation.schema === undefined ? '' : `${identifier(relation.schema)}.`;
    return schema + identifier(relation.name);
}
/** Unqualified and `public.` names meet here: a migration folder names the same table both ways. */
function relationKey(relation) {
    return `${relation.schema ?? 'public'}.${relation.name}`;
}
const reserved = new Set(('all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create ' +
    'current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else ' +
    'end except false fetch for foreign from grant group having in initially intersect into lateral leading limit ' +
    'localtime localtimestamp not null offset on only or order placing primary references returning select ' +
    'session_user some symmetric table then to trailing true union unique user using variadic when where window with').split(' '));
/** The inner nodes of a list whose items are wrapped by their type, e.g. every `Constraint` of a column. */
function wrapped(node, key, type) {
    return children(node, key).flatMap((item) => {
        const inner = child(item, type);
        return inner === undefined ? [] : [inner];
    });
}

;// CONCATENATED MODULE: ./packages/postgres/src/correct-add-column.ts

/** What existing rows get, by type. `now()` and constants do not rewrite the table; `gen_random_uuid()` does. */
const defaults = {
    int2: '0',
    int4: '0',
    int8: '0',
    float4: '0',
    float8: '0',
    numeric: '0',
    money: '0',
    bool: 'false',
    text: "''",
    varchar: "''",
    bpchar: "''",
    citext: "''",
    bytea: "''",
    json: "'{}'",
    jsonb: "'{}'",
    hstore: "''",
    interval: "'0'",
    date: 'CURRENT_DATE',
    timestamp: 'now()',
    timestamptz: 'now()',
    uuid: 'gen_random_uuid()',
};
/** Constraints for which one value in every existing row cannot be right. */
const needOwnValues = new Set(['CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_FOREIGN', 'CONSTR_CHECK']);
/**
 * The corrected form of `ALTER TABLE t ADD COLUMN c type NOT NULL`: the same statement with a DEFAULT where the type has
 * a harmless one, else the column first, its values next, the constraint last (MIG-14).
 */
function correctAddColumn(sql, statement, table, column) {
    const name = identifier(String(column.colname));
    const typeName = child(column, 'typeName');
    const constraints = wrapped(column, 'constraints', 'Constraint');
    const typeStart = offsetOfNode(statement, typeName);
    const typeEnd = Math.min(...constraints.map((constraint) => offsetOfNode(statement, constraint)));
    const type = sql.slice(typeStart, typeEnd).replace(/\s+/g, ' ').trim();
    const alter = `ALTER TABLE ${qualified(table)}`;
    const value = children(typeName, 'arrayBounds').length > 0
        ? "'{}'"
        : defaults[stringList(children(typeName, 'names')).at(-1) ?? ''];
    const plain = constraints.every((constraint) => !needOwnValues.has(String(constraint.contype)));
    if (value !== undefined && plain)
        return `${alter} ADD COLUMN ${name} ${type} NOT NULL DEFAULT ${value};`;
    return [
        `${alter} ADD COLUMN ${name} ${type};`,
        `UPDATE ${qualified(table)} SET ${name} = /* the value for rows that exist */;`,
        `${alter} ALTER COLUMN ${name} SET NOT NULL;`,
    ].join('\n');
}

;// CONCATENATED MODULE: ./packages/postgres/src/classify-statement.ts


/** Keys of the relations that a statement creates. IF NOT EXISTS creates perhaps, so those count as existing. */
function createdRelations(statement) {
    const { kind, node } = statement;
    const relation = kind === 'CreateStmt' && node.if_not_exists !== true
        ? child(node, 'relation')
        : kind === 'CreateTableAsStmt' && node.if_not_exists !== true
            ? child(child(node, 'into'), 'rel')
            : undefined;
    const name = relationName(relation);
    return name === undefined ? [] : [relationKey(name)];
}
/** True for statements that PostgreSQL refuses inside a transaction block. */
function standsAlone(statement) {
    const { kind, node } = statement;
    if (kind === 'IndexStmt' || kind === 'DropStmt')
        return node.concurrent === true;
    if (kind === 'ReindexStmt') {
        const concurrently = children(node, 'params').some((item) => child(item, 'DefElem')?.defname === 'concurrently');
        return concurrently || node.kind === 'REINDEX_OBJECT_DATABASE' || node.kind === 'REINDEX_OBJECT_SYSTEM';
    }
    if (kind === 'VacuumStmt')
        return node.is_vacuumcmd === true;
    if (kind === 'AlterTableStmt')
        return tableCommands(node).some((command) => textOf(command, 'subtype') === 'AT_DetachPartition' &&
            child(child(command, 'def'), 'PartitionCmd')?.concurrent === true);
    return (kind === 'AlterSystemStmt' ||
        kind === 'CreatedbStmt' ||
        kind === 'DropdbStmt' ||
        kind === 'CreateTableSpaceStmt' ||
        kind === 'DropTableSpaceStmt');
}
/** What one statement does to a database that serves traffic. Pure. */
function classifyStatement(context) {
    const { kind, node, start } = context.statement;
    switch (kind) {
        case 'TransactionStmt':
            return transaction(context);
        case 'AlterTableStmt':
            return alterTable(context);
        case 'DropStmt':
            return drop(context);
        case 'RenameStmt':
            return rename(context);
        case 'IndexStmt': {
            const table = relationName(child(node, 'relation'));
            if (node.concurrent === true && textOf(node, 'idxname') === undefined)
                return unnamedIndex(start);
            if (node.concurrent === true || table === undefined || !context.existing(relationKey(table)))
                return [];
            const message = `CREATE INDEX without CONCURRENTLY stops every write to ${qualified(table)} while it builds`;
            const text = context.sql.slice(start, context.statement.end).trim();
            const correction = `${text.replace(/\bindex\b/i, (word) => `${word} ${word === 'INDEX' ? 'CONCURRENTLY' : 'concurrently'}`)};\n(alone in a migration file of its own, trap 11)`;
            return [{ offset: start, rule: 'index-not-concurrent', severity: 'warn', message, correction }];
        }
        default:
            return [];
    }
}
function unnamedIndex(offset) {
    const message = 'an index that is built concurrently and has no name of its own cannot be recognised after an interruption';
    const correction = 'give the index a name: CREATE INDEX CONCURRENTLY <name> ON …';
    return [{ offset, rule: 'concurrent-index-unnamed', severity: 'refuse', message, correction }];
}
function transaction(context) {
    const message = 'the file controls transactions itself, so a failure could leave half of it applied and unrecorded';
    const correction = 'remove BEGIN, COMMIT and ROLLBACK: each file already runs in one transaction of its own';
    return [{ offset: context.statement.start, rule: 'explicit-transaction', severity: 'refuse', message, correction }];
}
const laterRelease = 'code that is deployed now may still use it until the new deployment is promoted (trap 6)';
/** A statement that removes what old code needs: refused before a promotion, a warning when run by hand. */
function contract(context, offset, rule, what, correction) {
    const severity = context.phase === 'expand' ? 'refuse' : 'warn';
    const advice = 'put it into a migration of the next release, when nothing deployed uses it any more, and apply that with phase: all';
    return {
        offset,
        rule,
        severity,
        message: `${what}: ${laterRelease}; it belongs into the next release`,
        correction: correction ?? advice,
    };
}
function drop(context) {
    const { node, start } = context.statement;
    const kinds = {
        OBJECT_TABLE: 'DROP TABLE',
        OBJECT_VIEW: 'DROP VIEW',
        OBJECT_MATVIEW: 'DROP MATERIALIZED VIEW',
        OBJECT_SCHEMA: 'DROP SCHEMA',
    };
    const words = kinds[textOf(node, 'removeType') ?? ''];
    if (words === undefined)
        return [];
    const names = children(node, 'objects').map((object) => {
        const parts = child(object, 'List') === undefined ? stringList([object]) : stringList(children(child(object, 'List'), 'items'));
        const [schema, name] = parts.length > 1 ? parts.slice(-2) : [undefined, parts[0]];
        return (schema === undefined ? { name: name ?? '' } : { schema, name: name ?? '' });
    });
    // DROP VIEW followed by CREATE VIEW is how views are replaced: within one transaction nobody sees it gone.
    const severe = names.filter((name) => context.existing(relationKey(name)));
    if (severe.length === 0)
        return [];
    const finding = contract(context, start, `drop-${words.slice(5).toLowerCase().replaceAll(' ', '-')}`, `${words} ${severe.map(qualified).join(', ')}`);
    return [words.endsWith('VIEW') ? { ...finding, severity: 'warn' } : finding];
}
function rename(context) {
    const { node, start } = context.statement;
    const table = relationName(child(node, 'relation'));
    const type = textOf(node, 'renameType');
    if (table === undefined || !context.existing(relationKey(table)))
        return [];
    const to = textOf(node, 'newname') ?? '';
    if (type === 'OBJECT_COLUMN') {
        const from = textOf(node, 'subname') ?? '';
        const correction = `add column ${to}, write both, copy the values, and drop ${from} in the next release`;
        return [
            contract(context, start, 'rename-column', `RENAME COLUMN ${from} of ${qualified(table)} to ${to}`, correction),
        ];
    }
    if (type !== 'OBJECT_TABLE' && type !== 'OBJECT_VIEW')
        return [];
    const correction = `after the rename keep the old name for running code: CREATE VIEW ${qualified(table)} WITH (security_invoker = true) AS SELECT * FROM ${to}; in the next release drop the view`;
    return [contract(context, start, 'rename-table', `RENAME ${qualified(table)} to ${to}`, correction)];
}
function tableCommands(node) {
    return wrapped(node, 'cmds', 'AlterTableCmd');
}
function alterTable(context) {
    const { node, start } = context.statement;
    const table = relationName(child(node, 'relation'));
    if (table === undefined || node.objtype !== 'OBJECT_TABLE' || !context.existing(relationKey(table)))
        return [];
    const name = qualified(table);
    const commands = tableCommands(node);
    // ADD COLUMN … followed by ALTER COLUMN … SET DEFAULT in one statement does not help: rows are filled by ADD COLUMN.
    return commands.flatMap((command) => {
        const column = textOf(command, 'name') ?? '';
        const definition = child(child(command, 'def'), 'ColumnDef');
        switch (textOf(command, 'subtype')) {
            case 'AT_AddColumn':
                return definition === undefined ? [] : addColumn(context, table, definition);
            case 'AT_DropColumn':
                return [contract(context, start, 'drop-column', `DROP COLUMN ${column} of ${name}`)];
            case 'AT_AlterColumnType':
                return [columnType(context, name, column, definition)];
            case 'AT_SetNotNull': {
                const message = `SET NOT NULL on ${column} of ${name} reads the whole table under an exclusive lock and fails when one row is NULL`;
                const correction = `ALTER TABLE ${name} ADD CONSTRAINT ${table.name}_${column}_not_null CHECK (${column} IS NOT NULL) NOT VALID; in a later file VALIDATE CONSTRAINT, then SET NOT NULL`;
                return [{ offset: start, rule: 'set-not-null', severity: 'warn', message, correction }];
            }
            default:
                return [];
        }
    });
}
function addColumn(context, table, column) {
    const constraints = wrapped(column, 'constraints', 'Constraint');
    const has = (kind) => constraints.some((constraint) => constraint.contype === kind);
    const required = has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY');
    const type = stringList(children(child(column, 'typeName'), 'names')).at(-1) ?? '';
    const fills = has('CONSTR_IDENTITY') || has('CONSTR_GENERATED') || /^(small|big)?serial[248]?$/.test(type);
    const value = constraints.find((constraint) => constraint.contype === 'CONSTR_DEFAULT');
    const isNull = child(child(value, 'raw_expr'), 'A_Const')?.isnull === true;
    if (!required || fills || (value !== undefined && !isNull))
        return [];
    const message = `column ${String(column.colname)} of ${qualified(table)} is NOT NULL without a default: rows that exist cannot have it, and INSERTs of the code that runs now would fail`;
    return [
        {
            offset: offsetOfNode(context.statement, column),
            rule: 'not-null-without-default',
            severity: 'refuse',
            message,
            correction: correctAddColumn(context.sql, context.statement, table, column),
        },
    ];
}
/** Types that take every value of every shorter or narrower one; whether the old one is narrower is not in the file. */
function columnType(context, table, column, definition) {
    const typeName = child(definition, 'typeName');
    const type = stringList(children(typeName, 'names')).at(-1) ?? '';
    const offset = offsetOfNode(context.statement, definition);
    const wide = (type === 'text' || type === 'varchar') && children(typeName, 'typmods').length === 0;
    const using = child(definition, 'raw_default') !== undefined;
    const widens = !using && (wide || type === 'int8' || (type === 'numeric' && children(typeName, 'typmods').length === 0));
    if (widens) {
        const message = `ALTER COLUMN ${column} of ${table} to ${type} may rewrite the table under an exclusive lock`;
        const correction = 'fine for a small table; for a large one add a new column, copy in batches, switch in the next release';
        return { offset, rule: 'type-change', severity: 'warn', message, correction };
    }
    return contract(context, offset, 'type-narrowing', `ALTER COLUMN ${column} of ${table} to ${type} can reject values that running code writes`);
}

;// CONCATENATED MODULE: ./packages/postgres/src/sql-parser.ts
const literals = new Set(['SCONST', 'USCONST', 'BCONST', 'XCONST', 'ICONST', 'FCONST']);
const comments = new Set(['SQL_COMMENT', 'C_COMMENT']);
const longestNormalisedStatement = 400;
let loaded;
/** Loads PostgreSQL's own parser (18, WebAssembly, about 25 ms) once per process. */
function loadSqlParser() {
    loaded ??= load();
    return loaded;
}
async function load() {
    // The library looks for its .wasm beside `__dirname`, which ES modules (and our bundles) do not have.
    const scope = globalThis;
    scope.__dirname ??= import.meta.dirname;
    const library = (await __webpack_require__.e(/* import() */ 627).then(__webpack_require__.t.bind(__webpack_require__, 2627, 23)));
    await library.loadModule();
    return { parse: (sql) => parse(library, sql), normalise: (sql) => normalise(library, sql) };
}
function parse(library, sql) {
    // Comments only (or nothing): the scanner is content, and so is the Supabase CLI.
    let answer;
    try {
        answer = sql.trim() === '' ? {} : library.parseSync(sql);
    }
    catch (error) {
        const details = error.sqlDetails;
        if (details === undefined)
            throw error;
        const offset = offsetOfCharacter(sql, details.cursorPosition ?? 0);
        return { error: { message: details.message, offset } };
    }
    const offsetOf = byteOffsets(sql);
    const bytes = Buffer.byteLength(sql);
    const spans = (answer.stmts ?? []).map((raw) => {
        const start = raw.stmt_location ?? 0;
        return { start, end: raw.stmt_len ? start + raw.stmt_len : bytes, stmt: raw.stmt };
    });
    const statements = spans.map((span) => {
        const [kind = 'Unknown', node = {}] = Object.entries(span.stmt)[0] ?? [];
        const start = offsetOf(span.start);
        const end = offsetOf(span.end);
        return { kind, node: node, start, end, offsetOf };
    });
    const tokens = sql.trim() === '' ? [] : library.scanSync(sql).tokens;
    const cuts = tokens
        .filter((token) => token.tokenName === 'ASCII_59')
        .filter((token) => !spans.some((span) => token.start >= span.start && token.start < span.end))
        .map((token) => offsetOf(token.start));
    return { file: { statements, segments: segmentsBetween(sql, cuts) } };
}
function segmentsBetween(sql, cuts) {
    const edges = [-1, ...cuts, sql.length];
    return edges
        .slice(1)
        .map((edge, index) => sql.slice((edges[index] ?? -1) + 1, edge).trim())
        .filter((segment) => segment !== '');
}
function byteOffsets(sql) {
    const bytes = Buffer.from(sql);
    return bytes.length === sql.length ? (byte) => byte : (byte) => bytes.subarray(0, byte).toString().length;
}
/** PostgreSQL counts characters, JavaScript counts UTF-16 units. */
function offsetOfCharacter(sql, character) {
    let offset = 0;
    for (let count = 0; count < character && offset < sql.length; count++) {
        offset += (sql.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
    }
    return offset;
}
/** 1-based line and column of a UTF-16 offset. */
function lineAndColumn(sql, offset) {
    const before = sql.slice(0, offset);
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
function normalise(library, sql) {
    let tokens;
    try {
        tokens = library.scanSync(sql).tokens;
    }
    catch {
        return '(statement that could not be read)';
    }
    const bytes = Buffer.from(sql);
    let text = '';
    let position = 0;
    let parameters = 0;
    for (const token of tokens) {
        if (token.start > position && text !== '')
            text += ' ';
        position = token.end;
        if (comments.has(token.tokenName))
            continue;
        text += literals.has(token.tokenName) ? `$${++parameters}` : bytes.subarray(token.start, token.end).toString();
    }
    const line = text.replace(/\s+/g, ' ').trim();
    return line.length > longestNormalisedStatement ? `${line.slice(0, longestNormalisedStatement)}…` : line;
}

;// CONCATENATED MODULE: ./packages/postgres/src/classify-migrations.ts


/** Reads pending files as PostgreSQL's parser sees them. Pure given the parser; relations created in these files are new. */
function classifyMigrations(files, parser, phase = 'expand') {
    const created = new Set();
    return files.flatMap((file) => classifyFile(file, parser, phase, created));
}
function classifyFile(file, parser, phase, created) {
    const outcome = parser.parse(file.sql);
    if ('error' in outcome) {
        const place = lineAndColumn(file.sql, outcome.error.offset);
        const source = file.sql.split('\n')[place.line - 1] ?? '';
        return [
            {
                file: file.file,
                ...place,
                rule: 'syntax-error',
                severity: 'refuse',
                message: outcome.error.message,
                statement: parser.normalise(source),
                correction: `correct the SQL at line ${place.line}; PostgreSQL's own parser stops there`,
            },
        ];
    }
    const { statements } = outcome.file;
    const findings = [];
    for (const statement of statements) {
        const found = classifyStatement({ sql: file.sql, statement, existing: (key) => !created.has(key), phase });
        if (statements.length > 1 && standsAlone(statement))
            found.push(mixed(file, parser, statement));
        findings.push(...found.map((finding) => located(file, parser, statement, finding)));
        for (const key of createdRelations(statement))
            created.add(key);
    }
    return findings;
}
function mixed(file, parser, statement) {
    const text = file.sql.slice(statement.start, statement.end);
    const words = parser.normalise(text).split(' ').slice(0, 3).join(' ');
    return {
        offset: statement.start,
        rule: 'must-stand-alone',
        severity: 'refuse',
        message: `${words} cannot run inside a transaction, so it must be the only statement of its file (trap 11)`,
        correction: `move it to a migration file of its own:\n${text.trim()};`,
    };
}
function located(file, parser, statement, finding) {
    const { offset, ...rest } = finding;
    const text = file.sql.slice(statement.start, statement.end);
    return { file: file.file, ...lineAndColumn(file.sql, offset), ...rest, statement: parser.normalise(text) };
}

;// CONCATENATED MODULE: ./packages/postgres/src/plan-migrations.ts
/** Compares the history with the folder; versions are text (supabase.md §3). Pure. */
function planMigrations(given) {
    const history = new Set(given.applied);
    const known = new Set(given.files.map((file) => file.version));
    const files = given.files.toSorted((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0));
    const last = [...history].sort().at(-1) ?? '';
    const pending = files.filter((file) => !history.has(file.version));
    const newest = [last, ...files.map((file) => file.version)].sort().at(-1) ?? '';
    const late = pending.filter((file) => file.version < last);
    return {
        applied: files.filter((file) => history.has(file.version)).map((file) => file.version),
        pending,
        outOfOrder: late.map((file, index) => ({
            version: file.version,
            file: file.file,
            repair: `git mv ${quoted(file.file)} ${quoted(`${after(newest, index + 1)}_${file.name}.sql`)}`,
        })),
        remoteOnly: [...history]
            .filter((version) => !known.has(version))
            .sort()
            .map((version) => ({
            version,
            repair: `commit the file of version ${version}; where it was removed on purpose: supabase migration repair --remote --status reverted ${quoted(version)}`,
        })),
    };
}
function after(version, steps) {
    return /^\d+$/.test(version)
        ? String(BigInt(version) + BigInt(steps)).padStart(version.length, '0')
        : `${version}_${steps}`;
}
function quoted(word) {
    return /^[\w.@:/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
;// CONCATENATED MODULE: ./packages/postgres/src/read-migrations.ts


// The pattern of the Supabase CLI: time stamps and plain numbers alike.
const pattern = /^(\d+)_(.+)\.sql$/;
/** Reads a folder of `<digits>_name.sql`; never throws for its contents: all mistakes come back at once. */
async function readMigrations(directory) {
    let names;
    try {
        const entries = await (0,promises_.readdir)(directory, { withFileTypes: true });
        names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    }
    catch (error) {
        const problem = {
            file: directory,
            rule: 'folder-missing',
            message: `the migrations folder ${directory} cannot be read (${error.code ?? 'unknown'})`,
            correction: 'check out the repository first, or set migrations-dir (database.migrations in ops.yml)',
        };
        return { files: [], problems: [problem], gaps: [] };
    }
    // `x.down.sql` is the rollback SQL beside a migration, not a migration.
    const candidates = names.filter((name) => name.endsWith('.sql') && !name.endsWith('.down.sql')).sort();
    const files = [];
    const problems = [];
    for (const file of candidates) {
        const [, version, name] = pattern.exec(file) ?? [];
        if (version === undefined || name === undefined) {
            const message = 'the name is not <digits>_name.sql, so nothing would ever apply this file';
            problems.push({ file, rule: 'bad-name', message, correction: 'rename it, or move it out of the folder' });
            continue;
        }
        const read = decode(file, version, await (0,promises_.readFile)((0,external_node_path_.join)(directory, file)));
        if ('problem' in read)
            problems.push(read.problem);
        files.push({ version, name, file, sql: 'sql' in read ? read.sql : '' });
    }
    files.sort((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0));
    problems.push(...duplicates(files), ...ambiguous(files));
    return { files, problems, gaps: gapsOf(files) };
}
function decode(file, version, bytes) {
    try {
        // ignoreBOM: false drops a leading byte order mark, as the Supabase CLI does.
        const sql = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        if (sql.includes('\0'))
            throw new TypeError('NUL');
        if (sql.trim() !== '')
            return { sql };
        const message = 'the file is empty';
        return { problem: { file, version, rule: 'empty', message, correction: 'write the migration or delete the file' } };
    }
    catch {
        const message = 'the file is not UTF-8 text';
        const correction = 'save it as UTF-8 without NUL characters';
        return { problem: { file, version, rule: 'bad-encoding', message, correction } };
    }
}
function duplicates(files) {
    return files.flatMap((file, index) => {
        const before = files[index - 1];
        if (before?.version !== file.version)
            return [];
        const message = `version ${file.version} is also used by ${before.file}: only one of them could be recorded`;
        const correction = `give one of the two files a version of its own`;
        return [{ file: file.file, version: file.version, rule: 'duplicate-version', message, correction }];
    });
}
/** `10_` sorts before `9_` as text: legal for the history, never meant. */
function ambiguous(files) {
    return files.flatMap((file, index) => {
        const before = files[index - 1];
        if (before === undefined || BigInt(before.version) <= BigInt(file.version))
            return [];
        const message = `versions are sorted as text, so ${before.file} comes before ${file.file}`;
        const correction = `give all versions the same number of digits, e.g. ${file.version.padStart(before.version.length, '0')}_${file.name}.sql`;
        return [{ file: file.file, version: file.version, rule: 'ambiguous-order', message, correction }];
    });
}
function gapsOf(files) {
    const numbered = files.filter((file) => file.version.length < 8);
    return numbered.flatMap((file, index) => {
        const before = numbered[index - 1];
        if (before === undefined)
            return [];
        const missing = [];
        for (let number = Number(before.version) + 1; number < Number(file.version) && missing.length < 20; number++) {
            missing.push(String(number).padStart(file.version.length, '0'));
        }
        return missing;
    });
}

;// CONCATENATED MODULE: ./packages/postgres/src/inspect-migrations.ts




/** Reads the folder, compares it with the applied versions, classifies what is pending. Contacts no database. */
async function inspectMigrations(given) {
    const folder = await readMigrations(given.directory);
    const plan = planMigrations({ applied: given.applied, files: folder.files });
    const broken = new Set(folder.problems.map((problem) => problem.file));
    const readable = plan.pending.filter((file) => !broken.has(file.file));
    // The parser (1.7 MB) is loaded only when there is something to read: nothing pending stays cheap.
    const classified = readable.length === 0 ? [] : classifyMigrations(readable, await loadSqlParser(), given.phase ?? 'expand');
    const findings = [...folderFindings(folder, plan), ...planFindings(plan), ...classified];
    return { plan, findings: findings.toSorted(bySeverity), gaps: folder.gaps };
}
function bySeverity(a, b) {
    return a.severity === b.severity ? 0 : a.severity === 'refuse' ? -1 : 1;
}
function folderFindings(folder, plan) {
    const applied = new Set(plan.applied);
    return folder.problems.map(({ file, version, rule, message, correction }) => {
        // What is applied cannot be made worse by its file any more; a file that claims its version still can.
        const harmless = version !== undefined && applied.has(version) && rule !== 'duplicate-version';
        return { file, line: 1, rule, severity: harmless ? 'warn' : 'refuse', message, statement: '', correction };
    });
}
function planFindings(plan) {
    const late = plan.outOfOrder.map(({ file, repair }) => {
        const message = 'sorts before a migration that is already applied, so this order was never tested';
        return { file, line: 1, rule: 'out-of-order', severity: 'refuse', message, statement: '', correction: repair };
    });
    const severity = plan.pending.length > 0 ? 'refuse' : 'warn';
    const remote = plan.remoteOnly.map(({ version, repair }) => {
        const message = `version ${version} is in the database's history but not in the folder`;
        return { file: version, line: 1, rule: 'remote-only', severity, message, statement: '', correction: repair };
    });
    return [...late, ...remote];
}


/***/ })

};
