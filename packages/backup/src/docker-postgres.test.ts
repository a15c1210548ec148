import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerArguments } from './container-arguments.ts';
import { programCommand } from './program-command.ts';

const id = `sha256:${'1d'.repeat(32)}`;

test('a program in a container gets names of variables, not values, no capabilities, and nothing to write to but its folders', () => {
  const image = { id, reference: 'postgres:17', digest: `sha256:${'d1'.repeat(32)}` };
  const binaries = { directory: '', image, major: 17, version: '17.1', server: true };
  const { args, environment } = programCommand(binaries, 'pg_dump', ['--format=custom'], {
    environment: { PGPASSWORD: 'canary-password' },
    folders: ['/run/socket'],
    network: 'host',
  });
  const line = args.join(' ');
  assert.match(
    line,
    /run --rm --pull=never .*--cap-drop ALL --security-opt no-new-privileges .*--read-only --tmpfs \/tmp .*--volume \/run\/socket:\/run\/socket .*--env PGPASSWORD --entrypoint pg_dump sha256:1d1d[0-9a-f]* --format=custom$/,
  );
  assert.doesNotMatch(line, /canary|postgres:17/);
  assert.equal(environment.PGPASSWORD, 'canary-password');
});

test('a container runs as the account that was chosen, in its first folder, without network, and never sees a relative one', () => {
  const args = containerArguments(id, 'postgres', ['-D', '/s/data'], {
    ...{ user: { uid: 65534, gid: 65534 }, folders: ['/s', '.'], network: 'none', name: 'ops-actions-scratch-1' },
  });
  const line = args.join(' ');
  assert.match(line, / --network none .*--user 65534:65534 .*--volume \/s:\/s --workdir \/s --env LC_ALL=C /);
  assert.match(line, new RegExp(` --name ops-actions-scratch-1 .*--entrypoint postgres ${id} -D /s/data$`));
  assert.ok(!args.includes('.:.'));
});
