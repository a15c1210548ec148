import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { isExecutable } from './install-line.ts';
import { planInstall } from './plan-install.ts';

const apt = '/usr/bin/apt-get';
const offered = (await isExecutable(apt))
  ? /postgresql-(\d+)/.exec(
      (await runTool({ command: '/usr/bin/apt-cache', args: ['depends', 'postgresql'], deadlineMs: 30_000 })).stdout,
    )?.[1]
  : undefined;
const skip = offered === undefined ? 'apt-get offers no PostgreSQL on this machine' : false;

// What is really installed changes the machine; --simulate resolves every package and changes nothing.
test('apt-get knows every package of the plan for the major that the distribution offers', { skip }, async () => {
  const machine = { manager: apt, root: true, codename: 'bookworm', offered: true } as const;
  const installs = planInstall(Number(offered), machine, ['pg_cron', 'postgis', 'plpython3u', 'pg_trgm']).filter(
    ({ args }) => args[0] === 'install',
  );
  assert.equal(installs.length, 2);
  for (const { command, args } of installs) {
    const done = await runTool({ command, args: ['--simulate', ...args], deadlineMs: 60_000 });
    assert.equal(done.exitCode, 0, done.stderr);
  }
});
