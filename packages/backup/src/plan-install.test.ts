import assert from 'node:assert/strict';
import { test } from 'node:test';
import { howToProvide } from './missing-extensions.ts';
import { type InstallMachine, packagesFor, planInstall, showInstall } from './plan-install.ts';

const debian: InstallMachine = { manager: '/usr/bin/apt-get', root: true, codename: 'noble', offered: true };
const lines = (major: number, machine: InstallMachine, extensions: string[] = []) =>
  planInstall(major, machine, extensions).map((step) => showInstall([step]));
const wait = '-o DPkg::Lock::Timeout=120';

test('what the distribution offers is installed from it, without starting a server', () => {
  assert.deepEqual(lines(16, debian), [
    `/usr/bin/apt-get install -y --no-install-recommends ${wait} postgresql-common`,
    '/usr/bin/mkdir -p /etc/postgresql-common/createcluster.d',
    `printf '%s\\n' 'create_main_cluster = false' | /usr/bin/tee /etc/postgresql-common/createcluster.d/ops-actions.conf`,
    `/usr/bin/apt-get install -y --no-install-recommends ${wait} postgresql-16 postgresql-client-16`,
    '/usr/bin/rm -f /etc/postgresql-common/createcluster.d/ops-actions.conf',
  ]);
});

test('with apt the packages of the extensions are installed together with it, each once; of an unknown one nothing is guessed', () => {
  const extensions = ['vector', 'postgis', 'postgis_topology', 'pg_trgm', 'plpython3u', 'pg_graphql'];
  assert.equal(
    lines(15, debian, extensions)[3],
    `/usr/bin/apt-get install -y --no-install-recommends ${wait} postgresql-15 postgresql-client-15 postgresql-15-pgvector postgresql-15-postgis-3 postgresql-plpython3-15`,
  );
  assert.deepEqual(lines(15, { ...debian, manager: '/sbin/apk' }, extensions), [
    '/sbin/apk add --no-cache postgresql15',
  ]);
});

test('the line that is named for a missing extension installs the same package; without one it names an image', () => {
  const { installLine, fix } = howToProvide('pg_cron', 15);
  assert.equal(installLine, 'sudo apt-get install -y postgresql-15-cron');
  assert.match(fix, /postgresql-15-cron.*database\.extensions/);
  assert.ok(packagesFor(15, ['pg_cron']).includes('postgresql-15-cron'));
  const unknown = howToProvide('pg_graphql', 17);
  assert.match(
    unknown.fix,
    /no package .* is known .*database\.scratch-image .*supabase\/postgres@sha256:<digest>, of PostgreSQL 17/,
  );
  assert.doesNotMatch(unknown.installLine, /apt-get/);
});

test('what it does not offer comes from the repository of the PostgreSQL project, after its key was checked', () => {
  const steps = planInstall(17, { ...debian, offered: false });
  const added = steps.findIndex(({ afterKeyCheck }) => afterKeyCheck);
  assert.equal(
    steps[added]?.input,
    'deb [signed-by=/usr/share/postgresql-common/pgdg/apt.postgresql.org.asc] https://apt.postgresql.org/pub/repos/apt noble-pgdg main\n',
  );
  const before = steps.slice(0, added).map((step) => showInstall([step]));
  assert.deepEqual(before, [
    `/usr/bin/apt-get install -y --no-install-recommends ${wait} postgresql-common ca-certificates`,
  ]);
  assert.match(
    showInstall(steps.slice(added)),
    /apt-get update .*apt-get install .*postgresql-17 postgresql-client-17/,
  );
});

test('another user than root goes through sudo, which never asks', () => {
  const steps = planInstall(17, { ...debian, root: false, offered: false });
  for (const { command, args } of steps) assert.deepEqual([command, args[0]], ['sudo', '-n']);
  assert.match(showInstall(steps), /sudo -n \/usr\/bin\/apt-get install/);
});

test('the other package managers, and none', () => {
  const machine = { ...debian, codename: undefined };
  assert.deepEqual(lines(17, { ...machine, manager: '/sbin/apk' }), ['/sbin/apk add --no-cache postgresql17']);
  assert.deepEqual(lines(17, { ...machine, manager: '/usr/bin/dnf' }), ['/usr/bin/dnf install -y postgresql17-server']);
  assert.deepEqual(planInstall(17, { ...machine, manager: undefined }), []);
  assert.deepEqual(planInstall(17, { ...machine, offered: false }), [], 'without a codename there is no repository');
});
