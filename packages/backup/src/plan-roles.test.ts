import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRoles } from './plan-roles.ts';
import type { StoredRole } from './read-roles.ts';

const plain: StoredRole = {
  name: 'editors',
  superuser: false,
  createRole: false,
  createDatabase: false,
  inherit: true,
  login: false,
  replication: false,
  bypassRowSecurity: false,
  connectionLimit: -1,
  settings: [],
  memberOf: [],
};
const server = [
  { name: 'owner', strong: true, memberOf: [] },
  { name: 'anon', strong: false, memberOf: [] },
];

test('only what the server lacks is made, as a member of what it was and without login', () => {
  const maria = { ...plain, name: 'ma"ria', inherit: false, memberOf: ['editors', 'anon'] };
  assert.deepEqual(planRoles([plain, maria, { ...plain, name: 'anon' }], server).missing, [
    { name: 'editors', create: 'CREATE ROLE "editors" NOLOGIN INHERIT', memberships: [], notGiven: [] },
    {
      name: 'ma"ria',
      create: 'CREATE ROLE "ma""ria" NOLOGIN NOINHERIT',
      memberships: [
        { of: 'editors', grant: 'GRANT "editors" TO "ma""ria"' },
        { of: 'anon', grant: 'GRANT "anon" TO "ma""ria"' },
      ],
      notGiven: [],
    },
  ]);
});

test('no file makes a superuser, opens a login or lends a role of the server: such things are named', () => {
  const { missing } = planRoles(
    [
      {
        ...{ ...plain, superuser: true, createRole: true, createDatabase: true, login: true, replication: true },
        ...{ bypassRowSecurity: true, connectionLimit: 3, settings: ['search_path=secret'] },
        memberOf: ['pg_execute_server_program', 'owner', 'anon'],
      },
    ],
    server,
  );
  const [planned] = missing;
  assert.equal(planned?.create, 'CREATE ROLE "editors" NOLOGIN INHERIT');
  assert.deepEqual(
    planned?.memberships.map(({ of }) => of),
    ['anon'],
  );
  assert.deepEqual(planned?.notGiven, [
    'LOGIN and its password',
    'SUPERUSER',
    'CREATEROLE',
    'CREATEDB',
    'REPLICATION',
    'BYPASSRLS',
    'CONNECTION LIMIT 3',
    'the setting search_path',
    'membership in pg_execute_server_program',
    'membership in owner',
  ]);
});

test('nor does it lend what comes to power through another role, or is one of the platform', () => {
  const role = {
    ...plain,
    memberOf: ['authenticator', 'supabase_admin', 'service_role', 'deployer', 'anon', 'reader'],
  };
  const existing = [
    { name: 'reader', strong: false, memberOf: ['anon'] },
    // Listed before what makes them powerful.
    { name: 'deployer', strong: false, memberOf: ['authenticator'] },
    { name: 'authenticator', strong: false, memberOf: ['anon', 'service_role'] },
    ...['service_role', 'supabase_admin'].map((name) => ({ name, strong: false, memberOf: [] })),
    ...server,
  ];
  const [planned] = planRoles([role], existing).missing;
  assert.deepEqual(
    planned?.memberships.map(({ of }) => of),
    ['anon', 'reader'],
  );
  assert.deepEqual(
    planned?.notGiven,
    ['authenticator', 'supabase_admin', 'service_role', 'deployer'].map((of) => `membership in ${of}`),
  );
});

test('a role that is there becomes a member again of one that is made, and of no other', () => {
  const anon = { ...plain, name: 'anon', memberOf: ['editors', 'owner', 'gone'] };
  assert.deepEqual(planRoles([plain, anon], server).lost, [
    { name: 'anon', of: 'editors', grant: 'GRANT "editors" TO "anon"' },
  ]);
});
