import { asRecord, type Handler, jsonAnswer, jsonBody } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';
import { isFailed, p95Of, type Served, type Traffic } from './traffic.ts';

/** What the sandbox's New Relic knows of itself. */
export interface SandboxNewRelic {
  /** A user key. */
  apiKey: string;
  account: number;
  app: string;
}

const minute = 60_000;
const mostBuckets = 366;

/**
 * NerdGraph with one NRQL question: a TIMESERIES over `Transaction`, each request of the app one of them (docs.newrelic.com, NRQL
 * reference). Errors come within an answer of 200; an application that it does not know has zero in every minute.
 */
export function newRelicService(relic: SandboxNewRelic, traffic: Traffic): Handler {
  return createRouter(
    {
      'POST /graphql': (request) => {
        if (request.headers['api-key'] === undefined)
          return jsonAnswer(401, { errors: [{ message: 'API-Key missing' }] });
        if (request.headers['api-key'] !== relic.apiKey) return failed('Invalid API key');
        const { query, variables } = jsonBody(request) ?? {};
        const { account, nrql } = asRecord(variables) ?? {};
        if (!/actor\s*\{\s*account\(id: \$account\)\s*\{\s*nrql\(query: \$nrql/.test(String(query)))
          return failed('Parsing failed: the sandbox knows actor.account.nrql with variables');
        // An account that the user may not see is none.
        if (account !== relic.account) return jsonAnswer(200, { data: { actor: { account: null } } });
        try {
          const results = answer(relic, traffic, String(nrql));
          return jsonAnswer(200, { data: { actor: { account: { nrql: { results } } } } });
        } catch (error) {
          return failed(`NRQL Syntax Error: ${(error as Error).message}`);
        }
      },
    },
    () => jsonAnswer(404, { errors: [{ message: 'Not found' }] }),
  );
}

function failed(message: string) {
  return jsonAnswer(200, { data: { actor: { account: null } }, errors: [{ message }] });
}

function answer(relic: SandboxNewRelic, traffic: Traffic, nrql: string): object[] {
  const [, select = '', where = '', since, until] =
    /^SELECT (.+) FROM Transaction WHERE (.+) SINCE (\d+) UNTIL (\d+) TIMESERIES 1 minute$/.exec(nrql) ?? [];
  const [from, end] = [Number(since), Number(until)];
  if (select === '' || !(end > from)) throw new Error('Error at line 1 position 1, unexpected query');
  // A time in seconds would be in 1970.
  if (from < 1e11) throw new Error('SINCE is in milliseconds');
  const length = Math.ceil((end - from) / minute);
  if (length > mostBuckets) throw new Error(`TIMESERIES exceeds ${mostBuckets} buckets`);
  const columns = readSelect(select);
  const passes = readCondition(where, relic);
  const served = traffic.served(from, end).filter(passes);
  return Array.from({ length }, (_, index) => {
    const [start, stop] = [from + index * minute, Math.min(end, from + (index + 1) * minute)];
    const inside = served.filter(({ at }) => at >= start && at < stop);
    const values = Object.fromEntries(columns.map(({ name, value }) => [name, value(inside, relic)]));
    return { beginTimeSeconds: start / 1000, endTimeSeconds: stop / 1000, ...values };
  });
}

type Column = { name: string; value: (served: readonly Served[], relic: SandboxNewRelic) => unknown };

/** `count(*) AS a, filter(count(*), WHERE …) AS b, percentile(duration, 95) AS c`. @throws Error for other functions. */
function readSelect(select: string): Column[] {
  return parts(select, ',').map((part) => {
    const [, call = '', name = ''] = /^\s*(.+) AS (\w+)\s*$/.exec(part) ?? [];
    const [, inner, condition] = /^filter\((.+?\)), WHERE (.+)\)$/.exec(call) ?? [];
    const passes = (served: readonly Served[], relic: SandboxNewRelic) =>
      condition === undefined ? served : served.filter(readCondition(condition, relic));
    switch (inner ?? call) {
      case 'count(*)':
        return { name, value: (served, relic) => passes(served, relic).length };
      case 'percentile(duration, 95)':
        return { name, value: (served, relic) => ({ 95: seconds(p95Of(passes(served, relic))) }) };
      default:
        throw new Error(`unexpected '${call}'`);
    }
  });
}

function seconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : milliseconds / 1000;
}

/** Conditions joined by AND. @throws Error for what is none. */
function readCondition(text: string, relic: SandboxNewRelic): (served: Served) => boolean {
  const tests = parts(text, ' AND ').map((part): ((served: Served) => boolean) => {
    const term = part.trim();
    const [, inside] = /^\((.*)\)$/.exec(term) ?? [];
    if (inside !== undefined) return readCondition(inside, relic);
    if (/^error IS TRUE$/i.test(term)) return isFailed;
    const [, least] = /^httpResponseCode >= '?(\d{3})'?$/.exec(term) ?? [];
    if (least !== undefined) return ({ status }) => status >= Number(least);
    const [, listed = '', list] = /^([\w.]+) NOT IN \((.*)\)$/.exec(term) ?? [];
    const [, equal = '', value] = /^([\w.]+) = '((?:[^'\\]|\\.)*)'$/.exec(term) ?? [];
    const of: Record<string, (served: Served) => string> = {
      appName: () => relic.app,
      transactionType: () => 'Web',
      'request.uri': ({ path }) => path,
      environment: ({ environment }) => environment,
      deploymentId: ({ deployment }) => deployment,
      commit: ({ commit }) => commit,
      release: ({ release }) => release,
    };
    const attribute = of[listed || equal];
    if (attribute === undefined) throw new Error(`unexpected '${term}'`);
    if (list === undefined) return (served) => attribute(served) === value?.replace(/\\(.)/g, '$1');
    const values = list.split(',').map((each) => each.trim().replace(/^'|'$/g, ''));
    return (served) => !values.includes(attribute(served));
  });
  return (served) => tests.every((test) => test(served));
}

/** Splits outside of brackets and quotes. */
function parts(text: string, separator: string): string[] {
  const found: string[] = [];
  let [start, depth, quoted] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '\\') at += 1;
    else if (letter === "'") quoted = !quoted;
    else if (!quoted && letter === '(') depth += 1;
    else if (!quoted && letter === ')') depth -= 1;
    else if (!quoted && depth === 0 && text.startsWith(separator, at)) {
      found.push(text.slice(start, at));
      start = at + separator.length;
    }
  }
  return [...found, text.slice(start)];
}
