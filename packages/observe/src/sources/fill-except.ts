// Something must stand there where no rule leaves out anything; no route begins without a slash.
const NO_ROUTE = 'ops-actions-no-route';

/** A user's p95 query with the routes that a rule leaves out in the place of `{except}`. */
export function fillExcept(query: string, except: readonly string[] | undefined, separator: string): string {
  const routes = except === undefined || except.length === 0 ? [NO_ROUTE] : except;
  return query.replaceAll('{except}', routes.join(separator));
}
