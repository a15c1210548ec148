import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { defaults } from '#config/defaults';
import { doubtfulLimits } from '#config/doubtful-limits';
import { ConfigError, describeConfigProblem } from '#config/load-config';
import { readWatchPolicy, type WatchPolicy } from '#config/read-watch-policy';
import { defaultRules, parseRule } from '#config/rules';
import type { MissingPolicy } from '#config/settings';
import { cleanText } from '#http/text';
import { Replay, type ReplayedVerdict, type ReplayPolicy } from '#observe/judge/replay';
import { UsageError } from './open-environment.ts';
import { sayAside } from './terminal.ts';
import { explainSettings } from './verdict/explain-settings.ts';
import { readBuckets, type Stream } from './verdict/read-buckets.ts';
import { readRecord } from './verdict/read-record.ts';

interface VerdictOptions {
  policy?: string;
  record?: string;
  batch?: true;
  explain?: true;
}

/** Adds `verdict`. Exit code 0 nothing failed, 1 a release failed (or a setting says so), 2 wrong use, 3 our bug. */
export function registerVerdict(program: Command): void {
  program
    .command('verdict')
    .description('judge recorded buckets (NDJSON on standard input) as the watch would have: one verdict per bucket')
    .option(
      '--policy <file>',
      'JSON or YAML in the words of "watch" in ops.yml: rules, window, interval, min-requests …',
    )
    .option('--record <file>', 'judge the output "result" of a watch again and compare, instead of standard input')
    .option('--batch', 'many releases in one input, told apart by "stream"')
    .option('--explain', 'say on standard error what other settings would have done')
    .addHelpText(
      'after',
      '\nA line: {"start":1700000000,"end":1700000030,"requests":200,"errors":3}, times in Unix seconds;' +
        '\n"baseline":true for a bucket before the promotion. "fail" is final; "pass" may be revoked while the window runs.' +
        '\nExit codes: 0 nothing failed, 1 a release failed, 2 wrong use, 3 could not run.',
    )
    .action(run);
}

async function run(options: VerdictOptions): Promise<void> {
  try {
    if (options.record !== undefined) return await judgeAgain(options.record, options);
    const given = await readPolicy(options.policy);
    const policy = policyOf(given);
    const streams = readBuckets(await text(process.stdin), { batch: options.batch === true });
    let failed = false;
    for (const stream of streams) {
      const last = judgeStream(policy, stream);
      if (last.verdict === 'fail' || ['fail', 'ask'].includes(settingFor(last, given))) failed = true;
      if (options.explain) process.stderr.write(`${explainSettings(policy, stream).join('\n')}\n`);
    }
    process.exitCode = failed ? 1 : 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    for (const problem of error.problems) process.stderr.write(`ops-actions: ${problem}\n`);
    process.exitCode = 2;
  }
}

/** Exit code 1 where what was recorded does not follow from what was counted. */
async function judgeAgain(file: string, { policy, batch }: VerdictOptions): Promise<void> {
  if (policy !== undefined || batch)
    throw new UsageError(['--record brings its own policy: leave --policy and --batch out']);
  const content = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError([`--record ${file} cannot be read: ${error.message}`]);
  });
  const { policy: judged, stream, said, from } = readRecord(content);
  const { verdict, reasonCode } = judgeStream(judged, stream);
  const equal = verdict === said.verdict;
  const told = [
    `recorded: ${said.verdict} (${said.reasonCode}); judged again: ${verdict} (${reasonCode}): ${equal ? 'equal' : 'NOT equal, the counts alone do not say this (own checks, readings, a takeover or another version may)'}`,
    `counted by ${from.source}${from.query === undefined ? '' : `, asked: ${from.query}`}`,
    ...(from.link === undefined ? [] : [`the same numbers: ${from.link}`]),
  ];
  process.stderr.write(`${told.map((line) => cleanText(line)).join('\n')}\n`);
  process.exitCode = equal ? 0 : 1;
}

/** Writes one line per bucket; the last verdict. */
function judgeStream(policy: ReplayPolicy, { name, baseline, observed }: Stream): ReplayedVerdict {
  const replay = new Replay(policy, baseline);
  const lines: string[] = [];
  let last: ReplayedVerdict | undefined;
  for (const bucket of observed) {
    last = replay.add(bucket);
    lines.push(JSON.stringify({ ...(name !== undefined && { stream: name }), ...last }));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!last) throw new Error('a stream without buckets was to be judged');
  return last;
}

function settingFor({ verdict }: ReplayedVerdict, policy: WatchPolicy): MissingPolicy {
  if (verdict === 'no-data') return policy.onNoData ?? defaults.watch.onNoData;
  return verdict === 'inconclusive' ? (policy.onInconclusive ?? defaults.watch.onInconclusive) : 'pass';
}

async function readPolicy(file: string | undefined): Promise<WatchPolicy> {
  if (file === undefined) return {};
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError([
      `--policy ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  try {
    return readWatchPolicy(file, content);
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.problems.map(describeConfigProblem));
    throw error;
  }
}

/** The policy with the defaults of the watch. */
function policyOf(given: WatchPolicy): ReplayPolicy {
  const { rules = defaultRules, windowMs, intervalMs, minRequests } = { ...defaults.watch, ...given };
  const problems: string[] = [];
  const parsed = rules.map((rule) => parseRule(rule));
  for (const { metric, text } of parsed) {
    if (metric === 'error-rate' || metric === 'p95') continue;
    problems.push(`rules: "${text}" is judged by readings, which buckets do not hold; leave it out`);
  }
  if (parsed.every(({ level }) => level === 'warning'))
    problems.push('rules: there is no rule that can fail a release; write e.g. error-rate above 2% within 15m');
  if (windowMs < intervalMs)
    problems.push(`interval: ${intervalMs / 1000}s is longer than the window of ${windowMs / 1000}s`);
  if (problems.length > 0) throw new UsageError(problems);
  for (const doubt of doubtfulLimits(rules)) sayAside(`ops-actions: ${doubt}`);
  return { rules: parsed, windowMs, intervalMs, minRequests };
}
