import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSqlParser } from '#postgres/sql-parser';
import { grantsOfOwners } from './restore-stream.ts';

test('of the rights in a dump those are left that another role than the owner gave', async () => {
  const sql = `\\restrict abc
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
GRANT ALL ON TABLE public.o TO middle WITH GRANT OPTION;
SET SESSION AUTHORIZATION middle;
GRANT SELECT ON TABLE public.o TO low;
RESET SESSION AUTHORIZATION;
ALTER DEFAULT PRIVILEGES FOR ROLE own IN SCHEMA public GRANT SELECT ON TABLES  TO low;
\\unrestrict abc
`;
  assert.deepEqual(
    grantsOfOwners(sql, await loadSqlParser()).map((statement) => statement.trim()),
    [
      'GRANT ALL ON TABLE public.o TO middle WITH GRANT OPTION',
      'ALTER DEFAULT PRIVILEGES FOR ROLE own IN SCHEMA public GRANT SELECT ON TABLES  TO low',
    ],
  );
});
