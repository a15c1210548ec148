/** What an action was given to reach a database by. */
export interface DatabaseTargetRequest {
  /** A whole connection string; it wins over everything else. */
  url?: string | undefined;
  /** The password of role postgres, for a project that is named by its reference. */
  password?: string | undefined;
  /** Asks the Management API for a role of limited life instead of a password. */
  loginRole: boolean;
  /** True with an access token for the Management API. */
  token: boolean;
  /** Reference of the project, from the workflow file. */
  project?: string | undefined;
  /** Reference that `supabase link` has left in the working directory. */
  linked?: string | undefined;
  /** `supabase.project` of the environment: the only project that its migrations may reach. */
  pinned?: string | undefined;
}

export interface DatabaseTargetProblem {
  name: string;
  given?: string;
  message: string;
  allowed?: string;
}

/** A database before anything was sent. With neither `url` nor problems none was named. */
export interface DatabaseTarget {
  /** The string that was given, or the project's direct host; without a password where a role is still to be made. */
  url?: string;
  loginRole: boolean;
  problems: DatabaseTargetProblem[];
}

/** The same for an action that can do nothing without a database. Pure. */
export function planNeededDatabase(request: DatabaseTargetRequest): DatabaseTarget {
  const target = planDatabaseTarget(request);
  if (target.url !== undefined || target.problems.length > 0) return target;
  const message = 'is needed: nothing names the database';
  const allowed = 'a connection string; or database-password, or login-role: true, with the project';
  return { ...target, problems: [{ name: 'database-url', message, allowed }] };
}

/**
 * Which database is meant: by connection string, by reference or by linked project, the first that is given; without any of
 * these the project that the environment is pinned to. A reference that is not the pinned one is refused here, a connection string by
 * `wrongProject` (trap 35). Pure.
 */
export function planDatabaseTarget(request: DatabaseTargetRequest): DatabaseTarget {
  const { url, password, loginRole, project, linked, pinned } = request;
  if (url !== undefined) return { url, loginRole: false, problems: [] };
  const none = { loginRole: false, problems: [] as DatabaseTargetProblem[] };
  if (password === undefined && !loginRole) return none;
  const { problems } = none;
  const [name, reference] = project !== undefined ? ['supabase-project', project] : ['linked project', linked];
  const chosen = reference ?? pinned;
  if (chosen === undefined)
    problems.push({
      name: 'supabase-project',
      message: 'is needed to find the database: neither given, nor linked, nor in the configuration (supabase.project)',
      allowed: 'a project reference: 20 lowercase letters',
    });
  else if (!/^[a-z]{20}$/.test(chosen))
    problems.push({
      name,
      given: chosen,
      message: 'is no project reference',
      allowed: 'a project reference: 20 lowercase letters',
    });
  else if (pinned !== undefined && chosen !== pinned)
    problems.push({
      name,
      given: chosen,
      message: `is not the project of this environment, which is pinned to ${pinned} (supabase.project)`,
      allowed: pinned,
    });
  if (password === undefined && !request.token)
    problems.push({
      name: 'supabase-access-token',
      message: 'is needed by login-role, to ask for the role',
      allowed: 'secret SUPABASE_ACCESS_TOKEN',
    });
  if (problems.length > 0) return { loginRole: false, problems };
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return {
    url: `postgresql://postgres${secret}@db.${chosen}.supabase.co:5432/postgres`,
    loginRole: password === undefined,
    problems,
  };
}
