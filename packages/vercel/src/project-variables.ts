import { z } from 'zod';
import type { HttpRequest } from '#http/client';
import { cleanText } from '#http/text';
import { readProject } from './project-reads.ts';
import { createVercelApi, readAnswer } from './vercel-api.ts';
import { VercelError } from './vercel-error.ts';
import type { VercelConnection } from './vercel-types.ts';

/** One environment variable of a project, with all that decides where it applies. */
export interface ProjectVariable {
  id: string;
  key: string;
  /** `plain`, `encrypted`, `sensitive`, `system`, `secret`. */
  type: string;
  /** `production`, `preview`, `development`. */
  target: string[];
  gitBranch?: string;
  /** Ids of custom environments. */
  customEnvironmentIds: string[];
  comment?: string;
  /** Undefined where Vercel does not give it back: `sensitive` never, and where this token may not decrypt. */
  value?: string;
}

/** The environment variables of one project. Every method throws VercelError, or the abort reason. */
export interface ProjectVariables {
  project: { id: string; name: string };
  /** All of them with their values, as far as Vercel gives them. */
  read(): Promise<ProjectVariable[]>;
  create(variable: Omit<ProjectVariable, 'id'> & { value: string }): Promise<void>;
  change(id: string, variable: Omit<ProjectVariable, 'id'> & { value: string }): Promise<void>;
}

const listedAnswer = z.looseObject({
  envs: z.array(
    z.looseObject({
      id: z.string(),
      key: z.string(),
      type: z.string(),
      target: z.union([z.string(), z.array(z.string())]).nullish(),
      gitBranch: z.string().nullish(),
      customEnvironmentIds: z.array(z.string()).nullish(),
      comment: z.string().nullish(),
    }),
  ),
  pagination: z.looseObject({ next: z.unknown() }).nullish(),
});
/** GET /v1/projects/{id}/env/{envId}: the decrypted value (vercel.com/docs/rest-api/projects). */
const oneAnswer = z.looseObject({ decrypted: z.boolean().optional(), value: z.string().nullish() });
/** POST answers `failed` beside what it created; PATCH the variable alone. */
const writtenAnswer = z.looseObject({
  failed: z.array(z.looseObject({ error: z.looseObject({ code: z.string().nullish() }) })).nullish(),
});

/** How many values are asked for at a time. */
const atOnce = 4;
/** Types whose value nobody can read back, and those that are no value of the project. */
const unreadableTypes = ['sensitive', 'system'];

/** `onValue` gets every value before anybody else, to mask it. @throws VercelError project_not_found and others. */
export async function openProjectVariables(
  connection: VercelConnection,
  onValue: (value: string) => void,
): Promise<ProjectVariables> {
  const { answer } = await readProject(createVercelApi(connection), connection.project, connection);
  const { id: projectId, name, accountId } = answer;
  const api = createVercelApi(connection, accountId.startsWith('team_') ? accountId : undefined);

  async function decrypted(id: string, key: string): Promise<string | undefined> {
    const what = `Reading the environment variable ${key} of project ${name}`;
    const path = `/v1/projects/${projectId}/env/${encodeURIComponent(id)}`;
    // 403: this token may list it and not read it. 404: somebody removed it meanwhile.
    const one = await api.call({ path, accept: [403, 404] }, what);
    if (one.status >= 400) return undefined;
    const { decrypted: given, value } = readAnswer(one, oneAnswer, what);
    if (given === false || typeof value !== 'string') return undefined;
    onValue(value);
    return value;
  }

  /** Refusals in our own words: those of Vercel may repeat what was sent. */
  async function write(request: HttpRequest, what: string): Promise<void> {
    const answer = await api.call({ ...request, accept: [400, 403, 404, 409] }, what);
    const code = answer.status < 300 ? readAnswer(answer, writtenAnswer, what).failed?.[0]?.error.code : undefined;
    if (answer.status < 300 && !code) return;
    throw new VercelError(
      'vercel_refused',
      `${what}: Vercel refused it (${cleanText(code ?? String(answer.status), 60)}). Does another variable of that name apply there, and may the token change variables?`,
      { status: answer.status },
    );
  }

  return {
    project: { id: projectId, name },
    async read() {
      const what = `Reading the environment variables of project ${name}`;
      const listed = readAnswer(await api.call({ path: `/v10/projects/${projectId}/env` }, what), listedAnswer, what);
      // The documented answer has all of them; half of them would be taken for all by a restore.
      if (typeof listed.pagination?.next === 'number')
        throw new VercelError(
          'vercel_bad_answer',
          `${what}: Vercel gave one page of several, which its documentation does not say.`,
        );
      const found: ProjectVariable[] = [];
      for (let from = 0; from < listed.envs.length; from += atOnce) {
        const some = listed.envs.slice(from, from + atOnce).map(async (env) => {
          const value = unreadableTypes.includes(env.type) ? undefined : await decrypted(env.id, env.key);
          return {
            id: env.id,
            key: env.key,
            type: env.type,
            target: [env.target ?? []].flat().toSorted(),
            ...(env.gitBranch ? { gitBranch: env.gitBranch } : {}),
            customEnvironmentIds: (env.customEnvironmentIds ?? []).toSorted(),
            ...(env.comment ? { comment: env.comment } : {}),
            ...(value === undefined ? {} : { value }),
          };
        });
        found.push(...(await Promise.all(some)));
      }
      return found;
    },
    create: (variable) =>
      write(
        { method: 'POST', path: `/v10/projects/${projectId}/env`, json: body(variable) },
        `Creating the environment variable ${variable.key} of project ${name}`,
      ),
    change: (id, variable) =>
      write(
        {
          method: 'PATCH',
          path: `/v9/projects/${projectId}/env/${encodeURIComponent(id)}`,
          json: body(variable),
          repeat: 'always',
        },
        `Changing the environment variable ${variable.key} of project ${name}`,
      ),
  };
}

function body({ key, value, type, target, gitBranch, customEnvironmentIds, comment }: Omit<ProjectVariable, 'id'>) {
  return {
    ...{ key, value, type, target },
    ...(gitBranch === undefined ? {} : { gitBranch }),
    ...(customEnvironmentIds.length === 0 ? {} : { customEnvironmentIds }),
    ...(comment === undefined ? {} : { comment }),
  };
}
