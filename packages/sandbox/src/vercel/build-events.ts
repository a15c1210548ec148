import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, jsonAnswer } from '../http/answer.ts';
import type { DeploymentRecord } from './vercel-records.ts';

const pollMs = 20;

/** The build log: an array, or with `format=lines` one event per line, which `follow=1` keeps open until the build ends. */
export function buildEvents(deployment: DeploymentRecord, query: URLSearchParams): Answer {
  if (query.get('format') !== 'lines' && query.get('follow') !== '1') return jsonAnswer(200, eventsOf(deployment, 0));
  return {
    status: 200,
    headers: { 'content-type': 'application/stream+json' },
    async stream(write, signal) {
      let told = 0;
      for (;;) {
        const ended = !['QUEUED', 'INITIALIZING', 'BUILDING'].includes(deployment.readyState);
        const events = eventsOf(deployment, told);
        told += events.length;
        for (const event of events) write(`${JSON.stringify(event)}\n`);
        if (ended || query.get('follow') !== '1' || signal.aborted) break;
        await delay(pollMs);
      }
      const value = deployment.readyState;
      write(`${JSON.stringify({ type: 'state', event: 'state', created: Date.now(), payload: { value } })}\n`);
    },
  };
}

function eventsOf(deployment: DeploymentRecord, from: number) {
  return deployment.buildLog.slice(from).map(({ at, text, error }, index) => {
    const type = error ? 'stderr' : 'stdout';
    const id = String(from + index);
    const info = { type: 'build', name: 'bld', entrypoint: '.' };
    return {
      type,
      event: type,
      created: at,
      date: at,
      payload: { deploymentId: deployment.id, id, date: at, serial: id, text, info },
    };
  });
}
