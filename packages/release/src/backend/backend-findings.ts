import type { BackendSettings } from '#config/settings';
import type { Finding } from '../decide-preflight.ts';

/** True where a release deploys a backend that is not on Vercel. Pure. */
export function isBackendConfigured(backend: BackendSettings | undefined): boolean {
  return backend?.deploy !== undefined && backend.rollback !== undefined;
}

/** A way forward without a way back, and the other way round, is found before anything is touched. Pure. */
export function backendFindings(backend: BackendSettings | undefined): Finding[] {
  if (backend === undefined || isBackendConfigured(backend)) return [];
  const [there, missing] = backend.deploy === undefined ? ['rollback', 'deploy'] : ['deploy', 'rollback'];
  const has = backend.deploy === undefined && backend.rollback === undefined ? 'a section backend' : `backend.${there}`;
  return [
    {
      code: 'backend_incomplete',
      severity: 'refuse',
      message: `ops.yml has ${has} and no backend.${missing}: a backend is deployed only where a command takes it back`,
      fix: 'give both commands, or remove the section',
    },
  ];
}
