import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, parse, parseDocument } from 'yaml';

/** Reads workflows and composites for the tests that hold them to our rules. */
export const root = join(import.meta.dirname, '..');

export interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
  'timeout-minutes'?: number;
  'continue-on-error'?: unknown;
}

export interface JobModel {
  name?: string;
  uses?: string;
  needs?: string | string[];
  if?: string;
  permissions?: Record<string, string>;
  secrets?: unknown;
  environment?: unknown;
  concurrency?: { group: string; queue?: string; 'cancel-in-progress'?: unknown };
  'timeout-minutes'?: number | string;
  outputs?: Record<string, string>;
  steps?: Step[];
}

interface Call {
  inputs?: Record<string, { default?: unknown; type?: string }>;
  secrets?: Record<string, { required?: boolean }>;
  outputs?: Record<string, { value: string }>;
}

export interface WorkflowModel {
  file: string;
  text: string;
  isPublic: boolean;
  call: Call;
  permissions: unknown;
  jobs: Record<string, JobModel>;
}

export interface ActionModel {
  inputs?: Record<string, { description?: string; default?: string; required?: boolean }>;
  outputs?: Record<string, { value?: string }>;
  runs: { using: string; steps?: Step[] };
}

/** All workflows of this repository. */
export function readWorkflows(): WorkflowModel[] {
  const folder = join(root, '.github/workflows');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yml'))
    .sort()
    .map((file) => readWorkflow(file, readFileSync(join(folder, file), 'utf8')));
}

export function readWorkflow(file: string, text: string): WorkflowModel {
  const value = parse(text) as { on: { workflow_call?: Call }; permissions: unknown; jobs: Record<string, JobModel> };
  return {
    file,
    text,
    isPublic: text.startsWith('# PUBLIC'),
    call: value.on.workflow_call ?? {},
    permissions: value.permissions,
    jobs: value.jobs,
  };
}

export function readAction(path: string): ActionModel {
  return parse(readFileSync(join(root, path, 'action.yml'), 'utf8')) as ActionModel;
}

/** Comment behind each permission of each job: `job` → `contents: read` → reason. */
export function permissionReasons(workflow: WorkflowModel): Map<string, Map<string, string>> {
  const reasons = new Map<string, Map<string, string>>();
  for (const [job, { permissions }] of Object.entries(workflow.jobs)) {
    const node = parseDocument(workflow.text).getIn(['jobs', job, 'permissions'], true);
    const found = new Map<string, string>();
    for (const [name, level] of Object.entries(permissions ?? {})) {
      const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
      const comment = isScalar(pair?.value) ? (pair.value.comment ?? '') : '';
      found.set(`${name}: ${level}`, comment.trim());
    }
    reasons.set(job, found);
  }
  return reasons;
}

/** Names of the secrets that a job's own lines mention. */
export function secretsOf(job: JobModel): string[] {
  const names = JSON.stringify(job).matchAll(/secrets\.([A-Z0-9_]+)/g);
  return [...new Set([...names].map((match) => match[1] ?? ''))].sort();
}
