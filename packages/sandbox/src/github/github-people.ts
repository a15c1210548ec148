import { jsonAnswer } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { GitHubRefusal } from './github-refusal.ts';

/** What people do in the repository: every token of the sandbox is the same app. */
export interface GitHubPeople {
  /** Writes a comment in an issue, as a person. `edited`: changed a minute later. */
  commentOn(issue: number, comment: { by: string; body: string; edited?: boolean }): void;
  /** Gives a person a role. */
  permit(login: string, role: 'admin' | 'maintain' | 'write' | 'read'): void;
  /** How far GitHub's clock is from ours from now on, in milliseconds. */
  moveClock(offsetMs: number): void;
}

/** Comments of people, and what they may do, which emulate 0.12 tells of the owner of its token only. */
export function githubPeopleRoutes(
  repository: string,
  clock: { now(): number; offsetMs: number },
): { routes: Routes; people: GitHubPeople } {
  const base = `/repos/${repository}`;
  const roles = new Map<string, string>();
  const comments: { issue: number; answer: object }[] = [];
  const routes: Routes = {
    [`GET ${base}/issues/:number/comments`]: (_request, { number = '' }) =>
      jsonAnswer(
        200,
        comments.filter(({ issue }) => String(issue) === number).map(({ answer }) => answer),
      ),
    // REST "Get repository permissions for a user": 404 for an account that is not there.
    [`GET ${base}/collaborators/:login/permission`]: (_request, { login = '' }) => {
      const role = roles.get(decodeURIComponent(login));
      if (role === undefined) throw new GitHubRefusal(404, 'Not Found');
      // The older field knows no maintain.
      const permission = role === 'maintain' ? 'write' : role;
      return jsonAnswer(200, { permission, role_name: role, user: { login } });
    },
  };
  return {
    routes,
    people: {
      moveClock(offsetMs) {
        clock.offsetMs = offsetMs;
      },
      permit: (login, role) => void roles.set(login, role),
      commentOn(issue, { by, body, edited = false }) {
        const at = clock.now();
        const time = (ms: number) => new Date(ms).toISOString();
        const answer = {
          id: comments.length + 9_001,
          body,
          user: { login: by, type: 'User' },
          created_at: time(at),
          updated_at: time(at + (edited ? 60_000 : 0)),
        };
        comments.push({ issue, answer });
      },
    },
  };
}
