import { createHash } from 'node:crypto';
import { jsonAnswer } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';

/** Secrets of the edge functions: the Management API lists their names, with the digest where the value would be. */
export function secretsRoutes(
  secrets: ReadonlyMap<string, string>,
  guarded: (handler: RouteHandler) => RouteHandler,
): Routes {
  return {
    'GET /v1/projects/:ref/secrets': guarded(() =>
      jsonAnswer(
        200,
        [...secrets].map(([name, value]) => ({
          name,
          value: createHash('sha256').update(value).digest('hex'),
          updated_at: '2026-01-24T09:00:00.000Z',
        })),
      ),
    ),
  };
}
