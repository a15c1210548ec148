/** One of each, with names of every shape. */
export const everything = `
  CREATE ROLE app NOLOGIN; CREATE ROLE "App User" NOLOGIN;
  CREATE SCHEMA "odd schema"; CREATE SCHEMA empty; CREATE EXTENSION postgres_fdw;
  CREATE COLLATION public.natural (provider = icu, locale = 'en-u-kn-true');
  CREATE COLLATION public.caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TYPE "odd schema"."a ""pair""" AS (x int, y text COLLATE public.natural);
  CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
  CREATE DOMAIN short AS varchar(10) DEFAULT 'x' NOT NULL CHECK (VALUE IN ('x', 'y', 'zwölf'));
  CREATE FUNCTION total(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 + $2;
  CREATE AGGREGATE added(int) (sfunc = total, stype = int, initcond = '0');
  CREATE PROCEDURE nothing(a int) LANGUAGE sql AS 'SELECT 1';
  CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title varchar(40) NOT NULL COLLATE public.natural
      CHECK (title IN ('a', 'b', 'c')), twice int GENERATED ALWAYS AS (price * 2) STORED, price int DEFAULT 1 + 1,
      mood mood, pair "odd schema"."a ""pair""", spans span, label short, folded text COLLATE public.caseless UNIQUE);
  INSERT INTO notes (title, price, mood, pair, spans, label, folded)
    SELECT (ARRAY['a', 'b', 'c'])[1 + g % 3], g, 'bad', ROW(g, 'é')::"odd schema"."a ""pair""", span(g, g + 1.5), 'zwölf', 'F' || g FROM generate_series(1, 40) AS g;
  CREATE TABLE counted (id serial PRIMARY KEY, down int UNIQUE); CREATE SEQUENCE downwards INCREMENT -3 MAXVALUE 100 START 100 OWNED BY counted.down;
  ALTER TABLE counted ALTER down SET DEFAULT nextval('downwards'); INSERT INTO counted SELECT FROM generate_series(1, 9);
  CREATE SEQUENCE alone CYCLE MAXVALUE 3; SELECT nextval('alone');
  CREATE TABLE parts (id bigserial, at date NOT NULL, v text) PARTITION BY RANGE (at);
  CREATE TABLE parts_old PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2025-01-01') PARTITION BY LIST (v);
  CREATE TABLE parts_old_x PARTITION OF parts_old FOR VALUES IN ('x', 'y'); CREATE TABLE parts_rest PARTITION OF parts DEFAULT;
  INSERT INTO parts (at, v) VALUES ('2021-01-01', 'x'), ('2022-01-01', 'y'), ('2026-01-01', 'z'); CREATE INDEX ON parts (lower(v));
  CREATE TABLE parent (id int, v text); CREATE TABLE other (w int); CREATE TABLE child (more int) INHERITS (parent, other);
  INSERT INTO parent VALUES (1, 'p'); INSERT INTO child VALUES (2, 'c', 3, 4);
  CREATE VIEW seen WITH (security_barrier) AS SELECT id, title FROM notes WHERE title IN ('a', 'b');
  CREATE MATERIALIZED VIEW summed AS SELECT mood, sum(price) FROM notes GROUP BY 1;
  CREATE MATERIALIZED VIEW later AS SELECT 1 AS one WITH NO DATA; CREATE UNIQUE INDEX ON summed (mood);
  CREATE RULE quiet AS ON DELETE TO other DO INSTEAD NOTHING;
  ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON notes TO app USING (title IN ('a', 'b')) WITH CHECK (price > 0);
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TRIGGER touch BEFORE UPDATE OF price ON notes FOR EACH ROW WHEN (old.price > 1) EXECUTE FUNCTION touch();
  CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid');
  CREATE USER MAPPING FOR app SERVER elsewhere OPTIONS (user 'u', password 'canary-secret');
  CREATE FOREIGN TABLE far (id int OPTIONS (column_name 'key'), v text) SERVER elsewhere OPTIONS (table_name 't');
  CREATE FUNCTION noticed() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
  CREATE EVENT TRIGGER "on drop" ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW') EXECUTE FUNCTION noticed();
  CREATE EVENT TRIGGER noticed ON ddl_command_end EXECUTE FUNCTION noticed(); ALTER EVENT TRIGGER noticed DISABLE;
  ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO app;
  ALTER DEFAULT PRIVILEGES FOR ROLE "App User" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  ALTER TABLE parent OWNER TO "App User"; ALTER FUNCTION total OWNER TO app; ALTER SCHEMA empty OWNER TO app; ALTER TYPE mood OWNER TO app;
  SELECT lo_create(4242), lo_put(4242, 0, 'first'), lo_create(4243), lo_put(4243, 3000000, 'far out'); GRANT SELECT ON LARGE OBJECT 4242 TO app;
  CREATE STATISTICS related (dependencies, ndistinct) ON price, mood FROM notes; CREATE STATISTICS "odd schema"."of parts" ON (lower(v)), at FROM parts;
  CREATE FUNCTION worth(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE CAST (mood AS int) WITH FUNCTION worth(mood) AS ASSIGNMENT;
  CREATE CAST (varchar AS mood) WITH INOUT AS IMPLICIT; CREATE OPERATOR "odd schema".=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, COMMUTATOR = OPERATOR("odd schema".===));
  CREATE CONVERSION "to latin" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
  CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, accept = false); CREATE TEXT SEARCH CONFIGURATION "our words" (COPY = english);
  ALTER TEXT SEARCH CONFIGURATION "our words" ALTER MAPPING FOR asciiword WITH plain, english_stem;
  CREATE PUBLICATION "two of them" FOR TABLE notes, counted; CREATE PUBLICATION whole FOR TABLES IN SCHEMA empty; ALTER PUBLICATION whole OWNER TO app;
  CREATE SUBSCRIPTION heard CONNECTION 'host=nowhere.invalid' PUBLICATION any_of_it WITH (connect = false, slot_name = NONE, enabled = false);
  CREATE ACCESS METHOD heaped TYPE TABLE HANDLER heap_tableam_handler; CREATE FOREIGN DATA WRAPPER nowhere;
  CREATE TRANSFORM FOR mood LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
  CREATE OPERATOR FAMILY loose USING btree; CREATE OPERATOR CLASS backwards FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
  CREATE TEXT SEARCH PARSER words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
  CREATE TEXT SEARCH TEMPLATE as_simple (INIT = dsimple_init, LEXIZE = dsimple_lexize);`;

