import type { EnvironmentSettings } from '#config/settings';
import { createHttpClient } from '#http/client';
import { systemClock } from '#http/clock';
import type { ProjectRecord } from '#sandbox/vercel/vercel-records';
import { openVercelProject, type VercelProject } from '#vercel/project';
import { openAppGroup } from '../src/app-group.ts';
import { openRelease } from '../src/ledger.ts';
import type { ReleaseHandle } from '../src/release-handle.ts';
import { ledgerTask, readLedgerPayload } from '../src/release-record.ts';
import { type Scene, setScene } from './scene.ts';

/** Deployments of one release: that of the first app and that of `admin`. */
export interface Pair {
  web: string;
  admin: string;
}

/** A scene with a second Vercel project, `admin`, that is released together with the first one. */
export interface GroupScene extends Scene {
  admin: ProjectRecord;
  group(addresses?: Parameters<Scene['connect']>[0]): Promise<{
    github: Awaited<ReturnType<Scene['connect']>>['github'];
    project: VercelProject;
    /** The projects behind it, each alone. */
    alone: { web: VercelProject; admin: VercelProject };
  }>;
  /** READY deployments in both projects that carry the key of one release. */
  stagePair(key: string, files?: Record<string, string>): Promise<Pair>;
  /** What both projects serve before any release of the group, without a key. */
  begin(): Promise<Pair>;
  servedPair(): Pair;
  /** A release as preflight leaves it: both recorded as the way back. */
  openPair(given: {
    runId: number;
    target: Pair;
    autoAssign?: boolean;
    mode?: ReleaseHandle['mode'];
  }): Promise<ReleaseHandle>;
  groupSettings(more?: Partial<EnvironmentSettings>): EnvironmentSettings;
  /** Requests of this kind that Vercel accepted, by project. */
  accepted(kind: 'promote' | 'rollback'): { web: number; admin: number };
}

export async function setGroupScene(): Promise<GroupScene> {
  const scene = await setScene();
  const { sandbox } = scene;
  const { vercel } = sandbox.description;
  const admin = await sandbox.vercel.addProject({ name: 'admin' });
  const client = createHttpClient({ baseUrl: vercel.apiUrl, headers: { authorization: `Bearer ${vercel.token}` } });

  const group: GroupScene['group'] = async (addresses = {}) => {
    const { github, project: web } = await scene.connect(addresses);
    const other = await openVercelProject({
      apiUrl: addresses.vercel ?? vercel.apiUrl,
      token: vercel.token,
      team: vercel.teamId,
      project: admin.id,
      ...(addresses.patienceMs === undefined ? {} : { patienceMs: addresses.patienceMs }),
      ...(addresses.signal === undefined ? {} : { signal: addresses.signal }),
    });
    const pollMs = 15;
    const { promote, rollBack } = other;
    other.promote = (id, options) => promote.call(other, id, { pollMs, ...options });
    other.rollBack = (id, options) => rollBack.call(other, id, { pollMs, ...options });
    const readKnown = async () => {
      const entries = await github.listDeployments({ environment: 'production', task: ledgerTask, perPage: 100 });
      return entries.flatMap(({ payload }) => {
        const target = readLedgerPayload(payload)?.rollbackTarget;
        return target?.apps === undefined ? [] : [{ deploymentId: target.deploymentId, apps: target.apps }];
      });
    };
    const project = openAppGroup(web, [{ name: 'admin', project: other }], { readKnown, clock: systemClock });
    return { github, project, alone: { web, admin: other } };
  };
  const own = await group();

  async function stageAdmin(meta: Record<string, string>, more: Record<string, string> = {}): Promise<string> {
    const answer = await client.request({
      method: 'POST',
      path: '/v13/deployments',
      query: { teamId: vercel.teamId, skipAutoDetectionConfirmation: 1 },
      json: {
        name: 'admin',
        project: admin.id,
        target: 'production',
        autoAssignCustomDomains: false,
        meta,
        files: Object.entries({ 'index.html': `<p>admin ${JSON.stringify(meta)}</p>`, ...more }).map(
          ([file, data]) => ({
            file,
            data,
          }),
        ),
      },
    });
    const { id } = answer.json<{ id: string }>();
    while ((await own.alone.admin.deployment(id))?.readyState !== 'READY') await systemClock.sleep(10);
    return id;
  }

  return {
    ...scene,
    admin,
    group,
    async stagePair(key, files) {
      const meta = { opsRelease: key };
      return { web: await scene.stage(meta, 'production', files), admin: await stageAdmin(meta, files) };
    },
    async begin() {
      const web = await scene.goLive();
      const id = await stageAdmin({});
      const { autoAssign } = await own.alone.admin.readState();
      await own.alone.admin.promote(id, {});
      if (autoAssign !== undefined) await own.alone.admin.setAutoAssign(autoAssign);
      return { web, admin: id };
    },
    servedPair: () => ({ web: scene.served() ?? '', admin: admin.productionDeploymentId ?? '' }),
    async openPair({ runId, target, autoAssign = true, mode = 'auto' }) {
      const key = `${sandbox.repositoryId}:production:${runId}`;
      const commit = scene.commits.at(-1) ?? '';
      const rollbackTarget = { deploymentId: target.web, adopted: true, apps: { admin: target.admin } };
      const { record } = await openRelease(own.github, {
        environment: 'production',
        production: true,
        payload: {
          schemaVersion: 1,
          key,
          runId,
          commit,
          version: `v1.${runId}.0`,
          as: 'production',
          rollbackTarget,
          autoAssign,
          mode,
          firstDeployment: false,
        },
      });
      return {
        schemaVersion: 1,
        key,
        environment: 'production',
        production: true,
        as: 'production',
        ledgerId: record.id,
        repository: sandbox.description.github.repository,
        runId,
        commit,
        version: `v1.${runId}.0`,
        openedAt: record.openedAt,
        rollbackTarget,
        autoAssign,
        url: vercel.domains[0] ?? '',
        mode,
        firstDeployment: false,
      };
    },
    groupSettings: (more = {}) =>
      scene.settings({
        apps: [{ name: 'admin', project: admin.id, url: `http://${admin.domains[0]?.name}` }],
        ...more,
      }),
    accepted(kind) {
      const count = (projectId: string) =>
        sandbox.requests().filter(({ service, method, path, status }) => {
          const isMove = service === 'vercel' && method === 'POST' && path.includes(`/projects/${projectId}/${kind}/`);
          return isMove && status >= 200 && status < 300;
        }).length;
      return { web: count(vercel.projectId), admin: count(admin.id) };
    },
  };
}
