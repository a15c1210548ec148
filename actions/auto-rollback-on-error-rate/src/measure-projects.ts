import { parseRule, type Rule } from '#config/rules';
import { type ContinuedWatch, continueWindow } from '#observe/continue-watch';
import type { ObservationSource } from '#observe/source';
import { answerRequirements } from '#release/after-release/answer-requirements';
import { rulesOf } from '#release/after-release/classify-requirement';
import type { Measurement } from '#release/after-release/judge-window';
import type { PlannedWindow } from '#release/after-release/plan-windows';

type CommonWatch = Omit<ContinuedWatch, 'source' | 'others' | 'rules'>;

/** The worst first. */
const order: Measurement['verdict'][] = ['fail', 'open', 'could-not-run', 'needs-confirmation', 'pass'];

/**
 * Answers the requirements of a window from its sources. Of a group each project is judged alone: the first one about everything,
 * a further one about its errors, so that one of which little is known hides nothing of the first; the worst answer is the answer.
 */
export async function measureProjects(
  window: PlannedWindow,
  { sources, rules }: { sources: readonly ObservationSource[]; rules: readonly Rule[] },
  watch: CommonWatch,
): Promise<Measurement[]> {
  const names = [...new Set(sources.flatMap(({ app }) => app ?? []))];
  const [own = [], ...others] = await Promise.all(
    [undefined, ...names].map(async (app) => {
      const part = app === undefined ? window : errorsOnly(window);
      const asked = app === undefined ? rules : rules.filter(({ metric }) => metric === 'error-rate');
      const ofApp = sources.filter((source) => source.app === app);
      const source = ofApp.find(({ looksBack }) => looksBack) ?? ofApp[0];
      if (source === undefined || asked.length === 0 || part.require.length === 0) return [];
      const outcome = await continueWindow({
        ...watch,
        source,
        others: ofApp.filter((each) => each !== source),
        rules: asked,
      });
      const answers = answerRequirements(part, outcome, watch.clock.now());
      return app === undefined ? answers : answers.map((one) => ({ ...one, value: `${app}: ${one.value}` }));
    }),
  );
  return own.map((answer) => {
    const all = [answer, ...others.flat().filter(({ require }) => require === answer.require)];
    return all.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0] ?? answer;
  });
}

/** What a further project is asked, each under the words of the requirement that it is of. */
function errorsOnly(window: PlannedWindow): PlannedWindow {
  const require = window.require.flatMap((each) =>
    rulesOf(each.requirement)
      .filter((rule) => parseRule(rule).metric === 'error-rate')
      .map((rule) => ({ ...each, requirement: { kind: 'rule' as const, metric: 'error-rate', rule } })),
  );
  return { ...window, require };
}
