import type { Clock } from '#http/clock';
import type {
  DeploymentFilter,
  MoveOptions,
  MoveOutcome,
  ProjectState,
  VercelDeployment,
  VercelProject,
} from '#vercel/project';
import { VercelError } from '#vercel/vercel-error';
import { type AppFacts, findLead, findMate, type GroupFacts, goesWith, type KnownGroup } from './go-together.ts';
import { type GroupPart, moveInTurn, moveTogether, stillThere } from './move-group.ts';

export interface GroupMember {
  name: string;
  project: VercelProject;
}

/** Deployments of each project that are looked at. */
const listed = 100;
const production: DeploymentFilter = { target: 'production' };

/**
 * Several Vercel projects as one: a deployment of the group is named by the one of the first app, and the others belong to
 * it by their release. What moves, locks, judges and finishes releases needs not know how many there are (ADR 0010).
 * What is not named here is the first app's own.
 */
export function openAppGroup(
  lead: VercelProject,
  others: readonly GroupMember[],
  /** `readKnown`: what the ledger recorded, asked only where Vercel's own meta does not tell; must not throw. */
  { readKnown, clock }: { readKnown: () => Promise<readonly KnownGroup[] | undefined>; clock: Clock },
): VercelProject {
  const ownerOf = new Map<string, GroupMember>();
  const mates = new Map<string, Record<string, string>>();
  let known: Promise<readonly KnownGroup[] | undefined> | undefined;

  const knownGroups = () => {
    known ??= readKnown();
    return known;
  };

  /** What Vercel shows of all projects; the ledger only where it is needed. */
  async function readFacts(
    filter: DeploymentFilter,
    isAskedFor: (deployment: VercelDeployment) => boolean,
  ): Promise<{ group: GroupFacts; apps: AppFacts[] }> {
    const of = async (project: VercelProject) => {
      const [deployments, { currentDeploymentId: served }] = await Promise.all([
        project.deployments({ ...filter, limit: Math.max(filter.limit ?? 0, listed) }),
        project.readState(),
      ]);
      const missing = served !== undefined && !deployments.some(({ id }) => id === served);
      const current = missing ? await project.deployment(served) : undefined;
      return { deployments: current === undefined ? deployments : [current, ...deployments], served };
    };
    const [first, ...rest] = await Promise.all([of(lead), ...others.map(({ project }) => of(project))]);
    const apps = others.map(({ name }, index): AppFacts => ({ name, deployments: [], ...rest[index] }));
    const blind: GroupFacts = { leads: first.deployments, served: first.served };
    // Whatever no release names was there before the first release of the group.
    const asks = first.deployments
      .filter(isAskedFor)
      .some((deployment) => apps.some((app) => findMate(deployment, app, blind) === undefined));
    return { group: asks ? { ...blind, known: await knownGroups() } : blind, apps };
  }

  async function goingWith(deploymentId: string): Promise<Record<string, string>> {
    const found = mates.get(deploymentId);
    if (found !== undefined) return found;
    const { group, apps } = await readFacts(production, ({ id }) => id === deploymentId);
    const deployment = group.leads.find(({ id }) => id === deploymentId) ?? (await lead.deployment(deploymentId));
    const pairs = apps.map(
      (app) => [app.name, findMate(deployment ?? { id: deploymentId, meta: {} }, app, group)] as const,
    );
    const unknown = pairs.filter(([, id]) => id === undefined).map(([name]) => name);
    if (unknown.length > 0) {
      throw new VercelError(
        'apps_unknown',
        `No deployment of ${unknown.join(', ')} is known to go with ${deploymentId} of ${lead.name}: neither its release nor the ledger names one. Nothing was moved.`,
      );
    }
    const all = Object.fromEntries(pairs) as Record<string, string>;
    mates.set(deploymentId, all);
    return all;
  }

  /** The name in the group of what an app serves: its own id where it goes with none of the first app. */
  async function nameInGroup({ name }: GroupMember, id: string): Promise<string> {
    for (const [deploymentId, going] of mates) if (going[name] === id) return deploymentId;
    const { group, apps } = await readFacts(production, () => false);
    const app = apps.find((one) => one.name === name);
    if (app === undefined) return id;
    const serving = group.leads.find((deployment) => deployment.id === group.served);
    if (serving !== undefined && findMate(serving, app, group) === id) return serving.id;
    return findLead(id, app, group) ?? findLead(id, app, { ...group, known: await knownGroups() }) ?? id;
  }

  async function nameOfPin({ member, pin }: { member: GroupMember; pin: NonNullable<ProjectState['pinnedRollback']> }) {
    const { deploymentId, from } = pin;
    const left = from === undefined ? {} : { from: await nameInGroup(member, from) };
    return { ...pin, ...left, deploymentId: await nameInGroup(member, deploymentId) };
  }

  async function partsOf(deploymentId: string, recorded: MoveOptions['apps'] = {}): Promise<GroupPart[]> {
    const complete = others.every(({ name }) => recorded[name] !== undefined);
    const going = complete ? recorded : { ...(await goingWith(deploymentId)), ...recorded };
    return [
      { app: lead.name, project: lead, deploymentId },
      ...others.map(({ name, project }) => ({ app: name, project, deploymentId: going[name] ?? '' })),
    ];
  }

  /** Refused before the first domain moves where one of them cannot be served. */
  async function whyNone(parts: readonly GroupPart[]): Promise<{ reasonCode: string; message: string } | undefined> {
    const found = await Promise.all(parts.map(({ project, deploymentId }) => project.deployment(deploymentId)));
    const bad = parts.flatMap(({ app, deploymentId }, index) => {
      const state = found[index]?.readyState;
      return state === 'READY'
        ? []
        : [{ gone: state === undefined, text: `${deploymentId} of ${app} is ${state ?? 'gone'}` }];
    });
    if (bad.length === 0) return undefined;
    const reasonCode = bad.some(({ gone }) => gone) ? 'target_gone' : 'target_not_ready';
    return { reasonCode, message: `${bad.map(({ text }) => text).join('; ')}. Nothing was moved.` };
  }

  async function move(
    deploymentId: string,
    { apps, ...options }: MoveOptions,
    run: (parts: readonly GroupPart[], options: MoveOptions) => Promise<MoveOutcome>,
  ): Promise<MoveOutcome> {
    const parts = await partsOf(deploymentId, apps);
    const stop = await whyNone(parts);
    if (stop !== undefined) return { outcome: 'failed', ...stop, requestedAt: clock.now(), requests: 0 };
    return await stillThere(parts, await run(parts, options));
  }

  const group: VercelProject = {
    ...delegated(lead),
    group: { lead, others, goingWith },
    async readState(): Promise<ProjectState> {
      const [own, ...rest] = await Promise.all([lead.readState(), ...others.map(({ project }) => project.readState())]);
      const states = others.flatMap((member, index) => {
        const state = rest[index];
        return state === undefined ? [] : [{ member, state }];
      });
      for (const { member, state } of states) for (const host of state.productionDomains) ownerOf.set(host, member);
      const alike = states.every(({ state }) => state.autoAssign === own.autoAssign);
      const pins = states.flatMap(({ member, state: { pinnedRollback: pin } }) => (pin ? [{ member, pin }] : []));
      const [pinned] = pins;
      const pin = own.pinnedRollback ?? (pinned && (await nameOfPin(pinned)));
      const running = isRunning(own) ? undefined : states.find(({ state }) => isRunning(state));
      const request = running?.state.lastAliasRequest;
      const { autoAssign, ...stable } = own;
      return {
        ...stable,
        members: [{ app: lead.name, state: own }, ...states.map(({ member, state }) => ({ app: member.name, state }))],
        // Different values are no value: whoever restores or switches off then writes all of them.
        autoAssign: alike ? autoAssign : undefined,
        productionDomains: [own.productionDomains, ...states.map(({ state }) => state.productionDomains)].flat(),
        rollingRelease: own.rollingRelease || states.some(({ state }) => state.rollingRelease),
        ...(pin !== undefined && {
          pinnedRollback: {
            ...pin,
            ...(pins.length > 0 && {
              apps: Object.fromEntries(pins.map((one) => [one.member.name, one.pin.deploymentId])),
            }),
          },
        }),
        ...(running !== undefined &&
          request !== undefined && {
            lastAliasRequest: {
              ...request,
              toDeploymentId: await nameInGroup(running.member, request.toDeploymentId),
            },
          }),
      };
    },
    async deployments(filter) {
      const { group: facts, apps } = await readFacts(filter, () => true);
      return facts.leads
        .slice(0, filter.limit ?? 20)
        .map((lead): VercelDeployment => ({ ...lead, apps: apps.map((app) => goesWith(lead, app, facts)) }));
    },
    async servedBy(host) {
      const member = ownerOf.get(host);
      if (member === undefined) return await lead.servedBy(host);
      const id = await member.project.servedBy(host);
      return id === undefined ? undefined : await nameInGroup(member, id);
    },
    promote: (deploymentId, options) =>
      move(deploymentId, options, async (parts, { together, ...own }) => {
        const promote = (part: GroupPart) => part.project.promote(part.deploymentId, own);
        return together ? await moveTogether(parts, promote) : await moveInTurn(parts, promote, own);
      }),
    rollBack: (deploymentId, options) =>
      move(deploymentId, options, (parts, own) =>
        moveTogether(parts, (part) => part.project.rollBack(part.deploymentId, own)),
      ),
    async setAutoAssign(value) {
      await each(({ project }) => project.setAutoAssign(value));
    },
    async aliasesOf(deploymentId) {
      const parts = await partsOf(deploymentId);
      return (await Promise.all(parts.map((part) => part.project.aliasesOf(part.deploymentId)))).flat();
    },
    async remove(deploymentId) {
      // The first app's goes last: without it nobody finds the others again.
      for (const part of (await partsOf(deploymentId)).toReversed()) await part.project.remove(part.deploymentId);
    },
    pause: () => each(({ project }) => project.pause()),
    unpause: () => each(({ project }) => project.unpause()),
  };

  /** All are tried; the first refusal is thrown then, with the name of its app. */
  async function each(act: (member: GroupMember) => Promise<void>): Promise<void> {
    const members = [{ name: lead.name, project: lead }, ...others];
    const settled = await Promise.allSettled(members.map(act));
    for (const [index, one] of settled.entries()) {
      if (one.status === 'fulfilled') continue;
      const { reason } = one;
      if (!(reason instanceof VercelError)) throw reason;
      throw new VercelError(reason.reasonCode, `${members[index]?.name}: ${reason.message}`, { cause: reason });
    }
  }

  return group;
}

