import type { EnvironmentSettings } from '#config/settings';
import type { Finding } from './decide-preflight.ts';
import { keepTimeOf } from './keep-previous.ts';

/** What it means that this release applies the files it holds itself, and what contradicts it. Pure. */
export function contractFindings(
  { database, release }: Pick<EnvironmentSettings, 'database' | 'release'>,
  held: readonly string[],
): Finding[] {
  if (database.contract !== 'same-run' || held.length === 0) return [];
  const files = held.join(', ');
  const refuse = (message: string, fix: string): Finding => ({
    code: 'contract_same_run',
    severity: 'refuse',
    message: `database.contract is same-run, and ${message}: ${files}`,
    fix,
  });
  const findings: Finding[] = [];
  if ((database.apply ?? 'automatic') !== 'automatic')
    findings.push(
      refuse(
        `database.apply is ${database.apply}, so that nobody would be asked about these`,
        'set database.contract: later, and apply them through migrate.yml with phase: contract',
      ),
    );
  if (keepTimeOf(release) !== undefined)
    findings.push(
      refuse(
        'the previous deployment is kept to go back to, which could not bear these',
        'set database.contract: later, or keep no previous deployment',
      ),
    );
  if (findings.length > 0) return findings;
  const message = `database.contract is same-run: after a passed watch this release applies ${files}, and then there is no way back to the deployment before`;
  return [{ code: 'contract_same_run', severity: 'warning', message }];
}
