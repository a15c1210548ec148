import { InputError } from '#action-kit/inputs';
import type { Logger } from '#action-kit/logger';
import type { GitHub } from '#github/client';
import { type Ledger, openLedger } from '#release/ledger';
import type { ReleaseHandle } from '#release/release-handle';
import type { DeployOutcome } from '#vercel/deploy';

/**
 * Deploys between an intent and an outcome in the release's ledger (S5): without the intent nothing is deployed; an outcome
 * that cannot be written is a warning, because Vercel is asked about it anyway. Without a release there is no ledger.
 */
export async function recordDeployment(
  github: GitHub | undefined,
  handle: ReleaseHandle | undefined,
  logger: Logger,
  deploy: () => Promise<DeployOutcome>,
): Promise<DeployOutcome> {
  if (handle === undefined) return deploy();
  if (github === undefined) {
    throw new InputError([{ name: 'github-token', message: 'is required with release, for its ledger' }]);
  }
  const ledger = openLedger(github, handle);
  await ledger.record('deploy', 'intent', 'create', handle.version);
  try {
    const outcome = await deploy();
    const { deployment, reasonCode } = outcome;
    await tell(ledger, logger, outcome.outcome, [deployment?.id, reasonCode].filter(Boolean).join(' '));
    return outcome;
  } catch (error) {
    await tell(ledger, logger, 'failed', (error as { reasonCode?: string }).reasonCode ?? 'unexpected_error');
    throw error;
  }
}

async function tell(ledger: Ledger, logger: Logger, word: string, text: string): Promise<void> {
  try {
    await ledger.record('deploy', 'outcome', word, text);
  } catch (error) {
    logger.warning(`The ledger could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
