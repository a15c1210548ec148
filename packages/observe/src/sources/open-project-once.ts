import { openVercelProject, type VercelConnection, type VercelProject } from '#vercel/project';

const opened = new WeakMap<VercelConnection, Promise<VercelProject>>();

/**
 * Opens a project once for all sources that are made with the same connection: each opening is a request, and a watch has few. One that
 * failed is tried again. @throws VercelError as openVercelProject.
 */
export function openProjectOnce(connection: VercelConnection): Promise<VercelProject> {
  const known = opened.get(connection);
  if (known !== undefined) return known;
  const opening = openVercelProject(connection);
  opened.set(connection, opening);
  opening.catch(() => opened.delete(connection));
  return opening;
}
