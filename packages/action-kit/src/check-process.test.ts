import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkProcess } from './check-process.ts';

describe('checkProcess', () => {
  for (const options of [
    '',
    '--max-old-space-size=4096',
    '--use-system-ca --no-warnings',
    '--disable-warning=DEP0040',
  ]) {
    it(`takes NODE_OPTIONS="${options}"`, () => checkProcess({ NODE_OPTIONS: options }));
  }

  for (const options of [
    '--require=/tmp/x.js',
    '-r /tmp/x.js',
    '--import ./x.mjs',
    '--experimental-loader=x',
    '--inspect=0.0.0.0:9229',
    '--max-old-space-size=4096 --require ./x.js',
    '--no-warnings-x',
  ]) {
    it(`refuses NODE_OPTIONS="${options}" and names it`, () => {
      assert.throws(() => checkProcess({ NODE_OPTIONS: options }), /NODE_OPTIONS: could load other code .*\(given: "-/);
    });
  }

  it('refuses a process that checks no certificates, and names both problems at once', () => {
    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_OPTIONS: '--require x' };
    assert.throws(
      () => checkProcess(environment),
      /NODE_TLS_REJECT_UNAUTHORIZED: .*NODE_EXTRA_CA_CERTS[\s\S]*NODE_OPTIONS: /,
    );
    assert.doesNotThrow(() => checkProcess({ NODE_TLS_REJECT_UNAUTHORIZED: '1' }));
  });

  it('refuses what makes Node print the environment of a child, and no other debugging', () => {
    for (const sections of ['child_process', 'CHILD_PROCESS', '*', 'net, child*', 'http,*process']) {
      assert.throws(() => checkProcess({ NODE_DEBUG: sections }), /NODE_DEBUG: makes Node print the environment/);
    }
    for (const sections of ['', 'http,net,tls', 'child', 'http*', '(', 'stream'])
      checkProcess({ NODE_DEBUG: sections });
  });
});
