import { type Adoption, chooseAdoptedDeployment } from './choose-adopted-deployment.ts';
import type { Context } from './deploy-context.ts';
import type { DeployOutcome } from './deploy-types.ts';
import type { VercelDeployment } from './vercel-types.ts';

const POLL_MS = 3_000;

/** Waits for the deployment that Vercel's Git integration makes of this commit, and takes it only by S17. */
export async function adoptDeployment(
  { project, request, deadlineAt, clock, log }: Context,
  target: string | null,
): Promise<{ deployment: VercelDeployment } | { deployment?: never; outcome: DeployOutcome }> {
  const { git, connection } = request;
  const { gitLink } = await project.readState();
  if (!gitLink) {
    const message = `Project ${project.name} has no Git connection, so there is nothing to adopt. Use build: remote, or connect the repository in Vercel.`;
    return { outcome: { outcome: 'failed', reasonCode: 'no_git_link', message, adopted: false } };
  }
  const repositoryId = git.repositoryId ?? gitLink.repositoryId;
  const terms = {
    projectId: project.id,
    target,
    sha: git.sha,
    repository: git.repository,
    ...(repositoryId !== undefined && { repositoryId }),
    allowedRefs: target === 'production' ? [gitLink.productionBranch] : [gitLink.productionBranch, git.ref],
  };
  if (request.deploymentId !== undefined) return await adoptNamed(project, request.deploymentId, terms, log);
  for (let shown = ''; ; ) {
    const { deployment, refused } = await look(project, terms);
    if (deployment) {
      log(`${deployment.id} was built by Vercel from ${git.sha.slice(0, 7)} and is adopted`);
      return { deployment };
    }
    const why = refused.map((one) => `${one.id}: ${one.why}`).join('; ');
    if (why !== shown) log(`Not adopted: ${why}`);
    shown = why;
    const left = deadlineAt - clock.now();
    if (left <= 0) {
      const message = `Vercel made no ${target ?? 'preview'} deployment of commit ${git.sha} that may be adopted.${why ? ` Refused: ${why}.` : ''} Was the commit pushed to ${terms.allowedRefs.join(' or ')}, and does vercel.json allow deployments of that branch?`;
      return { outcome: { outcome: 'timed-out', reasonCode: 'nothing_to_adopt', message, adopted: false } };
    }
    await clock.sleep(Math.min(POLL_MS, left), connection.signal);
  }
}

/** The one that the workflow names, held to the same terms (S17). */
async function adoptNamed(
  project: Context['project'],
  id: string,
  terms: Parameters<typeof chooseAdoptedDeployment>[1],
  log: Context['log'],
): Promise<{ deployment: VercelDeployment } | { deployment?: never; outcome: DeployOutcome }> {
  const named = await project.deployment(id);
  const { deployment, refused } = chooseAdoptedDeployment(named === undefined ? [] : [named], terms);
  if (deployment) {
    log(`${deployment.id} is the one that the workflow names and is adopted`);
    return { deployment };
  }
  const why = refused[0]?.why ?? `project ${project.name} has no such deployment`;
  const message = `${id} cannot be released: ${why}. Name a deployment that Vercel's Git integration built of commit ${terms.sha} for ${terms.target ?? 'preview'}, or leave deployment-id out.`;
  return { outcome: { outcome: 'failed', reasonCode: 'not_adoptable', message, adopted: false } };
}

async function look(
  project: Context['project'],
  terms: Parameters<typeof chooseAdoptedDeployment>[1],
): Promise<Adoption> {
  const listed = await project.deployments({
    sha: terms.sha,
    limit: 20,
    ...(terms.target && { target: terms.target }),
  });
  // Lists carry no git source; only the deployment itself tells it.
  const whole = await Promise.all(listed.map(({ id }) => project.deployment(id)));
  return chooseAdoptedDeployment(
    whole.filter((one) => one !== undefined),
    terms,
  );
}