/** What of it only a superuser can make, as the manifest names it. */
export const leftOut = [
  'ACCESS METHOD heaped',
  'EVENT TRIGGER noticed',
  'EVENT TRIGGER on drop',
  'FOREIGN DATA WRAPPER nowhere',
  'OPERATOR CLASS public.backwards',
  'OPERATOR FAMILY public.backwards',
  'OPERATOR FAMILY public.loose',
  'PUBLICATION TABLE public.two of them counted',
  'PUBLICATION TABLE public.two of them notes',
  'PUBLICATION TABLES IN SCHEMA empty.whole empty',
  'PUBLICATION two of them',
  'PUBLICATION whole',
  'SUBSCRIPTION heard',
  'TEXT SEARCH PARSER public.words',
  'TEXT SEARCH TEMPLATE public.as_simple',
  'TRANSFORM TRANSFORM FOR public.mood LANGUAGE sql',
];

/** What changes one thing, and how the comparison names it. */
export const changes: [kind: string, sql: string, named: RegExp][] = [
  ['sequence definition', 'ALTER SEQUENCE alone MAXVALUE 4', /sequence public\.alone is defined otherwise/],
  ['sequence value', "SELECT setval('counted_id_seq', 8)", /counted_id_seq is behind the value it had/],
  ['descending sequence', "SELECT setval('downwards', 100)", /downwards is behind the value it had/],
  ['sequence of partitions', "SELECT setval('parts_id_seq', 1)", /parts_id_seq is behind/],
  [
    'foreign table',
    "ALTER FOREIGN TABLE far OPTIONS (SET table_name 'u')",
    /missing.*foreign table public\.far on server/,
  ],
  [
    'column of a foreign table',
    "ALTER FOREIGN TABLE far ALTER id OPTIONS (SET column_name 'k')",
    /column public\.far\.id/,
  ],
  [
    'foreign server',
    "ALTER SERVER elsewhere OPTIONS (SET host 'x.invalid')",
    /server elsewhere of wrapper postgres_fdw/,
  ],
  ['user mapping', 'DROP USER MAPPING FOR app SERVER elsewhere', /user mapping of app on server elsewhere/],
  [
    'default privileges',
    'ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public REVOKE SELECT ON TABLES FROM app',
    /default privileges of postgres in schema public on r: SELECT to app/,
  ],
  [
    'default privileges that take away',
    'ALTER DEFAULT PRIVILEGES FOR ROLE "App User" GRANT EXECUTE ON FUNCTIONS TO PUBLIC',
    /default privileges of "App User" on f/,
  ],
  [
    'large object',
    "SELECT lo_put(4242, 0, 'fIrst')",
    /large objects: as many bytes on both sides, with other contents/,
  ],
  [
    'bytes of a large object',
    "SELECT lo_put(4243, 3000000, 'far out!')",
    /large objects: 3000012 bytes in the source, 3000013 restored/,
  ],
  ['number of large objects', 'SELECT lo_unlink(4242)', /large objects: 2 in the source, 1 restored/],
  [
    'rights on a large object',
    'REVOKE SELECT ON LARGE OBJECT 4242 FROM app',
    /grant SELECT on large object 4242 to app/,
  ],
  [
    'materialized view',
    'DROP MATERIALIZED VIEW later; CREATE MATERIALIZED VIEW later AS SELECT 2 AS one WITH NO DATA',
    /materialized view public\.later not populated/,
  ],
  ['populated flag', 'REFRESH MATERIALIZED VIEW later', /materialized view public\.later not populated/],
  [
    'view',
    "CREATE OR REPLACE VIEW seen WITH (security_barrier) AS SELECT id, title FROM notes WHERE title IN ('a', 'c')",
    /view public\.seen/,
  ],
  ['option of a view', 'ALTER VIEW seen RESET (security_barrier)', /view public\.seen/],
  ['rule', 'DROP RULE quiet ON other', /rule public\.other\.quiet/],
  [
    'partition bound',
    "ALTER TABLE parts DETACH PARTITION parts_old; ALTER TABLE parts ATTACH PARTITION parts_old FOR VALUES FROM ('2020-01-01') TO ('2024-01-01')",
    /partition public\.parts_old of public\.parts/,
  ],
  [
    'detached partition',
    'ALTER TABLE parts DETACH PARTITION parts_rest',
    /partition public\.parts_rest of public\.parts/,
  ],
  ['inheritance', 'ALTER TABLE child NO INHERIT other', /child public\.child of public\.other/],
  [
    'domain check',
    "ALTER DOMAIN short DROP CONSTRAINT short_check; ALTER DOMAIN short ADD CONSTRAINT short_check CHECK (VALUE IN ('x', 'zwölf'))",
    /type public\.short d/,
  ],
  ['domain default', "ALTER DOMAIN short SET DEFAULT 'y'", /type public\.short d/],
  ['composite type', 'ALTER TYPE "odd schema"."a ""pair""" ADD ATTRIBUTE z int', /type "odd schema"\."a ""pair""" c/],
  [
    'order of an enum',
    "ALTER TYPE mood RENAME VALUE 'good' TO 'x'; ALTER TYPE mood RENAME VALUE 'bad' TO 'good'; ALTER TYPE mood RENAME VALUE 'x' TO 'bad'",
    /type public\.mood e/,
  ],
  ['range type', 'DROP TYPE span CASCADE; CREATE TYPE span AS RANGE (subtype = float8)', /type public\.span r/],
  [
    'collation',
    'ALTER TABLE notes ALTER folded TYPE text COLLATE "C"',
    /column public\.notes\.folded text collate public\.caseless/,
  ],
  [
    'definition of a collation',
    "ALTER COLLATION public.natural RENAME TO o; CREATE COLLATION public.natural (provider = icu, locale = 'en')",
    /collation public\."?natural/,
  ],
  [
    'generated column',
    'ALTER TABLE notes ALTER twice DROP EXPRESSION',
    /column public\.notes\.twice integer generated/,
  ],
  [
    'generated expression',
    'ALTER TABLE notes DROP twice, ADD twice int GENERATED ALWAYS AS (price * 3) STORED',
    /column public\.notes\.twice/,
  ],
  ['default', 'ALTER TABLE notes ALTER price SET DEFAULT 3', /column public\.notes\.price/],
  [
    'check',
    "ALTER TABLE notes DROP CONSTRAINT notes_title_check, ADD CONSTRAINT notes_title_check CHECK (title IN ('a', 'b', 'c', 'd'))",
    /constraint public\.notes\.notes_title_check/,
  ],
  [
    'index expression',
    'DROP INDEX parts_lower_idx; CREATE INDEX parts_lower_idx ON parts (upper(v))',
    /index public\.parts_rest\.parts_rest_lower_idx/,
  ],
  ['policy', "ALTER POLICY own ON notes USING (title IN ('a', 'c'))", /policy public\.notes\.own/],
  [
    'condition of a trigger',
    'DROP TRIGGER touch ON notes; CREATE TRIGGER touch BEFORE UPDATE OF price ON notes FOR EACH ROW WHEN (old.price > 2) EXECUTE FUNCTION touch()',
    /trigger public\.notes\.touch/,
  ],
  [
    'function',
    'CREATE OR REPLACE FUNCTION total(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 - $2',
    /function public\.total/,
  ],
  [
    'aggregate',
    "CREATE OR REPLACE AGGREGATE added(int) (sfunc = total, stype = int, initcond = '1')",
    /aggregate public\.added/,
  ],
  [
    'index of a partitioned table',
    'DROP INDEX parts_lower_idx; CREATE INDEX parts_lower_idx ON ONLY parts (upper(v))',
    /partitioned index public\.parts\.parts_lower_idx/,
  ],
  [
    'extended statistics',
    'DROP STATISTICS related; CREATE STATISTICS related (dependencies) ON price, mood FROM notes',
    /statistics public\.related of public\.notes/,
  ],
  [
    'target of extended statistics',
    'ALTER STATISTICS "odd schema"."of parts" SET STATISTICS 7',
    /statistics "odd schema"\."of parts" of public\.parts/,
  ],
  ['cast', 'DROP CAST (varchar AS mood)', /cast from character varying to public\.mood/],
  [
    'context of a cast',
    'DROP CAST (mood AS int); CREATE CAST (mood AS int) WITH FUNCTION worth(mood) AS IMPLICIT',
    /cast from public\.mood to integer/,
  ],
  [
    'operator',
    'DROP OPERATOR "odd schema".=== (int, int); CREATE OPERATOR "odd schema".=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4ne)',
    /operator "odd schema"\.===\(integer,integer\)/,
  ],
  ['conversion', 'DROP CONVERSION "to latin"', /conversion public\."to latin"/],
  [
    'text search dictionary',
    'ALTER TEXT SEARCH DICTIONARY plain (accept = true)',
    /text search dictionary public\.plain/,
  ],
  [
    'text search configuration',
    'ALTER TEXT SEARCH CONFIGURATION "our words" ALTER MAPPING FOR asciiword WITH english_stem, plain',
    /text search configuration public\."our words"/,
  ],
  ['schema', 'DROP SCHEMA empty', /schema empty/],
  ['row', "UPDATE parts SET v = 'zz' WHERE v = 'z'", /public\.parts_rest: 1 rows on both sides, with other contents/],
];