function isRunning({ lastAliasRequest }: ProjectState): boolean {
  return lastAliasRequest?.jobStatus === 'pending' || lastAliasRequest?.jobStatus === 'in-progress';
}

/** What is the first app's alone: names, single deployments, logs, numbers. */
function delegated(lead: VercelProject): VercelProject {
  return {
    id: lead.id,
    name: lead.name,
    accountId: lead.accountId,
    ...(lead.teamId === undefined ? {} : { teamId: lead.teamId }),
    rolling: lead.rolling,
    readState: () => lead.readState(),
    deployment: (id) => lead.deployment(id),
    deployments: (filter) => lead.deployments(filter),
    servedBy: (host) => lead.servedBy(host),
    promote: (id, options) => lead.promote(id, options),
    rollBack: (id, options) => lead.rollBack(id, options),
    assignAlias: (id, host) => lead.assignAlias(id, host),
    aliasesOf: (id) => lead.aliasesOf(id),
    setAutoAssign: (value) => lead.setAutoAssign(value),
    remove: (id) => lead.remove(id),
    pause: () => lead.pause(),
    unpause: () => lead.unpause(),
    cancel: (id) => lead.cancel(id),
    environmentNames: (target) => lead.environmentNames(target),
    variablesChangedSince: (target, since) => lead.variablesChangedSince(target, since),
    buildLog: (id, lines) => lead.buildLog(id, lines),
    queryObservability: (body, path) => lead.queryObservability(body, path),
  };
}
