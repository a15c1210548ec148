import { asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import type { EnvironmentVariable, ProjectRecord } from './vercel-records.ts';
import { notFound, VercelRefusal } from './vercel-refusal.ts';
import { randomName } from './vercel-state.ts';

/** Environment variables of projects (vercel.com/docs/rest-api/projects). Lists conceal values; one alone is decrypted, unless it is sensitive. */
export function variableRoutes(known: (idOrName?: string) => ProjectRecord): Routes {
  const variableOf = (project: ProjectRecord, id: string | undefined): EnvironmentVariable => {
    const variable = project.env.find((candidate) => candidate.id === id);
    if (!variable) throw notFound('Environment variable');
    return variable;
  };
  const listEnv = (_request: SandboxRequest, { project }: Record<string, string>) =>
    jsonAnswer(200, {
      envs: known(project).env.map(concealed),
      pagination: { count: known(project).env.length, next: null, prev: null },
    });
  return {
    'GET /v10/projects/:project/env': listEnv,
    'GET /v9/projects/:project/env': listEnv,
    'GET /v1/projects/:project/env/:id': (_request, { project, id }) => {
      const variable = variableOf(known(project), id);
      const { value: _value, ...rest } = concealed(variable);
      return variable.type === 'sensitive'
        ? jsonAnswer(200, { ...rest, decrypted: false })
        : jsonAnswer(200, { ...rest, value: variable.value, decrypted: true });
    },
    'POST /v10/projects/:project/env': (request, { project }) => {
      const created = addVariable(known(project), jsonBody(request) ?? {}, request.query.get('upsert') === 'true');
      return jsonAnswer(201, { created: concealed(created), failed: [] });
    },
    'PATCH /v9/projects/:project/env/:id': (request, { project, id }) => {
      const variable = variableOf(known(project), id);
      const { key, value, type, target } = jsonBody(request) ?? {};
      if (variable.type === 'sensitive' && type !== undefined && type !== 'sensitive')
        throw new VercelRefusal(400, 'bad_request', 'The type of a Sensitive Environment Variable cannot be changed');
      variable.key = asText(key) ?? variable.key;
      if (typeof value === 'string') variable.value = value;
      if (type !== undefined) variable.type = typeOf(type);
      if (Array.isArray(target)) variable.target = target.map(String);
      return jsonAnswer(200, concealed(variable));
    },
    'DELETE /v9/projects/:project/env/:id': (_request, { project: name, id }) => {
      const project = known(name);
      const variable = variableOf(project, id);
      project.env = project.env.filter((candidate) => candidate !== variable);
      return jsonAnswer(200, concealed(variable));
    },
  };
}

function addVariable(project: ProjectRecord, body: Record<string, unknown>, upsert: boolean): EnvironmentVariable {
  const key = asText(body.key);
  const target = Array.isArray(body.target) ? body.target.map(String) : [asText(body.target) ?? ''].filter(Boolean);
  if (key === undefined || typeof body.value !== 'string' || target.length === 0) {
    throw new VercelRefusal(400, 'bad_request', '`key`, `value` and `target` are required');
  }
  const known = project.env.find(
    (variable) => variable.key === key && variable.target.some((one) => target.includes(one)),
  );
  if (known && !upsert) {
    throw new VercelRefusal(403, 'ENV_CONFLICT', `Another environment variable with the name ${key} exists`);
  }
  const variable: EnvironmentVariable = {
    id: known?.id ?? randomName(16),
    key,
    value: body.value,
    target,
    type: typeOf(body.type),
    createdAt: Date.now(),
  };
  project.env = [...project.env.filter((other) => other !== known), variable];
  return variable;
}

function typeOf(type: unknown): EnvironmentVariable['type'] {
  return type === 'plain' || type === 'sensitive' ? type : 'encrypted';
}

/** Values are never given back, except plain ones. */
function concealed(variable: EnvironmentVariable) {
  return {
    ...variable,
    value: variable.type === 'plain' ? variable.value : '',
    updatedAt: variable.createdAt,
    configurationId: null,
    createdBy: null,
    updatedBy: null,
    securityIssues: [],
  };
}