/** These differ in the dump only: no scratch server gets owners or what only a superuser can make. */
export const changesOfTheDump: [kind: string, sql: string, named: RegExp][] = [
  ['owner of a table', 'ALTER TABLE parent OWNER TO app', /another owner: TABLE public parent "?App User/],
  [
    'owner of a function',
    'ALTER FUNCTION total OWNER TO "App User"',
    /another owner: FUNCTION public total\(integer, integer\) app/,
  ],
  ['owner of a schema', 'ALTER SCHEMA empty OWNER TO "App User"', /another owner: SCHEMA - empty app/],
  ['owner of a type', 'ALTER TYPE mood OWNER TO "App User"', /another owner: TYPE public mood app/],
  [
    'event trigger that is disabled',
    'ALTER EVENT TRIGGER noticed ENABLE',
    /otherwise: CREATE EVENT TRIGGER noticed ON ddl_command_end .*DISABLE/,
  ],
  [
    'tags of an event trigger',
    `DROP EVENT TRIGGER "on drop"; CREATE EVENT TRIGGER "on drop" ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION noticed()`,
    /otherwise: CREATE EVENT TRIGGER "on drop" ON sql_drop WHEN TAG/,
  ],
  ['publication', 'DROP PUBLICATION "two of them"', /: PUBLICATION - two of them postgres/],
  [
    'table of a publication',
    'ALTER PUBLICATION "two of them" DROP TABLE counted',
    /: PUBLICATION TABLE public two of them counted postgres/,
  ],
  [
    'schema of a publication',
    'ALTER PUBLICATION whole DROP TABLES IN SCHEMA empty',
    /: PUBLICATION TABLES IN SCHEMA empty whole empty app/,
  ],
  ['owner of a publication', 'ALTER PUBLICATION whole OWNER TO postgres', /: PUBLICATION - whole app/],
  // It is of one database: a copy made of a template has none.
  ['subscription', 'SELECT', /: SUBSCRIPTION - heard postgres/],
  ['extension', 'DROP EXTENSION postgres_fdw CASCADE', /: EXTENSION - postgres_fdw /],
  ['access method', 'DROP ACCESS METHOD heaped', /: ACCESS METHOD - heaped /],
  ['foreign-data wrapper', 'DROP FOREIGN DATA WRAPPER nowhere', /: FOREIGN DATA WRAPPER - nowhere postgres/],
  ['transform', 'DROP TRANSFORM FOR mood LANGUAGE sql', /: TRANSFORM - TRANSFORM FOR public\.mood LANGUAGE sql /],
  ['operator class', 'DROP OPERATOR CLASS backwards USING btree', /: OPERATOR CLASS public backwards postgres/],
  ['operator family', 'DROP OPERATOR FAMILY loose USING btree', /: OPERATOR FAMILY public loose postgres/],
  ['text search parser', 'DROP TEXT SEARCH PARSER words', /: TEXT SEARCH PARSER public words /],
  ['text search template', 'DROP TEXT SEARCH TEMPLATE as_simple', /: TEXT SEARCH TEMPLATE public as_simple /],
];
