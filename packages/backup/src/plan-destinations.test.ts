import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GivenDestinations, planDestinations } from './plan-destinations.ts';

const keys = { region: 'eu-west-1', accessKeyId: 'key', secretAccessKey: 'secret' };
const runner: GivenDestinations = {
  words: undefined,
  path: undefined,
  s3: {},
  artifacts: true,
  hosted: true,
  publicRepository: false,
  publicArtifact: false,
};

test('words become places, in their order and once', () => {
  const words = ['s3://notes-backups/app/production/', 'artifact', 'directory', 'artifact', 's3://bare'];
  const { destinations, problems } = planDestinations({ ...runner, words, path: '/b', s3: keys });
  assert.deepEqual(problems, []);
  assert.deepEqual(destinations, [
    { kind: 's3', bucket: 'notes-backups', prefix: 'app/production', connection: keys },
    { kind: 'artifact' },
    { kind: 'directory', path: '/b' },
    { kind: 's3', bucket: 'bare', prefix: '', connection: keys },
  ]);
  assert.deepEqual(planDestinations(runner).destinations, [{ kind: 'artifact' }]);
});

const keeper = 'abcdefghijklmnopqrst';
const place = `supabase-storage://${keeper}/backups/notes`;
const storage = { key: 'sb_secret_value' };

test('a bucket of a Supabase project is reached at the project, unless another address is given', () => {
  const { destinations, problems } = planDestinations({ ...runner, words: [`${place}/`], storage });
  assert.deepEqual(problems, []);
  const connection = { url: `https://${keeper}.storage.supabase.co`, key: 'sb_secret_value' };
  assert.deepEqual(destinations, [
    { kind: 'supabase-storage', project: keeper, bucket: 'backups', prefix: 'notes', connection },
  ]);
  const own = planDestinations({ ...runner, words: [place], storage: { ...storage, url: 'https://own.example' } });
  assert.equal(
    own.destinations[0]?.kind === 'supabase-storage' && own.destinations[0].connection.url,
    'https://own.example',
  );
});

test('a project that only a file of the branch names gets no key (S11)', () => {
  const planned = (given: Partial<GivenDestinations>) => {
    const { problems } = planDestinations({ ...runner, words: [place], storage, ...given });
    return problems.map(({ name, message }) => `${name} ${message}`).join();
  };
  const refused = /^supabase-storage-project does not name abcdefghijklmnopqrst, .*cannot choose who gets/;
  assert.match(planned({ fromBranch: true }), refused);
  // A plan stores nothing, and may look for the newest backup there.
  assert.match(planned({ fromBranch: true, needed: false }), refused);
  assert.match(planned({ fromBranch: true, storage: { ...storage, project: 'tsrqponmlkjihgfedcba' } }), refused);
  assert.match(planned({ storage: { ...storage, project: 'tsrqponmlkjihgfedcba' } }), refused);
  assert.equal(planned({ fromBranch: true, storage: { ...storage, project: keeper } }), '');
  assert.equal(planned({ fromBranch: true, storage: { ...storage, url: 'https://own.example' } }), '');
  assert.equal(planned({ fromBranch: false }), '');
});

test('another store than AWS needs no region', () => {
  const s3 = { ...keys, region: undefined, endpoint: 'https://store.example' };
  const { destinations, problems } = planDestinations({ ...runner, words: ['s3://notes'], s3 });
  assert.deepEqual(problems, []);
  const connection = { ...keys, region: 'us-east-1', endpoint: 'https://store.example' };
  assert.deepEqual(destinations, [{ kind: 's3', bucket: 'notes', prefix: '', connection }]);
});

for (const [words, more, expected] of [
  [['drive'], {}, ['backup-destination']],
  [['s3'], { s3: keys }, ['backup-destination']],
  [
    ['s3://Notes', 's3://notes/../x', 's3://notes/a//b', 's3://n@evil/a'],
    { s3: keys },
    Array(4).fill('backup-destination'),
  ],
  [['s3://notes'], {}, ['s3-access-key-id', 's3-secret-access-key', 's3-region']],
  [['directory'], { hosted: false }, ['backup-path']],
  [['directory'], { path: '/b' }, ['backup-destination']],
  [['directory', 's3://notes'], { path: '/b', s3: keys }, []],
  [['artifact'], { artifacts: false }, ['backup-destination']],
  [['artifact'], { publicRepository: true }, ['public-artifact']],
  [['artifact'], { publicRepository: true, publicArtifact: true }, []],
  [['artifact'], { scheduled: true }, ['backup-destination']],
  [undefined, { scheduled: true }, ['backup-destination']],
  // A folder of a hosted runner is gone with the job.
  [['artifact', 'directory'], { scheduled: true, hosted: true, path: '/b' }, ['backup-destination']],
  [['artifact', 'directory'], { scheduled: true, hosted: false, path: '/b' }, []],
  [['artifact', 's3://notes'], { scheduled: true, s3: keys }, []],
  [undefined, { artifacts: false }, ['backup-destination']],
  [['s3://notes', 'artifact', 'directory'], { needed: false, artifacts: false }, []],
  [['drive'], { needed: false }, ['backup-destination']],
  [[place], {}, ['supabase-storage-key']],
  [
    ['supabase-storage', `supabase-storage://${keeper}`, 'supabase-storage://Notes/b'],
    {},
    Array(3).fill('backup-destination'),
  ],
  [[place], { storage, sourceProject: 'tsrqponmlkjihgfedcba' }, []],
  // The project of the database itself: never the only place that outlives the job.
  [[place], { storage, sourceProject: keeper }, ['backup-destination']],
  [[place, 'directory'], { storage, sourceProject: keeper, path: '/b' }, ['backup-destination']],
  [[place, 'directory'], { storage, sourceProject: keeper, path: '/b', hosted: false }, []],
  [[place, 's3://notes'], { storage, sourceProject: keeper, s3: keys }, []],
] as const) {
  test(`${words?.join(', ') ?? 'nothing'} with ${JSON.stringify(more)}: ${expected.join(', ') || 'no mistake'}`, () => {
    const { problems } = planDestinations({ ...runner, words, ...more });
    assert.deepEqual(
      problems.map((one) => one.name),
      expected,
    );
    assert.doesNotMatch(JSON.stringify(problems), /"secret"|sb_secret_value/);
  });
}

test('a mistake in a command is told before anything begins', () => {
  const plan = (store: string | undefined, fetch: string | undefined) =>
    planDestinations({ ...runner, words: ['command'], commands: { store, fetch, environment: {}, deadlineMs: 1 } });
  const fine = plan('rclone rcat "drive:$BACKUP_FILE"', 'fetch-it --all');
  assert.deepEqual(fine.problems, []);
  assert.deepEqual(fine.destinations, [
    {
      kind: 'command',
      commands: {
        store: { command: 'sh', args: ['-c', 'rclone rcat "drive:$BACKUP_FILE"'] },
        fetch: { command: 'fetch-it', args: ['--all'] },
        ...{ environment: {}, deadlineMs: 1 },
      },
    },
  ]);
  const told = (store: string | undefined, fetch: string | undefined) =>
    plan(store, fetch).problems.map(({ name, message }) => `${name} ${message}`);
  assert.deepEqual(told('put {url}', 'get "{environment}/$BACKUP_FILE"'), [
    'store-command has {url}, in whose place nothing would stand',
    'fetch-command has {environment}, in whose place nothing would stand',
  ]);
  assert.deepEqual(told(`put 'open`, undefined), [
    "store-command The command has an open ' quote: put 'open",
    'fetch-command is needed by the destination command',
  ]);
});
