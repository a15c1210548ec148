#!/usr/bin/env node
// Starts the command line with Node 24, which comes with the dependencies, whatever Node npm itself runs on.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const [major] = process.versions.node.split('.').map(Number);
// Below node_modules (`npx github:…`) Node does not strip types itself: a loader of ours does, in a process started with it.
const loader = `--import=${new URL('strip-types.js', import.meta.url)}`;
const options = import.meta.url.includes('/node_modules/') ? ['--disable-warning=ExperimentalWarning', loader] : [];

if (major >= 24 && options.every((option) => process.execArgv.includes(option))) {
  const { main } = await import('../packages/cli/src/main.ts');
  await main(process.argv.slice(2));
} else {
  const node = major >= 24 ? process.execPath : node24();
  if (node === undefined) {
    console.error(`ops-actions needs Node 24 or newer; this is ${process.version}. Install it, or run npm ci again.`);
    process.exitCode = 3;
  } else {
    const child = spawn(node, [...options, ...process.argv.slice(1)], { stdio: 'inherit' });
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
