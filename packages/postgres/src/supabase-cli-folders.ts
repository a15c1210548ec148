const table = 'create table a (id int primary key, t text);';

/** For tests: folders that both tools apply, by what is special about them; the texts of their files in order. */
export const folders: Record<string, readonly string[]> = {
  'a comment at the end without a newline': [`${table} -- the end`, 'create table b (id int);\n-- no newline'],
  'a comment alone': [table, '-- nothing here', '/* nor here */'],
  'a lock_timeout of zero': [`set lock_timeout = 0; ${table}`, 'create table b (id int)'],
  'a statement_timeout and other settings of a dump': [
    `SET statement_timeout = 0;\nSET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\nSET client_min_messages = warning;\nSET row_security = off;\ncreate table public.a (id int);`,
    'create table b (id int)',
  ],
  'SET LOCAL': [`set local search_path = ''; create table public.a (id int);`, 'create table b (id int)'],
  'BEGIN and COMMIT around everything': [`begin;\n${table}\ncommit;`, 'BEGIN TRANSACTION;\ncreate table b ();\nEND;'],
  'BEGIN and COMMIT in the middle': [`${table} begin; create table b (); commit; create table c ();`],
  'COMMIT without BEGIN': [`${table} commit; create table b ();`],
  'two transactions': ['begin; create table a (); commit; begin; create table b (); commit;'],
  'a savepoint': [`begin; savepoint s; ${table} release savepoint s; commit;`],
  'an index built concurrently': [table, 'create index concurrently i on a (t);'],
  'an index built concurrently among others': [`${table} create index concurrently i on a (t); create table b ();`],
  'two indexes built concurrently': [
    table,
    'create index concurrently i on a (t); create index concurrently j on a (id, t);',
  ],
  'an index dropped concurrently': [`${table} create index i on a (t);`, 'drop index concurrently i;'],
  'an index rebuilt concurrently': [`${table} create index i on a (t);`, 'reindex index concurrently i;'],
  VACUUM: [table, 'vacuum a; analyze a;'],
  'a dollar-quoted body': [`create function f() returns int language plpgsql as $$ begin return 1; end; $$;`],
  'nested dollar quotes': [
    `create function f() returns text language plpgsql as $a$ begin return $b$x;'y$b$; end $a$; create table a ();`,
  ],
  'a DO block': [`do $$ begin create table a (); end $$;`, `do $do$ declare n int := 0; begin n := n + 1; end; $do$;`],
  'a SQL-standard function body': [
    'create function f(x int) returns int language sql begin atomic select x + 1; select x; end; create table a ();',
  ],
  'a procedure': ['create procedure p() language plpgsql as $$ begin null; end $$; call p();'],
  'a trigger': [
    `${table} create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger t before update on a for each row execute function f();`,
  ],
  'semicolons in strings': [`${table} insert into a values (1, 'x;y'), (2, E'it\\'s;'), (3, 'a''b;');`],
  'backslashes in strings': [`${table} insert into a values (1, 'c:\\path\\'), (2, E'\\\\');`],
  'semicolons in comments': ['-- a; b\ncreate table a (); /* c; /* d; */ e; */ create table b ();'],
  'row level security': [
    `${table} alter table a enable row level security; create policy p on a for select using (true);`,
  ],
  'a view that is replaced': [
    `${table} create view v as select id from a;`,
    'drop view v; create view v as select id, t from a;',
  ],
  'a materialized view': [`${table} create materialized view m as select * from a; refresh materialized view m;`],
  partitions: [
    'create table a (id int) partition by range (id); create table a1 partition of a for values from (0) to (10);',
  ],
  'a generated column and a domain': [
    'create domain d as int check (value > 0); create table a (x d, y int generated always as (1) stored);',
  ],
  'a schema of its own': ['create schema app; set search_path = app; create table a ();', 'create table b ();'],
  rows: [
    `${table} insert into a select g, g::text from generate_series(1, 50) g; update a set t = 'x' where id < 5; delete from a where id = 1;`,
  ],
  'grants and comments': [
    `${table} do $$ begin create role r_three; exception when duplicate_object then null; end $$; grant select on a to r_three; comment on table a is 'it''s; so';`,
  ],
  'a name that the history uses': [
    'create schema other; create table other.schema_migrations (version text);',
    'set search_path = other; create table a ();',
  ],
  'a type called text': [
    'create type public.text as (x int); create table a ();',
    'set search_path = public; create table b ();',
  ],
  'strings that do not conform': ['set standard_conforming_strings = on; create table a ();'],
  'a large statement': [`${table} insert into a values (1, '${'x'.repeat(300_000)}');`],
  '1,000 small files': Array.from({ length: 1_000 }, (_, index) => `create table t${index} (id int);`),
  'quoted names': ['create table "Odd ""name""; x" ("ü col" int);'],
  unicode: [`-- Übung 漢字 😀\ncreate table "täbelle" (t text default 'naïve 😀');`],
  'a byte order mark': ['\uFEFFcreate table a (id int);'],
  'carriage returns': ['create table a (id int);\r\n-- x\r\ncreate table b (id int);\r\n'],
  'empty statements': [`;;${table};; ;\n;`],
  'an enum and a new value': [
    `create type mood as enum ('sad');`,
    `alter type mood add value 'ok';`,
    `create table a (m mood default 'ok');`,
  ],
};

/** For tests: folders that the Supabase CLI cannot apply; ours are recorded so that it sees them as applied. */
export const beyondTheCli: Record<string, readonly string[]> = {
  'SET ROLE': [
    'do $$ begin create role r_one; exception when duplicate_object then null; end $$; grant create, usage on schema public to r_one;',
    'set role r_one; create table a (id int);',
    'create table b (id int)',
  ],
  'SET SESSION AUTHORIZATION': [
    'do $$ begin create role r_two; exception when duplicate_object then null; end $$; grant create, usage on schema public to r_two;',
    'set session authorization r_two; create table a (id int);',
    'create table b (id int)',
  ],
};
