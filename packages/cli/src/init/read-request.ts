import { parse } from 'yaml';
import { embeddedPresets } from '#config/embedded-presets';
import { parseAddress } from '#config/parse-address';
import { parseTrigger, type Trigger } from '#config/parse-trigger';
import type { InstalledFrom } from '#release/installed-from';
import { UsageError } from '../open-environment.ts';
import type { Detected } from './detected.ts';
import type { InitRequest, Staging } from './plan-init.ts';

/** The options of `init` as commander gives them. */
export interface InitOptions {
  ref?: string;
  preset?: string;
  on?: string;
  url?: string;
  slack?: string;
  app?: string;
  stagingProject?: string;
  stagingEnvironment?: string;
  stagingAlias?: string;
  stagingUrl?: string;
  stagingOn?: string;
  ageRecipient?: string;
  keyFile?: string;
  force?: true;
  dryRun?: true;
  json?: true;
}

/** Checks the options against each other and the repository; throws UsageError with every problem at once. */
export function readInitRequest(
  options: InitOptions,
  detected: Detected,
  installed: InstalledFrom | undefined,
): InitRequest {
  const problems: string[] = [];
  const check = <T>(name: string, given: string | undefined, read: (text: string) => T): T | undefined => {
    if (given === undefined) return undefined;
    try {
      return read(given);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const form = (allowed: string, pattern: RegExp) => (text: string) => {
    if (!pattern.test(text)) throw new Error(`${JSON.stringify(text.slice(0, 80))} is not ${allowed}`);
    return text;
  };
  if (!detected.git) problems.push('this folder is in no git repository: run init at the root of a checkout');
  if (detected.otherApps.length > 0) {
    problems.push(
      `there are several apps: say which with --app <folder>: ${[detected.app, ...detected.otherApps].join(', ')}`,
    );
  }
  check(
    '--app',
    options.app,
    form('a folder of this repository, e.g. apps/web', /^(?!\.\.(\/|$))[\w.-]+(\/(?!\.\.(\/|$))[\w.-]+)*\/?$/),
  );
  if (options.app !== undefined && !detected.appExists)
    problems.push(`--app: there is no folder ${JSON.stringify(options.app)}`);
  const preset = presetTriggers(options.preset);
  const production = check('--on', options.on, parseTrigger) ?? preset.production ?? { event: 'tag', ref: 'v*' };
  const stagingOn = check('--staging-on', options.stagingOn, parseTrigger) ??
    preset.staging ?? { event: 'push', ref: detected.defaultBranch };
  const staging = check('staging', '', () => readStaging(options, detected));
  if (preset.needsStaging && !staging && problems.length === 0) {
    problems.push(
      `the preset ${options.preset} releases to staging first: say how staging exists on Vercel with --staging-project, --staging-environment or --staging-alias`,
    );
  }
  if (production.event === 'after' && (production.ref !== 'staging' || !staging))
    problems.push('--on: production can only come after staging, and staging must be said');
  if (stagingOn.event === 'after') problems.push('--staging-on: staging comes after nothing');
  const url = check('--url', options.url, parseAddress);
  const stagingUrl = check('--staging-url', options.stagingUrl, parseAddress);
  const channel = check('--slack', options.slack, form('a channel id such as C0123456789', /^[CG][A-Z0-9]{6,20}$/));
  const recipient = check(
    '--age-recipient',
    options.ageRecipient,
    form('a public age key (age1…)', /^age1[a-z0-9]{20,4000}$/),
  );
  const commit = check(
    '--ref',
    options.ref ?? installed?.ref,
    form('a commit of 40 hex digits; a tag or branch can change under your releases', /^[0-9a-f]{40}$/),
  );
  if (problems.length > 0) throw new UsageError(problems);
  return {
    ...(commit && { ref: commit }),
    ...(installed && { library: installed.repository }),
    ...(options.preset && { preset: options.preset }),
    ...(url && { url }),
    ...(channel && { channel }),
    ...(staging && { staging }),
    ...(stagingUrl && { stagingUrl }),
    ...(recipient && { recipient }),
    triggers: { production, ...(staging && { staging: stagingOn }) },
  };
}

function readStaging(options: InitOptions, detected: Detected): Staging | undefined {
  const { stagingProject: project, stagingEnvironment: slug, stagingAlias: host } = options;
  const given = [project, slug, host].filter((one) => one !== undefined);
  if (given.length > 1) throw new Error('choose one of --staging-project, --staging-environment and --staging-alias');
  if (given.some((one) => !/^[\w][\w.-]{0,200}$/.test(one)))
    throw new Error(`${JSON.stringify(given[0]?.slice(0, 80))} is not a name`);
  if (project !== undefined) {
    const { vercel } = detected;
    if (project === vercel?.project || project === vercel?.name) {
      throw new Error(
        `--staging-project ${project} is the project of production: a staging release would move the production domains`,
      );
    }
    return { kind: 'project', project };
  }
  if (slug !== undefined) return { kind: 'custom-environment', slug };
  return host === undefined ? undefined : { kind: 'alias', host };
}

/** What a preset decides about the start of workflows. */
function presetTriggers(name: string | undefined): { production?: Trigger; staging?: Trigger; needsStaging: boolean } {
  const text = name === undefined ? undefined : embeddedPresets[name];
  if (text === undefined) return { needsStaging: false };
  const { environments } = parse(text) as {
    environments: Record<string, { trigger?: string; release?: Record<string, unknown> }>;
  };
  const read = (environment: string): Trigger | undefined => {
    const given = environments[environment]?.trigger;
    return given === undefined ? undefined : parseTrigger(given);
  };
  const production = read('production');
  const staging = read('staging');
  const needed = environments.production?.release?.['requires-passed'] === 'staging' || production?.event === 'after';
  return { ...(production && { production }), ...(staging && { staging }), needsStaging: needed };
}
