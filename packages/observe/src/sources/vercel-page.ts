import type { VercelConnection } from '#vercel/project';

/**
 * A page of the project in Vercel's dashboard. Its address has the team's slug and the project's name; where only ids are known
 * Vercel's own chooser asks for them (vercel.com/d?to=…).
 */
export function vercelPage({ team, project }: Pick<VercelConnection, 'team' | 'project'>, page: string): string {
  const known = team !== undefined && !team.startsWith('team_') && !project.startsWith('prj_');
  if (known) return `https://vercel.com/${encodeURIComponent(team)}/${encodeURIComponent(project)}/${page}`;
  return `https://vercel.com/d?to=${encodeURIComponent(`/[team]/[project]/${page}`)}`;
}
