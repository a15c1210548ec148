import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Scene, setScene } from '../test/scene.ts';
import { deployedCodeOf, readDeployedCode } from './read-deployed-code.ts';
import { readHistory } from './read-environment.ts';
import { searchDeployedCode } from './search-deployed-code.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

/** What migrate-with-backup by hand knows, and what preflight does. */
async function look() {
  const { project } = await scene.connect();
  const settings = scene.settings();
  return [await readDeployedCode(project, settings), deployedCodeOf(await readHistory(project, settings, []))];
}

test('Nothing that serves is no code; one deployment behind all domains is its commit', async () => {
  assert.deepEqual(await look(), [undefined, undefined]);
  const [commit = ''] = scene.commits;
  await scene.goLive({ gitCommitSha: commit });
  assert.deepEqual(await look(), [{ commit }, { commit }]);
  assert.match(JSON.stringify(deployedCodeOf(undefined)), /did not say/);
  const gone = { currentDeploymentId: 'dpl_x', current: undefined, mixed: false };
  assert.deepEqual(deployedCodeOf(gone), { unknown: 'Vercel names no commit of dpl_x' });
});

test('A first domain that nothing serves is no reason to search nothing where another one has code', async () => {
  const { project } = scene.sandbox.vercel;
  await scene.sandbox.vercel.addDomain(project);
  project.domains.reverse();
  const github = undefined;
  for (const deployed of await look()) {
    if (deployed === undefined) assert.fail('taken for an environment that serves nothing');
    const about = { removed: [{ name: 'notes' }], workspace: scene.workspace, migrations: 'db', github };
    const found = await searchDeployedCode({ deployed, ...about });
    assert.deepEqual(found, { reason: 'the domains of production do not all serve the same deployment' });
  }
});
