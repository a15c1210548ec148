export const id = 402;
export const ids = [402];
export const modules = {

/***/ 4402:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  bootstrapMigrationHistory: () => (/* binding */ bootstrapMigrationHistory),
  lockAndReadHistory: () => (/* binding */ lockAndReadHistory),
  readMigrationHistory: () => (/* binding */ readMigrationHistory),
  recordMigration: () => (/* binding */ recordMigration)
});

// EXTERNAL MODULE: ./node_modules/pg/esm/index.mjs
var esm = __webpack_require__(3849);
;// CONCATENATED MODULE: ./packages/postgres/src/database-error.ts
/** Reduces an error of `pg` to what may be shown. */
function databaseErrorFacts(error) {
    const given = error;
    const sqlstate = sqlstateOf(error);
    const position = Number(given.position);
    return {
        ...(sqlstate === undefined ? {} : { sqlstate }),
        message: safeMessage(sqlstate, String(given.message ?? error)),
        ...(Number.isInteger(position) && position > 0 ? { position } : {}),
        ...(typeof given.completed === 'number' ? { completed: given.completed } : {}),
    };
}
/** The five-character SQLSTATE, or undefined for errors that did not come from the server. */
function sqlstateOf(error) {
    const { code, severity } = error;
    return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined ? code : undefined;
}
/** True when the session is gone: what its last statement did is not known from this error. */
function isConnectionLost(error) {
    const sqlstate = sqlstateOf(error);
    // 08: connection exceptions; 57P01–57P03: the server shuts down or restarts.
    return sqlstate === undefined || sqlstate.startsWith('08') || /^57P0[1-4]$/.test(sqlstate);
}
function safeMessage(sqlstate, message) {
    // RAISE in the consumer's own code can print anything, rows included.
    if (sqlstate?.startsWith('P0') === true)
        return 'the migration raised an exception (its text is withheld: it may contain row values)';
    // Data exceptions end with the value: `invalid input syntax for type integer: "secret"`.
    const firstLine = message.split('\n')[0] ?? '';
    const isData = sqlstate?.startsWith('22') === true;
    return isData ? firstLine.replace(/"[^"]*"?/g, '"…"') : firstLine.replace(/(: )".*$/, '$1"…"');
}

;// CONCATENATED MODULE: ./packages/postgres/src/migration-history.ts


/**
 * Reads the history in one query. Only known columns are read and absent ones tolerated (supabase.md §3); a missing
 * table is an empty history.
 */
async function readMigrationHistory(connection) {
    try {
        // to_jsonb: `name` is absent where an old CLI made the table.
        const rows = await connection.query(`SELECT version, to_jsonb(h) ->> 'name' AS name FROM supabase_migrations.schema_migrations AS h ORDER BY version COLLATE "C"`);
        return {
            exists: true,
            applied: rows.map(({ version, name }) => (name === null ? { version } : { version, name })),
        };
    }
    catch (error) {
        const code = error.code;
        // 3F000 schema missing, 42P01 table missing.
        if (code === '3F000' || code === '42P01')
            return { exists: false, applied: [] };
        throw error;
    }
}
/** Creates the history table, or adds its missing columns, as the Supabase CLI 3.1.0 does (supabase.md §2). */
async function bootstrapMigrationHistory(connection) {
    for (let attempt = 1;; attempt++) {
        try {
            await connection.query(bootstrap);
            return;
        }
        catch (error) {
            await connection.query('ROLLBACK');
            // IF NOT EXISTS still collides with a session that creates the same thing at the same moment.
            if (sqlstateOf(error) !== '23505' || attempt === 3)
                throw error;
        }
    }
}
const bootstrap = `BEGIN;
  SET LOCAL lock_timeout = '4s';
  CREATE SCHEMA IF NOT EXISTS supabase_migrations;
  CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);
  ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[];
  ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text;
  COMMIT`;
/** The statement that records a file as the Supabase CLI does; literals only, so that it can travel with COMMIT. */
function recordMigration(given) {
    const statements = given.statements.map((statement) => esm/* default.escapeLiteral */.Ay.escapeLiteral(statement)).join(', ');
    return `INSERT INTO supabase_migrations.schema_migrations (version, statements, name) VALUES (${esm/* default.escapeLiteral */.Ay.escapeLiteral(given.version)}, ARRAY[${statements}]::text[], ${esm/* default.escapeLiteral */.Ay.escapeLiteral(given.name)})`;
}
/**
 * Takes the history for this transaction and answers the versions in it. Readers pass; whoever else records a migration,
 * with or without our advisory lock, waits (S28).
 */
const lockAndReadHistory = `LOCK TABLE supabase_migrations.schema_migrations IN SHARE ROW EXCLUSIVE MODE;
  SELECT version FROM supabase_migrations.schema_migrations`;


/***/ })

};
