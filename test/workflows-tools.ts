import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './workflows-model.ts';

/** A validator that is not ours: from .tools or PATH; undefined where it is not installed. */
export function findTool(name: string): string | undefined {
  const folders = [
    join(root, '.tools/bin'),
    join(root, `.tools/${name}/bin`),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Runs a tool to its end; an exit code is a result. */
export function runTool(command: string, args: string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, maxBuffer: 8 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
        output: `${stdout}${stderr}`,
      });
    });
  });
}
