#!/usr/bin/env node
// Starts the command line with Node 24, which comes with the dependencies, whatever Node npm itself runs on.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const [major] = process.versions.node.split('.').map(Number);
if (major >= 24) {
  const { main } = await import('../packages/cli/src/main.ts');
  await main(process.argv.slice(2));
} else {
  const node = node24();
  if (node === undefined) {
    console.error(`ops-actions needs Node 24 or newer; this is ${process.version}. Install it, or run npm ci again.`);
    process.exitCode = 3;
  } else {
    const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code, signal) => {
      process.exitCode = signal === null ? code : 3;
    });
  }
}

function node24() {
  const require = createRequire(import.meta.url);
  try {
    return require.resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}
