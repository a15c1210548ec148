import { setTimeout as delay } from 'node:timers/promises';
import { deployFiles } from '#sandbox/deploy-files';
import type { ProjectRecord } from '#sandbox/vercel/vercel-records';
import type { Changes } from './consumer-repository.ts';
import {
  type Ended,
  opsFile,
  type ReleaseFixture,
  type RunRequest,
  releaseFixture,
  shortWatch,
} from './release-fixture.ts';

/** An api/health.js of the second app that is always well. */
const well = `export function GET() {
  return Response.json({ status: 'healthy' });
}
`;

/** A consumer with two Vercel projects, `notes-app` and `admin`, that are released together. */
export interface AppsFixture extends AsyncDisposable {
  fixture: ReleaseFixture;
  admin: ProjectRecord;
  /** What both served before the first release of the group. */
  before: { web: string; admin: string };
  /** `ops`: sections of this version's ops.yml that replace those of the fixture. */
  release(request: RunRequest & { ops?: object }): Promise<Ended>;
  /** Text of the ops.yml of a version. */
  opsFile(own?: object): string;
  served(): { web: string | undefined; admin: string | undefined };
  /** Requests of this kind that Vercel accepted, by project. */
  accepted(kind: 'promote' | 'rollback'): { web: number; admin: number };
  /** Its own deployments of a version, by project. */
  deployed(version: string): { web: string | undefined; admin: string | undefined };
}

export async function appsFixture(ops: object = {}): Promise<AppsFixture> {
  const fixture = await releaseFixture({
    files: { 'admin/index.html': '<h1>admin</h1>\n', 'admin/api/health.js': well },
  });
  const { sandbox } = fixture;
  const { vercel } = sandbox;
  const admin = await vercel.addProject({ name: 'admin' });
  const [web, second] = [
    await deployFiles(sandbox, { 'index.html': '<h1>notes</h1>' }, { target: 'production' }),
    await deployFiles(
      sandbox,
      { 'index.html': '<h1>admin</h1>' },
      { name: 'admin', project: admin.id, target: 'production' },
    ),
  ];
  while (vercel.project.productionDeploymentId !== web.id || admin.productionDeploymentId !== second.id)
    await delay(10);
  const apps = {
    admin: {
      project: admin.id,
      url: `http://${admin.domains[0]?.name}`,
      'working-directory': 'admin',
      health: '/api/health',
    },
  };
  const render = (own: object = {}) => opsFile({ watch: shortWatch, apps, ...ops, ...own });
  const count = (kind: string, id: string) =>
    sandbox.requests().filter(({ service, method, path, status }) => {
      const isMove = service === 'vercel' && method === 'POST' && path.includes(`/projects/${id}/${kind}/dpl_`);
      return isMove && status >= 200 && status < 300;
    }).length;
  return {
    fixture,
    admin,
    before: { web: web.id, admin: second.id },
    release({ ops: own, ...request }) {
      const file: Changes = { '.github/ops.yml': render(own) };
      return fixture.release({ ...request, files: { ...file, ...request.files } });
    },
    opsFile: render,
    served: () => ({ web: vercel.project.productionDeploymentId, admin: admin.productionDeploymentId }),
    accepted: (kind) => ({ web: count(kind, vercel.project.id), admin: count(kind, admin.id) }),
    deployed(version) {
      const own = (projectId: string) =>
        vercel.deployments(projectId).findLast(({ meta }) => meta.opsVersion === version)?.id;
      return { web: own(vercel.project.id), admin: own(admin.id) };
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}
