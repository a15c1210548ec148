/** What health-gate's cold start is compared with: the toolkit's core, a zod schema for its inputs, one global fetch. */
import * as core from '@actions/core';
import { z } from 'zod';

const inputs = z
  .object({ urls: z.string().min(1), 'expect-status': z.string().default('200'), timeout: z.string().default('10s') })
  .parse({ urls: core.getInput('urls', { required: true }) });
const answer = await fetch(inputs.urls, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
await answer.text();
core.setOutput('decision', answer.status === Number(inputs['expect-status']) ? 'pass' : 'fail');
