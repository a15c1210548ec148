/** How `ops-actions run` was called, as commander gives it. */
export interface RunWords {
  input: string[];
  inputFromEnv: string[];
  secret: string[];
  env: string[];
}

export interface ResolvedRun {
  inputs: Record<string, string>;
  environment: Record<string, string>;
  /** Values to mask. */
  secrets: string[];
  githubToken?: string;
}

/** A mistake in the call: exit code 2, all of them at once. */
export class RunUsageError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Inputs whose value must never stand on a command line, where `ps` and the shell's history keep it. */
const secretInput =
  /(^|-)(token|secret|password|passphrase|identity|key|key-id|credentials?)$|^source-headers$|(^|-)(database|webhook|target|smtp)-url$/;

/** Secret names whose inputs are called otherwise than their name in kebab-case. */
const inputsOfSecret: Record<string, string[]> = {
  VERCEL_AUTOMATION_BYPASS_SECRET: ['protection-bypass-secret'],
  SUPABASE_DB_PASSWORD: ['database-password'],
  SUPABASE_SERVICE_ROLE_KEY: ['data-api-key', 'source-key'],
  BACKUP_AGE_IDENTITY: ['age-identity'],
  BACKUP_GPG_PRIVATE_KEY: ['gpg-private-key'],
  BACKUP_GPG_PASSPHRASE: ['gpg-passphrase'],
  BACKUP_S3_ACCESS_KEY_ID: ['s3-access-key-id'],
  BACKUP_S3_SECRET_ACCESS_KEY: ['s3-secret-access-key'],
  BACKUP_SUPABASE_STORAGE_KEY: ['supabase-storage-key'],
};

/** True for an input of an action that holds a secret, by the names that all actions share. */
export function isSecretInput(name: string): boolean {
  return secretInput.test(name.toLowerCase());
}

/** Name of the secret that an input takes, the same as repository secret and environment variable. */
export function secretOfInput(input: string): string {
  const named = Object.entries(inputsOfSecret).find(([, own]) => own.includes(input));
  return named?.[0] ?? input.toUpperCase().replaceAll('-', '_');
}

/** Turns the words of the call into inputs, job environment and secrets. Pure; throws RunUsageError with all mistakes. */
export function resolveRun(
  words: RunWords,
  declared: readonly string[],
  variables: Record<string, string | undefined>,
): ResolvedRun {
  const problems: string[] = [];
  const resolved: ResolvedRun = { inputs: {}, environment: {}, secrets: [] };
  const known = new Map(declared.map((name) => [name.toLowerCase(), name]));
  const setInput = (name: string, value: string, option: string): void => {
    const input = known.get(name.toLowerCase());
    if (input === undefined)
      problems.push(`${option}: the action has no input "${name}". It has: ${declared.join(', ') || 'none'}.`);
    else resolved.inputs[input] = value;
  };
  for (const word of words.input) {
    const [name, value] = splitPair(word);
    if (value === undefined) problems.push(`--input ${name}: expected name=value.`);
    else if (isSecretInput(name) && value !== '') problems.push(refusedSecret(name));
    else setInput(name, value, `--input ${name}`);
  }
  for (const word of words.inputFromEnv) {
    const [name, variable] = splitPair(word);
    const value = variable === undefined ? undefined : variables[variable];
    if (variable === undefined) problems.push(`--input-from-env ${name}: expected input=VARIABLE.`);
    else if (!value)
      problems.push(`--input-from-env ${name}=${variable}: the environment variable ${variable} is not set or empty.`);
    else {
      setInput(name, value, `--input-from-env ${name}`);
      if (isSecretInput(name)) resolved.secrets.push(value);
    }
  }
  for (const name of words.secret) {
    const value = variables[name];
    if (name.includes('=')) problems.push(`--secret takes the name of an environment variable, never a value.`);
    else if (!value) problems.push(`--secret ${name}: the environment variable ${name} is not set or empty.`);
    else takeSecret(resolved, name, value, known);
  }
  for (const word of words.env) {
    const [name, value] = splitPair(word);
    if (value === undefined) problems.push(`--env ${name}: expected NAME=value.`);
    else if (isSecretInput(name.replaceAll('_', '-')))
      problems.push(
        `--env ${name}: a secret never goes on the command line. Put it in the environment and say: --secret ${name}`,
      );
    else resolved.environment[name] = value;
  }
  if (problems.length > 0) throw new RunUsageError(problems);
  return resolved;
}

/** A secret reaches the input that carries its name, else the job's environment; GITHUB_TOKEN is `github.token`. */
function takeSecret(resolved: ResolvedRun, name: string, value: string, known: Map<string, string>): void {
  resolved.secrets.push(value);
  if (name === 'GITHUB_TOKEN') resolved.githubToken = value;
  const names = inputsOfSecret[name] ?? [name.toLowerCase().replaceAll('_', '-')];
  const input = names.map((one) => known.get(one)).find((one) => one !== undefined);
  if (input !== undefined) resolved.inputs[input] = value;
  else if (name !== 'GITHUB_TOKEN') resolved.environment[name] = value;
}

function refusedSecret(name: string): string {
  const variable = secretOfInput(name);
  return `--input ${name}: a secret never goes on the command line, where ps and the shell's history keep it. Put it in the environment and say: --input-from-env ${name}=${variable}`;
}

function splitPair(word: string): [string, string | undefined] {
  const index = word.indexOf('=');
  return index < 0 ? [word, undefined] : [word.slice(0, index), word.slice(index + 1)];
}
