/** What became of the app that a drill rebuilt from backup and record. */
export interface RebuildFacts {
  /** Of the recorded release; absent: the copy was not made. */
  commit?: string | undefined;
  /** Of the restore into the drill's database, from the look for the backup to the compared copy. */
  restoreSeconds?: number | undefined;
  /** Why there is no copy, where it said so. */
  notRestored?: { reasonCode: string; message: string } | undefined;
  /** Decisions of the deployment, its health gate and its smoke tests; absent: it did not come to that. */
  deployed?: string | undefined;
  health?: string | undefined;
  smoke?: string | undefined;
  /** What could not be removed, and why. */
  left: readonly string[];
  /** Production domains that serve a deployment of a drill. */
  productionServes: readonly string[];
}

/** What is wrong, in the order of what to look at first, with the reason code of the first. Pure. */
export function judgeRebuild(facts: RebuildFacts): { passed: boolean; reasonCode: string; problems: string[] } {
  const problems: { code: string; text: string }[] = [];
  if (facts.productionServes.length > 0)
    problems.push({
      code: 'drill_serves_production',
      text: `${facts.productionServes.join(', ')} serves a deployment against the database of a drill: roll back now`,
    });
  const { reasonCode: code, message: text } = facts.notRestored ?? {
    reasonCode: 'rebuild_not_restored',
    message: 'the restore into the database of the drill ended before it could say why',
  };
  if (facts.commit === undefined) problems.push({ code, text });
  else if (facts.deployed !== 'ready')
    problems.push({
      code: 'rebuild_not_deployed',
      text: `the recorded release ${told('was not deployed', facts.deployed)}`,
    });
  else if (facts.health !== 'pass')
    problems.push({ code: 'rebuild_unhealthy', text: `the rebuilt app ${told('is not healthy', facts.health)}` });
  else if (facts.smoke !== 'pass' && facts.smoke !== 'flaky')
    problems.push({
      code: 'rebuild_smoke_failed',
      text: `smoke tests of the rebuilt app ${told('did not pass', facts.smoke)}`,
    });
  problems.push(...facts.left.map((one) => ({ code: 'rebuild_not_removed', text: `not removed: ${one}` })));
  const [worst] = problems;
  return {
    passed: worst === undefined,
    reasonCode: worst?.code ?? 'rebuilt',
    problems: problems.map((one) => one.text),
  };
}

function told(what: string, decision: string | undefined): string {
  return `${what} (${decision ?? 'it did not come to that'})`;
}
