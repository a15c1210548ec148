import { createRequire } from 'node:module';
import { UnsupportedError } from './unsupported-error.ts';

/** The Node 24 that runs `using: node24` actions: this process's own, else the one from the npm package. Throws UnsupportedError. */
export function nodeProgram(): string {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    throw new UnsupportedError(
      `node24 actions need Node 24; this is ${process.version}. Run npm ci, which brings one.`,
    );
  }
}
