import { runAction } from '#action-kit/run-action';

// The same bundle is also the process that reads the logs on when this step has ended; see read-logs.ts.
if (process.argv[2] === 'read-logs') await (await import('./read-logs.ts')).readLogs(process.stdin);
else await runAction((await import('./main.ts')).main);
