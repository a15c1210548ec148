import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { readBack } from './read-back.ts';
import { bucketAddress, type S3Connection } from './s3-client.ts';
import { type S3DestinationOptions, s3Destination } from './s3-destination.ts';
import { type Fault, startStore, storeMissing, type TestStore, unfinishedUploads } from './test-s3.ts';

const partBytes = 5 * 1024 * 1024;
const large = Buffer.alloc(2 * partBytes + 9, 'seven..');

describe('an S3 store that fails', { skip: storeMissing }, () => {
  let store: TestStore;
  let counter = 0;
  before(async () => {
    store = await startStore();
  });
  after(() => store?.stop());
  afterEach(() => {
    store.faults = undefined;
  });

  const open = (options: S3DestinationOptions = {}, connection: Partial<S3Connection> = {}, bucket = 'backups') =>
    s3Destination(
      { bucket, prefix: `case-${++counter}` },
      { ...store.connection, ...connection },
      { partBytes, ...options },
    );
  /** The first `times` requests that match fail. */
  const failing = (match: RegExp, fault: Fault, times = 1) => {
    let left = times;
    store.faults = ({ method, url }) => (match.test(`${method} ${url}`) && left-- > 0 ? fault : undefined);
  };
  const stored = () => readdir(join(store.folder, `case-${counter}`)).catch(() => []);

  for (const [what, match] of Object.entries({
    'looking for the name': /^HEAD /,
    'beginning an upload': /^POST .*\?uploads/,
    'a part': /^PUT .*partNumber=2/,
    'finishing it': /^POST .*uploadId=/,
    reading: /^GET .*\.dump$/,
    listing: /^GET .*list-type/,
  })) {
    test(`503 and 500, then well: ${what}`, async () => {
      const destination = open();
      const errors = [{ answer: 503 }, { answer: 500 }];
      store.faults = ({ method, url }) => (match.test(`${method} ${url}`) ? errors.shift() : undefined);
      await destination.write('x.dump', pieces(large));
      assert.ok((await collect(destination.read('x.dump'))).equals(large));
      assert.deepEqual(await destination.list(), [{ name: 'x.dump', bytes: large.length }]);
      assert.deepEqual(errors, []);
    });
  }

  test('an answer that is lost after the write took place is no failure, and no second object', async () => {
    for (const match of [/^PUT .*small\.dump$/, /^POST .*large\.dump\?uploadId=/]) {
      const destination = open();
      failing(match, 'lose-answer');
      const [name, bytes] = match.source.includes('small')
        ? ['small.dump', large.subarray(0, 9)]
        : ['large.dump', large];
      await destination.write(name, pieces(bytes));
      assert.deepEqual(await stored(), [name]);
      assert.ok((await collect(destination.read(name))).equals(bytes));
    }
  });

  test('an error that comes with status 200 is taken for one', async () => {
    const destination = open();
    const late = (code: string) => ({ answer: 200, body: `<?xml?><Error><Code>${code}</Code></Error>` });
    failing(/^POST .*uploadId=/, late('InternalError'));
    await destination.write('x.dump', pieces(large));
    failing(/^POST .*uploadId=/, late('EntityTooSmall'));
    await assert.rejects(destination.write('y.dump', pieces(large)), {
      message: /finish the upload of .*EntityTooSmall/,
    });
    assert.deepEqual(await stored(), ['x.dump']);
  });

  test('a part that never arrives ends the upload, and nothing of it is left', async () => {
    const destination = open({ attempts: 2 });
    failing(/^PUT .*partNumber=2/, { answer: 503 }, 99);
    await assert.rejects(destination.write('x.dump', pieces(large)), {
      reasonCode: 'destination_failed',
      message: /cannot store part 2 of case-\d+\/x\.dump/,
    });
    assert.ok(store.seen.at(-1)?.startsWith('DELETE '));
    assert.deepEqual([await stored(), await unfinishedUploads(store.folder)], [[], []]);
  });

  test('a cancelled upload is aborted', async () => {
    const cancelled = new AbortController();
    const destination = open({ signal: cancelled.signal });
    store.faults = ({ url }) => {
      if (url.includes('partNumber=2')) cancelled.abort(new Error('cancelled by hand'));
      return undefined;
    };
    await assert.rejects(destination.write('x.dump', pieces(large)), /cancelled by hand/);
    assert.deepEqual([await stored(), await unfinishedUploads(store.folder)], [[], []]);
  });

  test('a read that is cut or falls silent goes on where it ended; one that always breaks is given up', async () => {
    const lines: string[] = [];
    const destination = open({ idleMs: 500, attempts: 2, log: (line) => lines.push(line) });
    await destination.write('x.dump', pieces(large));
    for (const fault of ['cut-answer', 'silence'] as const) {
      failing(/^GET .*x\.dump$/, fault, 2);
      assert.ok((await collect(destination.read('x.dump'))).equals(large), fault);
    }
    assert.ok(lines.filter((line) => /broke at byte \d{5,}; going on from there/.test(line)).length >= 4);
    failing(/^GET .*x\.dump$/, 'lose-answer', 99);
    await assert.rejects(collect(destination.read('x.dump')), { reasonCode: 'destination_failed' });
  });

  test('an object that is replaced while it is read is not mixed with the new one', async () => {
    const destination = open({ idleMs: 500 });
    await destination.write('x.dump', pieces(large));
    const reading = destination.read('x.dump')[Symbol.asyncIterator]();
    store.faults = ({ method, url }) => (method === 'GET' && url.endsWith('x.dump') ? 'cut-answer' : undefined);
    await reading.next();
    await destination.remove('x.dump');
    await destination.write('x.dump', pieces(Buffer.alloc(large.length, 'other')));
    store.faults = undefined;
    await assert.rejects(
      async () => {
        while (!(await reading.next()).done);
      },
      { message: /x\.dump was replaced while it was read/ },
    );
  });

  test('bytes that were altered on the way are told by their digest', async () => {
    const destination = open();
    await destination.write('x.dump', pieces(large));
    failing(/^GET .*x\.dump$/, 'alter-answer');
    const object = { file: 'x.dump', bytes: large.length, sha256: '0'.repeat(64) };
    assert.match((await readBack(destination, object)).problem ?? '', /holds other bytes of x\.dump/);
  });

  test('of two writers of one name exactly one wins', async () => {
    const destination = open();
    const results = await Promise.allSettled([1, 2].map(() => destination.write('x.dump', pieces(large))));
    assert.deepEqual(results.map((one) => one.status).sort(), ['fulfilled', 'rejected']);
    assert.deepEqual(await stored(), ['x.dump']);
  });

  test('what a killed run left is aborted by the next one, and nothing else', async () => {
    const old = '2020-01-01T00:00:00.000Z';
    const upload = (key: string, at: string) =>
      `<Upload><Key>${key}</Key><UploadId>id-${key.at(-1)}</UploadId><Initiated>${at}</Initiated></Upload>`;
    const prefix = `case-${counter + 1}`;
    const keys = [`${prefix}/a.dump.zst.age`, `${prefix}/film.mp4`, `${prefix}/b.manifest.json`];
    const body = [old, old, new Date().toISOString()].map((at, index) => upload(keys[index] ?? '', at)).join('');
    failing(/^GET .*\?uploads/, {
      answer: 200,
      body: `<ListMultipartUploadsResult>${body}</ListMultipartUploadsResult>`,
    });
    await open().write('c.dump', pieces(Buffer.alloc(1)));
    const aborted = store.seen.filter((one) => one.startsWith(`DELETE /backups/${prefix}`));
    assert.deepEqual(aborted, [`DELETE /backups/${prefix}/a.dump.zst.age?uploadId=id-e`]);
  });

  test('every page of a list is read', async () => {
    const page = (name: string, rest: string) => ({
      answer: 200,
      body: `<ListBucketResult><Contents><Key>case-${counter}%2F${name}</Key><Size>7</Size></Contents>${rest}</ListBucketResult>`,
    });
    const destination = open();
    store.faults = ({ url }) =>
      url.includes('continuation-token=next%2B%26')
        ? page('b+c', '<IsTruncated>false</IsTruncated>')
        : page('a', '<IsTruncated>true</IsTruncated><NextContinuationToken>next+&amp;</NextContinuationToken>');
    assert.deepEqual(await destination.list(), [
      { name: 'a', bytes: 7 },
      { name: 'b c', bytes: 7 },
    ]);
  });

  const xml = (code: string, more = '') => `<Error><Code>${code}</Code><Message>no</Message>${more}</Error>`;
  for (const [code, answer, message] of [
    [
      'InvalidAccessKeyId',
      { answer: 403, body: xml('InvalidAccessKeyId') },
      /does not know this access key .*BACKUP_S3_ACCESS_KEY_ID/,
    ],
    ['ExpiredToken', { answer: 400, body: xml('ExpiredToken') }, /the credentials have expired \(ExpiredToken\)/],
    ['AccessDenied', { answer: 403, body: xml('AccessDenied') }, /needs s3:PutObject, s3:GetObject, s3:ListBucket/],
    ['NotImplemented', { answer: 501, body: xml('NotImplemented') }, /writes that never replace \(If-None-Match\)/],
    [
      'wrong region',
      { answer: 400, body: xml('AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>') },
      /not in region us-east-1 .*set s3-region to eu-west-1/,
    ],
  ] as const) {
    test(`${code} is said with what to do, and nothing is tried again`, async () => {
      const destination = open();
      failing(/^PUT /, answer, 99);
      await assert.rejects(destination.write('x.dump', pieces(Buffer.alloc(9))), {
        reasonCode: 'destination_failed',
        message,
      });
      assert.equal(store.seen.filter((one) => one === `PUT /backups/case-${counter}/x.dump`).length, 1);
    });
  }

  test('credentials and buckets that the store does not know are named, and secrets are not', async () => {
    const cases: [S3Connection | object, string, RegExp][] = [
      [{ secretAccessKey: 'canary-secret-key' }, 'backups', /secret does not belong .*BACKUP_S3_SECRET_ACCESS_KEY/],
      [{ region: 'eu-north-1' }, 'backups', /not in region eu-north-1/],
      [{}, 'absent', /there is no such bucket: create it first/],
    ];
    for (const [connection, bucket, message] of cases) {
      await assert.rejects(open({}, connection, bucket).list(), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(JSON.stringify([error.message, String(error.cause)]), /canary-secret-key|test-secret/);
        return true;
      });
    }
  });
});

test('AWS is addressed by virtual host, names with dots and other stores by path', () => {
  const aws = { accessKeyId: '', secretAccessKey: '', region: 'eu-central-1' };
  assert.equal(bucketAddress('notes', aws), 'https://notes.s3.eu-central-1.amazonaws.com');
  assert.equal(bucketAddress('notes.example', aws), 'https://s3.eu-central-1.amazonaws.com/notes.example');
  const other = { ...aws, endpoint: 'https://store.example/' };
  assert.equal(bucketAddress('notes', other), 'https://store.example/notes');
});

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 700_000) yield bytes.subarray(from, from + 700_000);
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
