import { jsonAnswer } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';
import type { FunctionsState } from './functions-state.ts';
import { answerCounts, type GatewayRequest } from './gateway-logs.ts';

/** One line that a function wrote; `at` in milliseconds. */
export interface SandboxLogLine {
  slug: string;
  level: string;
  message: string;
  at: number;
}

const base = '/v1/projects/:ref/analytics/endpoints/logs';

/** The logs endpoint: counts of what came through the gateway, and what functions wrote by function id, as Supabase Studio asks; other queries are refused in the answer. */
export function logsRoutes(
  lines: readonly SandboxLogLine[],
  kept: readonly GatewayRequest[],
  state: Pick<FunctionsState, 'functions'>,
  guarded: (handler: RouteHandler) => RouteHandler,
): Routes {
  return {
    [`GET ${base}`]: guarded((request) => {
      const counted = answerCounts(kept, request.query);
      if (counted !== undefined) return counted;
      const sql = request.query.get('sql') ?? '';
      const ids = /log_attributes\['function_id'\] in \(([^)]+)\)/.exec(sql)?.[1];
      if (ids === undefined || !sql.includes("source = 'function_logs'")) {
        return jsonAnswer(200, {
          result: null,
          error: { message: 'the sandbox knows the logs of functions and of the gateway only' },
        });
      }
      const time = (name: string) => Date.parse(request.query.get(name) ?? '');
      const limit = Number(/limit (\d+)$/.exec(sql)?.[1] ?? 100);
      const rows = lines
        .map((line) => ({ ...line, id: state.functions.get(line.slug)?.id ?? '' }))
        .filter(({ id, at }) => ids.includes(`'${id}'`) && at >= time('iso_timestamp_start'))
        .filter(({ at }) => at <= time('iso_timestamp_end'))
        .toSorted((a, b) => b.at - a.at)
        .slice(0, limit)
        .map(({ id, at, level, message }) => ({ at: Math.floor(at / 1000), function_id: id, level, message }));
      return jsonAnswer(200, { result: rows });
    }),
  };
}
