import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Combination } from '#config/settings';
import { type AppState, chooseApp, chooseDecisive, type SourceState } from './combine-sources.ts';

const of = (verdict: SourceState['verdict'], known = 10): SourceState => ({ known, verdict });
const [pass, fail, unsure] = [of('pass'), of('fail'), of('inconclusive')];
const blind = of('inconclusive', 2);
const waiting: SourceState = { ...unsure, comparison: 'waiting' };
const good: SourceState = { ...pass, comparison: 'read' };
const bad: SourceState = { ...fail, comparison: 'read' };

// MET-20: several sources for one rule, of ten intervals.
const rows: [combine: Combination, states: SourceState[], index: number, disagree: boolean][] = [
  ['primary', [pass, fail], 0, false],
  ['primary', [blind, fail], 1, false],
  ['primary', [blind, of('pass', 3)], 1, false],
  ['any', [pass, fail], 1, false],
  ['any', [pass, unsure], 1, false],
  ['any', [pass, pass], 0, false],
  ['any', [blind, pass], 1, false],
  ['any', [pass, of('fail', 2)], 1, false],
  ['all', [fail, fail], 0, false],
  ['all', [fail, pass], 1, true],
  ['all', [pass, fail, unsure], 2, true],
  ['all', [blind, fail], 1, false],
  // One that waits for its time before gives way where it would have spoken, and takes nobody else's word.
  ['primary', [waiting, pass, good], 2, false],
  ['primary', [fail, waiting, good], 0, false],
  ['any', [waiting, good, fail], 2, false],
  ['all', [waiting, bad], 0, true],
];
for (const [combine, states, index, disagree] of rows) {
  const shown = states
    .map(({ verdict, known, comparison }) => (known < 8 ? 'blind' : (comparison ?? '') + verdict))
    .join(', ');
  test(`${combine} of ${shown}: source ${index}${disagree ? ', in disagreement' : ''}`, () => {
    assert.deepEqual(chooseDecisive(states, combine, 10), { index, disagree });
  });
}

const app = (verdict: AppState['verdict'], more: Partial<AppState> = {}): AppState => ({
  seen: true,
  disagree: false,
  verdict,
  ...more,
});

// Several projects of a group, each by its own counts.
const groups: [name: string, apps: AppState[], index: number][] = [
  ['all are good: the first one speaks', [app('pass'), app('pass')], 0],
  ['one that is bad is enough', [app('pass'), app('inconclusive'), app('fail')], 2],
  ['one of which too little is known keeps the others from passing', [app('pass'), app('inconclusive')], 1],
  ['one that was not seen keeps the others from passing', [app('pass'), app('pass', { seen: false })], 1],
  [
    'one that was not seen is told before one of which too little is known',
    [app('inconclusive'), app('pass', { seen: false })],
    1,
  ],
  [
    'a breach that ends the watch is taken before a milder one',
    [app('fail', { final: false }), app('fail', { final: true })],
    1,
  ],
  ['a breach that the sources of its project do not share is none', [app('pass'), app('fail', { disagree: true })], 1],
];
for (const [name, apps, index] of groups) test(`of a group: ${name}`, () => assert.equal(chooseApp(apps), index));
