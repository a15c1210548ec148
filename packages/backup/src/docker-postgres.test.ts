import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseImage } from './docker-postgres.ts';
import { programCommand } from './program-command.ts';

test('the image of the major asked for is chosen, else the newest, the plain tag first', () => {
  const images = ['postgres:<none>', 'postgres:15', 'postgres:17.2-alpine', 'postgres:17', 'timescale/postgres:18', ''];
  assert.equal(chooseImage(images, undefined), 'postgres:17');
  assert.equal(chooseImage(images, 15), 'postgres:15');
  assert.equal(chooseImage(images, 16), undefined);
});

test('a program in a container gets names of variables, not values, and no capabilities', () => {
  const binaries = { directory: '', image: 'postgres:17', major: 17, version: '17.1', server: true };
  const { args, environment } = programCommand(binaries, 'pg_dump', ['--format=custom'], {
    environment: { PGPASSWORD: 'canary-password' },
    folders: ['/run/socket'],
    network: 'host',
  });
  const line = args.join(' ');
  assert.match(
    line,
    / run --rm .*--cap-drop ALL .*--volume \/run\/socket:\/run\/socket .*--env PGPASSWORD .*--entrypoint pg_dump postgres:17 --format=custom$/,
  );
  assert.doesNotMatch(line, /canary/);
  assert.equal(environment.PGPASSWORD, 'canary-password');
});
