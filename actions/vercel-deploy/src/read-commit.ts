import { z } from 'zod';
import type { Runner } from '#action-kit/runner';
import type { GitHub } from '#github/client';
import type { DeployRequest } from '#vercel/deploy';

const pushEvent = z.looseObject({
  head_commit: z
    .looseObject({
      id: z.string(),
      message: z.string().optional(),
      author: z.looseObject({ name: z.string().optional(), username: z.string().optional() }).optional(),
    })
    .nullish(),
});

/**
 * The commit as Vercel shows it. Message and author come from the event, else from GitHub; without them the deployment
 * goes on, only a BLOCKED one cannot name the author.
 */
export async function readCommit(
  { context, logger }: Runner,
  github: GitHub | undefined,
  commit: string | undefined,
): Promise<DeployRequest['git']> {
  const sha = commit ?? context.sha;
  const repositoryId = Number(context.repositoryId);
  const base = {
    sha,
    ref: context.refName,
    repository: context.repository,
    remoteUrl: `${context.serverUrl}/${context.repository}.git`,
    ...(Number.isSafeInteger(repositoryId) && repositoryId > 0 && { repositoryId }),
  };
  const event = pushEvent.safeParse(context.event);
  const head = event.success ? event.data.head_commit : undefined;
  if (head?.id === sha) {
    const author = head.author?.username ?? head.author?.name;
    return { ...base, ...(head.message && { message: head.message }), ...(author && { author }) };
  }
  if (github === undefined) return base;
  try {
    const { message, author } = await github.commit(sha);
    return { ...base, message, ...(author && { author }) };
  } catch (error) {
    logger.debug(error instanceof Error ? error.message : String(error));
    return base;
  }
}
