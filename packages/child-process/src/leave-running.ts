import { type ChildProcess, spawn } from 'node:child_process';
import { switchCoreDumpsOff } from './core-dumps.ts';
import { allowListedEnvironment } from './tool-environment.ts';

// The runner ends what still runs at the end of a job by the first; the rest is how the machine reaches the network.
const OF_THE_MACHINE = [
  'RUNNER_TRACKING_ID',
  ...['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/**
 * Starts a program that goes on when this process has ended; it has to know by itself when to end. It stays in the process group of
 * the step, holds none of its streams, and gets its input, secrets included, by stdin and nothing else (S13).
 */
export function leaveRunning(options: { command: string; args: readonly string[]; input: string }): ChildProcess {
  const { command, args, input } = options;
  switchCoreDumpsOff();
  const machine = Object.fromEntries(OF_THE_MACHINE.map((name) => [name, process.env[name]]));
  const child = spawn(command, args, { env: allowListedEnvironment(machine), stdio: ['pipe', 'ignore', 'ignore'] });
  // One that cannot be started, or ends before it has read, is seen by its exit.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  child.unref();
  return child;
}
