import { existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { GitHubLibraries } from './github-libraries.ts';
import { readAction } from './read-action.ts';
import type { StepScope } from './step-context.ts';
import type { ActionDefinition, StepDefinition } from './step-definition.ts';
import { ActionError, UnsupportedError } from './unsupported-error.ts';

/** A repository at one commit, as a folder on this machine. */
export interface ActionRepository {
  /** owner/name */
  name: string;
  ref: string;
  directory: string;
}

/** An action with everything below it, read before the first step starts, as GitHub does. */
export interface PreparedAction {
  directory: string;
  repository: ActionRepository;
  /** `./` actions come from the workspace: read when reached, their `pre` never runs. */
  local: boolean;
  definition: ActionDefinition;
  steps: PreparedStep[];
}

export interface PreparedStep {
  definition: StepDefinition;
  path: string[];
  action?: PreparedAction;
  /** A `./` reference that is read when the step is reached. */
  readLocal?: () => PreparedAction;
  /** GITHUB_STATE, from pre to main to post. */
  state: Map<string, string>;
  /** The `steps` context of the composite that this step is; post steps see it again. */
  scope: StepScope;
  postRegistered: boolean;
}

export interface Preparation {
  libraries: GitHubLibraries;
  workspace: string;
  /** Further repositories that `owner/name@ref` may name. */
  repositories: ActionRepository[];
}

/** actions/runner's CompositeActionsMaxDepth: steps below a ninth composite are the deepest. */
const maxDepth = 9;

/** Reads an action and all that it uses. Throws ActionError or UnsupportedError naming the reference. */
export function prepareAction(
  preparation: Preparation,
  place: { directory: string; repository: ActionRepository; local: boolean; path: string[] },
  depth = 0,
): PreparedAction {
  const definition = readAction(preparation.libraries, place.directory);
  const action: PreparedAction = { ...place, definition, steps: [] };
  if (definition.runs.using === 'composite') {
    if (depth + 1 > maxDepth) {
      throw new ActionError(
        `Composite actions are nested deeper than GitHub allows (${maxDepth} composites) at ${place.path.join('/')}.`,
      );
    }
    action.steps = definition.runs.steps.map((step, index) =>
      prepareStep(preparation, action, step, place.path, index, depth),
    );
  } else {
    for (const script of [definition.runs.pre, definition.runs.main, definition.runs.post]) {
      if (script !== undefined && !existsSync(join(place.directory, script))) {
        throw new ActionError(`${join(place.directory, script)} does not exist. Build it with: npm run build`);
      }
    }
  }
  return action;
}

function prepareStep(
  preparation: Preparation,
  parent: PreparedAction,
  definition: StepDefinition,
  parentPath: string[],
  index: number,
  depth: number,
): PreparedStep {
  const path = [...parentPath, definition.id ?? plainName(definition) ?? `step-${index + 1}`];
  const step: PreparedStep = { definition, path, state: new Map(), scope: new Map(), postRegistered: false };
  if (definition.uses === undefined) return step;
  const place = resolveReference(definition.uses, parent.repository, preparation);
  const read = (): PreparedAction => prepareAction(preparation, { ...place, path }, depth + 1);
  return place.local ? { ...step, readLocal: read } : { ...step, action: read() };
}

function plainName(definition: StepDefinition): string | undefined {
  return definition.name?.kind === 'text' ? definition.name.text : definition.uses;
}

/** Where a `uses:` points: `$/` to the repository that holds the action, `./` to the workspace, `owner/name@ref` to a given folder. */
export function resolveReference(
  uses: string,
  self: ActionRepository,
  preparation: Pick<Preparation, 'workspace' | 'repositories'>,
): { directory: string; repository: ActionRepository; local: boolean } {
  if (uses.startsWith('$/')) {
    const path = uses.slice(2).replace(/^\/+/, '');
    if (path === '')
      throw new ActionError(`uses: ${uses} has no path; the runner refuses it. Name the folder, for example $/deploy.`);
    return { directory: inside(self.directory, path, uses), repository: self, local: false };
  }
  if (uses.startsWith('./')) {
    return { directory: inside(preparation.workspace, uses, uses), repository: self, local: true };
  }
  if (uses.startsWith('docker://')) throw new UnsupportedError(`uses: ${uses} needs a container; not supported here.`);
  const [location = '', ref] = uses.split('@');
  const [owner, name, ...path] = location.split('/');
  if (!owner || !name || !ref) {
    throw new ActionError(`uses: ${uses} is not a reference. Expected $/path, ./path or owner/name/path@ref.`);
  }
  const repository = [self, ...preparation.repositories].find(
    (known) => known.name.toLowerCase() === `${owner}/${name}`.toLowerCase() && known.ref === ref,
  );
  if (repository === undefined) {
    throw new UnsupportedError(
      `uses: ${uses} would be downloaded; not supported here. Say where it lies on this machine: --uses ${owner}/${name}@${ref}=FOLDER`,
    );
  }
  return { directory: inside(repository.directory, path.join('/'), uses), repository, local: false };
}

function inside(root: string, path: string, uses: string): string {
  const directory = resolve(root, path);
  if (directory !== resolve(root) && !directory.startsWith(resolve(root) + sep)) {
    throw new ActionError(`uses: ${uses} leaves its repository (${root}).`);
  }
  return directory;
}

/** The nearest folder above an action that looks like the root of its repository; `$/` starts there. */
export function repositoryRoot(directory: string): string {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const holds = (name: string): boolean => existsSync(join(folder, name));
    if (holds('.git') || holds('package.json') || (holds('action.yml') && holds('LICENSE'))) return folder;
    if (folder === dirname(folder)) return resolve(directory, '..');
  }
}

export function hasPre(step: PreparedStep): boolean {
  const action = step.action;
  if (action === undefined || action.local) return false;
  const { runs } = action.definition;
  return runs.using === 'composite' ? action.steps.some(hasPre) : runs.pre !== undefined;
}

export function hasPost(action: PreparedAction): boolean {
  const { runs } = action.definition;
  if (runs.using !== 'composite') return runs.post !== undefined;
  return action.steps.some(
    (step) => step.readLocal !== undefined || (step.action !== undefined && hasPost(step.action)),
  );
}
