/** What the process of a deployment's functions sends to the sandbox. */
export type FunctionMessage =
  | { kind: 'listening' }
  | { kind: 'done'; requestId: string }
  | { kind: 'log'; requestId: string | undefined; level: 'debug' | 'error' | 'info' | 'warning'; text: string };

/** Headers by which the edge tells that process what to run. */
export const functionFileHeader = 'x-sandbox-function-file';
export const requestIdHeader = 'x-sandbox-request-id';
