import type { GitHub } from '#github/client';
import type { VercelDeployment } from '#vercel/project';
import { commitOf } from './commit-of.ts';
import type { SupersedingFacts } from './decide-superseded.ts';
import { readReleases } from './ledger.ts';
import type { ReleaseHandle } from './release-handle.ts';

/** Reads what S4 decides from: newer releases of this environment, and our commit against the one in production. */
export async function readSupersedingFacts(
  github: GitHub,
  own: Pick<ReleaseHandle, 'key' | 'runId' | 'openedAt' | 'commit' | 'version' | 'environment' | 'ledgerId'>,
  production: { deployment: VercelDeployment | undefined; commit?: string | undefined; version?: string | undefined },
  options: { allowOlder?: string | undefined; requireAncestor: boolean },
): Promise<SupersedingFacts> {
  const promoted: { key: string; runId: number; openedAt: number; version: string }[] = [];
  const newer = readReleases(github, { environment: own.environment }, (entry) => {
    // What was rehearsed was there to be taken back: it stands in nobody's way.
    if (entry.key === own.key || entry.rehearsal === true) return false;
    const runId = entry.runId ?? 0;
    return runId > 0 ? runId > own.runId : entry.id > own.ledgerId;
  });
  for await (const release of newer) {
    if (release.promotion !== 'promoted' && release.promotion !== 'intended') continue;
    promoted.push(release);
    break;
  }
  const { deployment } = production;
  const commit = production.commit ?? (deployment === undefined ? undefined : commitOf(deployment));
  const foreign = deployment !== undefined && deployment.meta.opsRelease !== own.key;
  const comparison =
    commit === undefined || commit === '' || !foreign
      ? undefined
      : commit === own.commit
        ? 'identical'
        : await compare(github, commit, own.commit);
  return {
    own,
    promoted,
    production: { commit, version: production.version ?? deployment?.meta.opsVersion },
    comparison,
    allowOlder: options.allowOlder,
    requireAncestor: options.requireAncestor,
  };
}

/** A commit that GitHub does not know (another repository, force-pushed away) leaves the question open. */
async function compare(github: GitHub, base: string, head: string): Promise<SupersedingFacts['comparison']> {
  try {
    return (await github.compare(base, head)).status;
  } catch (error) {
    if ((error as { reasonCode?: string }).reasonCode === 'github_not_found') return undefined;
    throw error;
  }
}
