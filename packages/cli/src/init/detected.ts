export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

/** What `init` found in a repository. Paths are relative to its root, with `/`. */
export interface Detected {
  root: string;
  /** owner/name of the remote `origin`. */
  repository?: string;
  defaultBranch: string;
  /** Folder of the app; `.` for the root. */
  app: string;
  appExists: boolean;
  /** Further folders that hold an app, when there are several and none was named. */
  otherApps: string[];
  framework?: string;
  monorepo?: string;
  packageManager: PackageManager;
  /** The npm script that runs the smoke tests, and the folder of its package.json. */
  smoke?: { script: string; folder: string };
  /** Names of npm scripts that check the code, in the order to run them. */
  checkScripts: string[];
  healthPaths: string[];
  vercel?: { project: string; name?: string; team?: string; file: string };
  /** `major`: of the database, as config.toml says it; `functions`: the folder of edge functions that are there. */
  supabase?: { config: string; migrations?: string; major?: number; functions?: string };
  /** What vercel.json says about deployments by Vercel's own Git integration for the default branch. */
  gitDeployments: 'off' | 'not-said';
  /** True when the folder is a git repository at all. */
  git: boolean;
}
