import type { z } from 'zod';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpRequest } from '#http/client';
import { toVercelError, VercelError } from './vercel-error.ts';
import type { VercelConnection } from './vercel-types.ts';

/** Vercel's REST API with the token and the team on every call (facts §1, trap 23). */
export interface VercelApi {
  /** `what` begins the error message, e.g. `Reading project prj_1`. Throws VercelError, or the abort reason. */
  call(request: HttpRequest, what: string): Promise<HttpAnswer>;
  /** As `call`, but HttpError passes, for callers that decide by status and by whether the request may have arrived. */
  http: HttpClient;
  team: { teamId?: string; slug?: string };
}

/** An API client for one connection; `teamId` replaces the team's slug once the project has told it. */
export function createVercelApi(connection: VercelConnection, teamId?: string): VercelApi {
  const team = teamOf(teamId ?? connection.team);
  const client = createHttpClient({
    baseUrl: connection.apiUrl,
    headers: { authorization: `Bearer ${connection.token}` },
    signal: connection.signal,
    log: connection.log,
    clock: connection.clock,
    patienceMs: connection.patienceMs,
    ...(connection.deadlineMs === undefined ? {} : { deadlineMs: connection.deadlineMs }),
  });
  const withTeam = (request: HttpRequest): HttpRequest => ({ ...request, query: { ...team, ...request.query } });
  const http: HttpClient = {
    request: (request) => client.request(withTeam(request)),
    stream: (request) => client.stream(withTeam(request)),
  };
  return {
    team,
    http,
    async call(request, what) {
      try {
        return await http.request(request);
      } catch (error) {
        throw toVercelError(error, what, connection.token);
      }
    },
  };
}

function teamOf(team: string | undefined): { teamId?: string; slug?: string } {
  if (!team) return {};
  return team.startsWith('team_') ? { teamId: team } : { slug: team };
}

/** The answer as the fields that we use; extra fields are fine, a missing or mistyped one is a VercelError that names it. */
export function readAnswer<S extends z.ZodType>(answer: HttpAnswer, schema: S, what: string): z.output<S> {
  let json: unknown;
  try {
    json = answer.json();
  } catch (error) {
    throw toVercelError(error, what);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'answer'}: ${issue.message}`);
  throw new VercelError(
    'vercel_bad_answer',
    `${what}: Vercel's answer is not what its documentation says (${problems.join('; ')}). Is the address of the Vercel API right? Then run this again.`,
  );
}
