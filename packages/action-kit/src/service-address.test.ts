import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from './input-error.ts';
import { serviceAddress } from './service-address.ts';

const variable = 'OPS_ACTIONS_VERCEL_API_URL';
const standard = 'https://api.vercel.com';

function address(input?: string, fromEnvironment?: string): string {
  return serviceAddress({ environment: () => fromEnvironment }, { input, variable, standard });
}

describe('serviceAddress (S11)', () => {
  it('takes the input, else the variable, else the standard, without a trailing slash', () => {
    assert.equal(address(), standard);
    assert.equal(address('https://vercel.example.com/api//'), 'https://vercel.example.com/api');
    assert.equal(address(undefined, 'http://127.0.0.1:4321/'), 'http://127.0.0.1:4321');
    assert.equal(address('http://[::1]:1', 'http://127.0.0.1:2'), 'http://[::1]:1');
    assert.equal(address('http://localhost:8080'), 'http://localhost:8080');
  });

  for (const given of [
    'http://vercel.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1',
    'http://169.254.169.254/',
    'ftp://127.0.0.1',
    'vercel.example.com',
    'https://',
    'https://api.vercel.com/?token=x',
  ]) {
    it(`refuses ${given} as input and by variable`, () => {
      assert.throws(() => address(given), InputError);
      assert.throws(() => address(undefined, given), InputError);
    });
  }

  it('takes an https address only as an input, and says which', () => {
    assert.throws(
      () => address(undefined, 'https://vercel.example.com'),
      /OPS_ACTIONS_VERCEL_API_URL: .*input vercel-api-url/,
    );
  });

  it('does not repeat the password of an address it refuses', () => {
    for (const given of ['https://user:canary@api.example.com', 'http//user:canary@host']) {
      assert.throws(
        () => address(given),
        (error) => error instanceof InputError && !error.message.includes('canary'),
      );
    }
  });
});
