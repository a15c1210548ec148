import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, type ConfigProblem, loadConfig } from './load-config.ts';

const commit = 'a'.repeat(40);

/** Reads a file written as lines; `references` are files of other repositories by their whole name. */
async function load(
  lines: string | string[],
  environment = 'production',
  options: { throwAway?: boolean; references?: Record<string, string> } = {},
) {
  return await loadConfig({
    file: '.github/ops.yml',
    text: Array.isArray(lines) ? lines.join('\n') : lines,
    environment,
    throwAway: options.throwAway ?? false,
    readReference: async (reference) => {
      const text = options.references?.[reference];
      if (text === undefined) throw new Error('404 Not Found');
      return { file: reference, text };
    },
  });
}

async function problemsOf(...given: Parameters<typeof load>): Promise<ConfigProblem[]> {
  try {
    await load(...given);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return assert.fail('the file was accepted');
}

test('an empty file is a configuration with every default', async () => {
  const { settings, warnings } = await load('');
  const empty = { vercel: {}, database: {}, health: {}, smoke: {}, watch: {}, release: {}, slack: {} };
  assert.deepEqual(settings, { environment: 'production', production: true, ...empty });
  assert.deepEqual(warnings, []);
});

test('a first file of ten lines says all that a small team decides', async () => {
  const file = [
    'vercel: { project: notes, team: acme }',
    'health: [/api/health, { path: /api/health/database, json: { $.status: ok } }]',
    'smoke: npm run test:smoke -- --env={environment}',
    'watch: { window: 10m, rules: [error-rate above 2% within 10m], mode: auto }',
    'slack: C0123456789',
    'environments:',
    '  production: { url: https://app.example.com/ }',
    '  staging:',
    '    url: https://staging.example.com',
    '    vercel: { as: alias, alias: staging.example.com }',
  ];
  const { settings, warnings } = await load(file, 'staging');
  assert.deepEqual(warnings, []);
  assert.deepEqual(settings, {
    environment: 'staging',
    production: false,
    productionHosts: ['app.example.com'],
    url: 'https://staging.example.com',
    vercel: { project: 'notes', team: 'acme', as: 'alias', alias: 'staging.example.com' },
    database: {},
    health: { checks: [{ path: '/api/health' }, { path: '/api/health/database', json: { '$.status': 'ok' } }] },
    smoke: { command: 'npm run test:smoke -- --env={environment}' },
    watch: { windowMs: 600_000, rules: ['error-rate above 2% within 10m'], mode: 'auto' },
    release: {},
    slack: { channel: 'C0123456789' },
  });
  assert.equal((await load(file)).settings.url, 'https://app.example.com');
});

test('every setting reaches its place', async () => {
  const { settings } = await load([
    'vercel: { as: custom-environment, custom-environment: qa, build: adopt, working-directory: ./apps/web/, deadline: 12m }',
    'database:',
    '  migrations: db/migrations',
    '  tls-reason: the proxy has no certificate of its own',
    '  lock-timeout: 5s',
    '  statement-timeout: 2m',
    '  backup: { destination: [artifact, directory, s3://notes/a], path: /var/backups, region: eu-west-1 }',
    'health:',
    '  checks: [{ name: api, path: /a, method: POST, status: [200, 204], contains: ok, timeout: 3s }]',
    '  consecutive: 3',
    '  interval: 2s',
    '  timeout: 4s',
    '  deadline: 1m',
    'smoke: { checks: [/a], timeout: 90s, end-to-end: "npm run test:e2e -- {url}" }',
    'watch: { source: http-json, http-json: { url: "https://m.example.com", requests: $.r, errors: $.e }, interval: 1m, window: 5m, min-requests: 50, on-no-data: fail, on-inconclusive: pass }',
    'release: { require-ancestor: true, lock-expiry: 3d }',
  ]);
  assert.deepEqual(settings.vercel, {
    as: 'custom-environment',
    customEnvironment: 'qa',
    build: 'adopt',
    workingDirectory: 'apps/web',
    deadlineMs: 720_000,
  });
  assert.deepEqual(settings.database, {
    migrations: 'db/migrations',
    tlsReason: 'the proxy has no certificate of its own',
    lockTimeoutMs: 5_000,
    statementTimeoutMs: 120_000,
    backupDestinations: ['artifact', 'directory', 's3://notes/a'],
    backupPath: '/var/backups',
    backupRegion: 'eu-west-1',
  });
  const api = { path: '/a', name: 'api', method: 'POST', status: [200, 204], contains: 'ok', timeoutMs: 3_000 };
  assert.deepEqual(settings.health, {
    checks: [api],
    consecutive: 3,
    intervalMs: 2_000,
    timeoutMs: 4_000,
    deadlineMs: 60_000,
  });
  assert.deepEqual(settings.smoke, {
    checks: [{ path: '/a' }],
    timeoutMs: 90_000,
    endToEnd: 'npm run test:e2e -- {url}',
  });
  assert.deepEqual(settings.watch, {
    source: ['http-json'],
    httpJson: { url: 'https://m.example.com', requests: '$.r', errors: '$.e' },
    intervalMs: 60_000,
    windowMs: 300_000,
    minRequests: 50,
    onNoData: 'fail',
    onInconclusive: 'pass',
  });
  assert.deepEqual(settings.release, { requireAncestor: true, lockExpiryMs: 259_200_000 });
});

test('further projects of an environment are read with their short forms, and merged by name', async () => {
  const { settings } = await load([
    'vercel: { project: web }',
    'apps:',
    '  admin: { url: "https://admin.example.com/", working-directory: ./apps/admin, health: /api/health }',
    'environments:',
    '  production:',
    '    apps:',
    '      admin: { project: prj_admin, smoke: [/login, { path: /a, json: { $.ok: true } }] }',
    '      docs: { project: docs, url: "https://docs.example.com" }',
  ]);
  assert.deepEqual(settings.apps, [
    {
      name: 'admin',
      project: 'prj_admin',
      url: 'https://admin.example.com',
      workingDirectory: 'apps/admin',
      health: [{ path: '/api/health' }],
      smoke: [{ path: '/login' }, { path: '/a', json: { '$.ok': true } }],
    },
    { name: 'docs', project: 'docs', url: 'https://docs.example.com' },
  ]);
  assert.equal((await load(['vercel: { project: web }'])).settings.apps, undefined);
});

test('all mistakes come at once, with line, accepted values and what was probably meant', async () => {
  const problems = await problemsOf([
    'version: 2',
    'extends: tag-relase',
    'watch:',
    '  window: 15',
    '  mode: atuo',
    '  rules: [error-rate over 2%]',
    'health: { checks: [{ pth: /x, path: /y }] }',
    'smoke: npm test -- {env}',
    'environments:',
    '  produktion:',
    '    url: http://app.example.com',
    '    vercell: {}',
  ]);
  const seen = problems.map(({ line, path, message, allowed }) => `${line} ${path}: ${message} | ${allowed ?? ''}`);
  const expected = [
    /^1 version: 2 is not known \| 1$/,
    /^2 extends: there is no preset "tag-relase"; did you mean tag-release\?\. Allowed: blue-green, push-to-main/,
    /^4 watch\.window: 15 is a number, text is expected \| a duration such as 90s or 15m/,
    /^5 watch\.mode: "atuo" is not known; did you mean auto\? \| observe, notify, approve, auto$/,
    /^6 watch\.rules\[0\]: "error-rate over 2%" is not a rule: write e\.g\. /,
    /^7 health\.checks\[0\]\.pth: unknown key; did you mean path\? \| name, path, method/,
    /^8 smoke: \{env\} is not replaced here; known: \{environment\} and \{url\}/,
    /^9 environments: there is no environment "production" here.*did you mean produktion\? \| produktion$/,
    /^11 environments\.produktion\.url: must be an address that starts with https:/,
    /^12 environments\.produktion\.vercell: unknown key; did you mean vercel\? \| url, trigger, vercel/,
  ];
  assert.equal(seen.length, expected.length, seen.join('\n'));
  for (const [index, form] of expected.entries()) assert.match(seen[index] ?? '', form);
  assert.ok(problems.every(({ file, column }) => file === '.github/ops.yml' && (column ?? 0) > 0));
});

for (const { name, lines, line, message } of [
  { name: 'YAML that is not closed', lines: ['a: 1', 'watch: { mode: auto'], line: 2, message: /is not valid YAML/ },
  { name: 'a tab', lines: ['watch:', '\tmode: auto'], line: 2, message: /is not valid YAML/ },
  {
    name: 'a key given twice',
    lines: ['slack: C0123456', 'slack: C7654321'],
    line: 2,
    message: /is not valid YAML.*unique/i,
  },
  { name: 'two documents', lines: ['version: 1', '---', 'version: 1'], line: 2, message: /is not valid YAML/ },
  { name: 'a list instead of a map', lines: ['- version: 1'], line: 1, message: /must not be a list/ },
  { name: 'a text instead of a map', lines: ['hello'], line: 1, message: /"hello" has the wrong kind/ },
  { name: 'a value left out', lines: ['watch:', '  window:'], line: 2, message: /has no value/ },
  {
    name: 'an app without a project',
    lines: ['', 'apps: { admin: { url: "https://a.example.com" } }'],
    line: 2,
    message: /^needs apps\.admin\.project beside it/,
  },
  {
    name: 'an app without an address',
    lines: ['', 'apps: { admin: { project: admin } }'],
    line: 2,
    message: /^needs apps\.admin\.url beside it/,
  },
  {
    name: 'an app that is the project of another',
    lines: ['vercel: { project: web }', 'apps:', '  admin: { project: web, url: "https://a.example.com" }'],
    line: 3,
    message: /^web is vercel\.project already/,
  },
  {
    name: 'apps behind an alias',
    lines: [
      'vercel: { project: web, as: alias, alias: a.example.com }',
      'apps: { admin: { project: admin, url: "https://a.example.com" } }',
    ],
    line: 1,
    message: /^as: alias moves one project; with apps \(admin\) it is not in this version/,
  },
  {
    name: 'apps that Vercel builds by itself',
    lines: [
      'vercel: { project: web, build: adopt }',
      'apps: { admin: { project: admin, url: "https://a.example.com" } }',
    ],
    line: 1,
    message:
      /^build: adopt takes builds of Vercel that carry no release.*with apps \(admin\) it is not in this version/,
  },
  {
    name: 'apps in stages',
    lines: ['release:', '  strategy: rolling', 'apps: { admin: { project: admin, url: "https://a.example.com" } }'],
    line: 2,
    message: /^strategy: rolling moves one project; with apps \(admin\)/,
  },
  {
    name: 'a previous release of apps kept warm',
    lines: ['release: { keep-previous: 15m }', 'apps: { admin: { project: admin, url: "https://a.example.com" } }'],
    line: 1,
    message: /^keep-previous moves one project; with apps \(admin\)/,
  },
  {
    name: 'the address of another host as the check of an app',
    lines: ['apps:', '  admin: { project: admin, health: "https://elsewhere.example.com/" }'],
    line: 2,
    message: /has the wrong form/,
  },
  {
    name: 'a check of the database that ends in a semicolon',
    lines: ['rollback:', '  database: { checks: { orphans: "SELECT 1;" } }'],
    line: 2,
    message: /^"SELECT 1;"/,
  },
  {
    name: 'an alias without host',
    lines: ['vercel:', '  as: alias'],
    line: 2,
    message: /^needs vercel\.alias beside it/,
  },
  {
    name: 'a custom environment without slug',
    lines: ['vercel: { as: custom-environment }'],
    line: 1,
    message: /^needs vercel\.custom-environment/,
  },
  {
    name: 'http-json without address',
    lines: ['watch: { source: http-json }'],
    line: 1,
    message: /^needs watch\.http-json/,
  },
  {
    name: 'a directory without path',
    lines: ['database: { backup: { destination: directory } }'],
    line: 1,
    message: /^needs database\.backup\.path/,
  },
  {
    name: 'an interval above the window',
    lines: ['watch:', '  window: 1m', '  interval: 2m'],
    line: 3,
    message: /is longer than watch\.window/,
  },
  {
    name: 'a path out of the repository',
    lines: ['database: { migrations: ../other }'],
    line: 1,
    message: /inside the repository/,
  },
  {
    name: 'an unknown environment before it',
    lines: ['environments:', '  production:', '    release: { requires-passed: stagin }', '  staging:'],
    line: 3,
    message: /no environment "stagin"; did you mean staging/,
  },
  {
    name: 'a trigger in other words',
    lines: ['environments:', '  production: { trigger: on push }'],
    line: 2,
    message: /"on push" is not a trigger/,
  },
  {
    name: 'a copied placeholder',
    lines: ['environments:', '  production: { url: <address of production> }'],
    line: 2,
    message: /still holds the placeholder/,
  },
  { name: 'a zero duration', lines: ['watch: { window: 0s }'], line: 1, message: /longer than nothing/ },
  {
    name: 'a backend that takes longer than the jobs that take it back',
    lines: ['backend: { deploy: a, rollback: b, deadline: 20m }'],
    line: 1,
    message: /"20m" is longer than 15m/,
  },
]) {
  test(`${name} is refused with its line`, async () => {
    const [problem, ...more] = await problemsOf(lines);
    assert.equal(more.length, 0, JSON.stringify(more));
    assert.equal(problem?.line, line);
    assert.match(problem?.message ?? '', message);
  });
}

test('an app of one environment is no project of another', async () => {
  const [problem] = await problemsOf([
    'environments:',
    '  production: { vercel: { project: web }, apps: { admin: { project: admin, url: "https://a.example.com" } } }',
    '  staging: { vercel: { project: admin } }',
  ]);
  assert.deepEqual([problem?.line, problem?.path], [3, 'environments.staging']);
  assert.match(problem?.message ?? '', /both move the production domains of the Vercel project admin/);
});

test('two environments never share the production domains of one project', async () => {
  const file = (staging: string) => [
    'vercel: { project: notes }',
    'environments:',
    '  production:',
    `  staging: ${staging}`,
  ];
  const [problem, ...more] = await problemsOf(file('{}'));
  assert.deepEqual([problem?.line, problem?.path, more.length], [4, 'environments.staging', 0]);
  assert.match(
    problem?.message ?? '',
    /would both move the production domains of the Vercel project notes: give staging/,
  );
  for (const vercel of [
    '{ project: notes-staging }',
    '{ as: alias, alias: s.example.com }',
    '{ as: custom-environment, custom-environment: s }',
  ]) {
    await load(file(`{ vercel: ${vercel} }`), 'staging');
  }
});

test('without an environment the top of the file counts, as production', async () => {
  const file = ['watch: { window: 1m }', 'environments: { staging: { watch: { window: 2m } } }'];
  const { settings } = await load(file, '');
  assert.deepEqual([settings.watch, settings.production], [{ windowMs: 60_000 }, true]);
  const [problem] = await problemsOf('watch: { on-no-data: pass }', '');
  assert.match(problem?.message ?? '', /counts as production/);
});

test('sections left empty or commented out say nothing', async () => {
  const { settings } = await load([
    'watch:',
    '  # mode: auto',
    'environments:',
    '  production:',
    '  staging:',
    '    health:',
  ]);
  assert.deepEqual(settings.watch, {});
});

test('the nearest of four levels wins: environment and top of the file, then of what it extends', async () => {
  const reference = `acme/ops/base.yml@${commit}`;
  const base = [
    'watch: { window: 1m, interval: 1s, min-requests: 1, on-no-data: fail }',
    'environments:',
    '  production: { watch: { window: 2m, interval: 2s, min-requests: 2 } }',
  ];
  const own = [
    `extends: ${reference}`,
    'watch: { window: 3m, interval: 3s }',
    'environments:',
    '  production: { watch: { window: 4m } }',
  ];
  const { settings } = await load(own, 'production', { references: { [reference]: base.join('\n') } });
  assert.deepEqual(settings.watch, { windowMs: 240_000, intervalMs: 3_000, minRequests: 2, onNoData: 'fail' });
});

test('none takes an inherited smoke test away, an environment may bring one back', async () => {
  const file = ['extends: tag-release', 'smoke: none', 'environments:', '  staging: { smoke: npm test }'];
  assert.deepEqual((await load(file)).settings.smoke, {});
  assert.deepEqual((await load(file, 'staging')).settings.smoke, { command: 'npm test' });
});

test('a revert by Git is refused as a method of the way back, and its own way is told (FRB-07)', async () => {
  const said =
    /rollback\.app\.method: .*vercel-rollback, promote; a revert by Git is a release of its own, by revert\.yml/;
  await assert.rejects(load('rollback: { app: { method: git-revert } }'), said);
});

test('a table whose rows are not compared is written as the server quotes it, with its schema', async () => {
  const rowsOf = async (table: string) =>
    (await load(`after-release: { row-counts-except: ['${table}'] }`)).settings.afterRelease?.rowCountsExcept;
  for (const table of ['public.jobs', 'public."Odd Name"', '"My.Schema".jobs'])
    assert.deepEqual(await rowsOf(table), [table]);
  for (const table of ['jobs', 'public.Odd Name', 'public."jobs', 'a.b.c'])
    await assert.rejects(rowsOf(table), /row-counts-except.*public\.jobs/);
});

test('where a plan refuses a rollback the target is promoted, unless the file forbids it', async () => {
  const fallbackOf = async (method: string) =>
    (await load(`rollback: { app: { ${method} } }`)).settings.vercel.rollbackFallback;
  assert.deepEqual(await Promise.all(['', 'method: promote', 'method: vercel-rollback'].map(fallbackOf)), [
    undefined,
    undefined,
    'none',
  ]);
});

for (const { name, extend, message } of [
  {
    name: 'a branch',
    extend: 'acme/ops/base.yml@main',
    message: /is refused: .*at a commit.*a branch or tag can change/,
  },
  { name: 'a tag', extend: 'acme/ops/base.yml@v1.0.0', message: /is refused/ },
  { name: 'a short commit', extend: `acme/ops/base.yml@${commit.slice(1)}`, message: /is refused/ },
  { name: 'no commit', extend: 'acme/ops/base.yml', message: /is refused/ },
  { name: 'an address', extend: `https://x.example/base.yml@${commit}`, message: /is refused/ },
  { name: 'a way out of the folder', extend: `acme/ops/../x.yml@${commit}`, message: /is refused/ },
  { name: 'a file that is not there', extend: `acme/ops/gone.yml@${commit}`, message: /could not be read: 404/ },
  { name: 'a key of every object', extend: 'constructor', message: /there is no preset "constructor"/ },
]) {
  test(`extends with ${name} is refused`, async () => {
    const [problem] = await problemsOf(['version: 1', `extends: ${extend}`]);
    assert.equal(problem?.line, 2);
    assert.match(problem?.message ?? '', message);
  });
}

test('mistakes of an extended file carry its own name and line, and a chain ends', async () => {
  const reference = `acme/ops/base.yml@${commit}`;
  const [problem] = await problemsOf(`extends: ${reference}`, 'production', {
    references: { [reference]: 'version: 1\nwatch: { mode: never }' },
  });
  assert.deepEqual([problem?.file, problem?.line], [reference, 2]);
  const [endless] = await problemsOf(`extends: ${reference}`, 'production', {
    references: { [reference]: `extends: ${reference}` },
  });
  assert.match(endless?.message ?? '', /longer than 5 files/);
});

test('what is read without effect is listed, what a preset leaves open too', async () => {
  const { warnings } = await load([
    'extends: blue-green',
    'environments: { production: { url: https://app.example.com } }',
  ]);
  assert.match(
    warnings[0] ?? '',
    /^\.github\/ops\.yml: read but not acted on by this version: .*notifications\.events, notifications\.routes\.\*\.sms, .*incidents.*watch\.source sentry$/,
  );
  assert.match(
    warnings[1] ?? '',
    /left to you and not written: .*supabase\.project <project reference of production>.*, slack <channel id of monitoring> \(presets\/blue-green\.yml\)$/,
  );
});

test('an environment that is not production knows the hosts of those that are', async () => {
  const lines = [
    'version: 1',
    'environments:',
    '  production: { url: https://app.example.com }',
    '  live-eu: { url: https://eu.example.com }',
    '  staging: { url: https://staging.example.com }',
    '  preview: {}',
  ];
  assert.deepEqual((await load(lines, 'staging')).settings.productionHosts, ['app.example.com', 'eu.example.com']);
  assert.equal((await load(lines, 'production')).settings.productionHosts, undefined);
});
