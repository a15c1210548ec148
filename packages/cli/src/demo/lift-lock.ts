import { join } from 'node:path';
import { runTool } from '#child-process/run-tool';
import type { Sandbox } from '#sandbox/sandbox-types';

/** Lifts the lock of production as a person would: with the command line, tokens in the environment. */
export async function liftLock(given: {
  libraryRoot: string;
  sandbox: Sandbox;
  workspace: string;
  reason: string;
}): Promise<string> {
  const { vercel, github } = given.sandbox.description;
  const words = ['unlock', '--environment', 'production', '--reason', given.reason, '--repository', github.repository];
  const project = ['--vercel-project', vercel.projectId, '--vercel-team', vercel.teamId];
  const done = await runTool({
    command: process.execPath,
    args: [join(given.libraryRoot, 'bin/ops-actions.js'), ...words, ...project],
    cwd: given.workspace,
    environment: {
      GITHUB_TOKEN: github.token,
      GITHUB_API_URL: github.apiUrl,
      VERCEL_TOKEN: vercel.token,
      OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl,
    },
    deadlineMs: 30_000,
  });
  if (done.exitCode !== 0)
    throw new Error(`unlock ended with ${done.exitCode}: ${(done.stderr || done.stdout).trim()}`);
  return done.stdout.trim().split('\n').at(-1) ?? '';
}
