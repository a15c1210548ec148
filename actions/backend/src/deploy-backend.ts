import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { BackendSettings, EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { backendState, backendStep } from '#release/backend/backend-facts';
import { decideBackendDeploy } from '#release/backend/decide-backend';
import { openLedger } from '#release/ledger';
import { parseReleaseHandle } from '#release/release-handle';
import { type LedgerFact, parseFact } from '#release/release-record';
import type { Given } from './inputs.ts';
import type { BackendPorts } from './main.ts';

/** Everything that an action of both ways was configured with. */
export interface BackendAbout {
  settings: EnvironmentSettings;
  backend: BackendSettings & { deploy: string; rollback: string };
  github: GitHub;
  ports: BackendPorts;
}

/** The deploy command and the proof after it; intent before, outcome after. @throws GitHubError: without an intent there is no way forward. */
export async function deployBackend(
  _runner: Runner,
  given: Given,
  { settings, backend, github, ports }: BackendAbout,
): Promise<Result> {
  if (given.release === undefined)
    throw new InputError([
      { name: 'release', message: 'is needed with mode deploy: its record is the memory of the commands' },
    ]);
  const handle = parseReleaseHandle(given.release);
  const { version, commit } = handle;
  const ledger = openLedger(github, handle);
  const subject = { environment: settings.environment, version, commit };
  const state = backendState(await readFacts(github, handle.ledgerId));
  const first = decideBackendDeploy(state, { repeatable: backend.repeatable === true });
  // The status command is the only one who may know how a command ended whose run died.
  const runs = first === 'ask' && backend.status !== undefined && (await ports.run(backend.status, subject)).ok;
  if (first === 'ask' && !runs) {
    return failed(
      'backend_unknown',
      `an earlier attempt of this run began "${backend.deploy}" and died, and nobody knows how it ended: it is not run a second time. Look at the backend, then release again in a new run, or set backend.repeatable: true`,
    );
  }
  const does = runs ? 'prove' : first;
  if (does === 'run') {
    await ledger.record(backendStep, 'intent', 'deploy', version);
    const done = await ports.run(backend.deploy, subject);
    if (!done.ok) {
      await ledger.record(backendStep, 'outcome', 'failed', done.reasonCode);
      return failed(done.reasonCode, done.message);
    }
  }
  const sick = await ports.prove(subject);
  if (sick !== undefined) {
    await ledger.record(backendStep, 'outcome', 'failed', 'backend_unhealthy');
    return failed('backend_unhealthy', sick);
  }
  if (state !== 'deployed') await ledger.record(backendStep, 'outcome', 'deployed', version);
  const summary = `The backend runs ${version}${does === 'prove' ? ', deployed by an earlier attempt of this run' : ''}.`;
  return {
    decision: does === 'prove' ? 'already-deployed' : 'deployed',
    reasonCode: does === 'prove' ? 'already_deployed' : 'deployed',
    summary,
    failed: false,
  };
}

async function readFacts(github: GitHub, ledgerId: number): Promise<LedgerFact[]> {
  if (ledgerId === 0) return [];
  const statuses = await github.listStatuses(ledgerId);
  return statuses.flatMap((status) => parseFact(status.description ?? '', status.createdAt) ?? []);
}

function failed(reasonCode: string, message: string): Result {
  return { decision: 'failed', reasonCode, summary: `The backend could not be deployed: ${message}`, failed: true };
}
