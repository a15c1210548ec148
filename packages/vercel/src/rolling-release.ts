import { z } from 'zod';
import { type Clock, systemClock } from '#http/clock';
import { readAnswer, type VercelApi } from './vercel-api.ts';
import { VercelError } from './vercel-error.ts';

/** One stage of a rolling release: this share of the visitors gets the canary. */
export interface RollingStage {
  index: number;
  /** 0 to 100. */
  percentage: number;
  isFinal: boolean;
}

export interface RollingReleaseState {
  /** `ACTIVE`, `COMPLETE` or `ABORTED`. */
  state: string;
  currentDeploymentId?: string;
  canaryDeploymentId?: string;
  queuedDeploymentId?: string;
  activeStage?: RollingStage;
  nextStage?: RollingStage;
}

/** The rolling releases of one project (REST, @vercel/sdk 1.28.35). Aborting one is a rollback to what serves the others. */
export interface RollingReleases {
  /** The newest one; undefined where there never was one. */
  read(signal?: AbortSignal): Promise<RollingReleaseState | undefined>;
  /** The stages of the next one; undefined where rolling releases are off. */
  stages(): Promise<{ percentage: number; waitsForApproval: boolean }[] | undefined>;
  /**
   * Takes the canary to its next stage, to all visitors where that is the final one. An answer that is lost is looked up: being there
   * already is success, and Vercel may take ten seconds to show it. @throws VercelError `stage_not_approved` where it is not there then.
   */
  approve(canaryDeploymentId: string, next: RollingStage): Promise<void>;
}

const stage = z
  .looseObject({ index: z.number(), targetPercentage: z.number(), isFinalStage: z.boolean().optional() })
  .transform(
    ({ index, targetPercentage, isFinalStage }): RollingStage => ({
      index,
      percentage: targetPercentage,
      isFinal: isFinalStage ?? targetPercentage >= 100,
    }),
  );
const named = z.looseObject({ id: z.string().optional() }).nullish();

const releaseAnswer = z.looseObject({
  rollingRelease: z
    .looseObject({
      state: z.string().optional(),
      queuedDeploymentId: z.string().nullish(),
      currentDeployment: named,
      canaryDeployment: named,
      activeStage: stage.nullish().catch(undefined),
      nextStage: stage.nullish().catch(undefined),
    })
    .nullish(),
});
const configAnswer = z.looseObject({
  rollingRelease: z
    .looseObject({
      stages: z
        .array(z.looseObject({ targetPercentage: z.number(), requireApproval: z.boolean().optional() }))
        .nullish(),
    })
    .nullish(),
});

const SHOWN_AFTER_MS = 10_000;
const POLL_MS = 500;

export function openRollingReleases(
  api: Pick<VercelApi, 'call'>,
  { id, name }: { id: string; name: string },
  { clock = systemClock, signal }: { clock?: Clock | undefined; signal?: AbortSignal | undefined } = {},
): RollingReleases {
  const base = `/v1/projects/${id}/rolling-release`;

  async function read(signal?: AbortSignal): Promise<RollingReleaseState | undefined> {
    const what = `Reading the rolling release of project ${name}`;
    const answer = await api.call({ path: base, signal, accept: [404] }, what);
    if (answer.status === 404) return undefined;
    const { rollingRelease: found } = readAnswer(answer, releaseAnswer, what);
    if (!found) return undefined;
    const { currentDeployment, canaryDeployment, queuedDeploymentId, activeStage, nextStage } = found;
    return {
      state: found.state ?? 'unknown',
      ...(currentDeployment?.id && { currentDeploymentId: currentDeployment.id }),
      ...(canaryDeployment?.id && { canaryDeploymentId: canaryDeployment.id }),
      ...(queuedDeploymentId && { queuedDeploymentId }),
      ...(activeStage && { activeStage }),
      ...(nextStage && { nextStage }),
    };
  }

  return {
    read,
    async stages() {
      const what = `Reading the stages of rolling releases of project ${name}`;
      const answer = await api.call({ path: `${base}/config`, accept: [404] }, what);
      if (answer.status === 404) return undefined;
      const stages = readAnswer(answer, configAnswer, what).rollingRelease?.stages;
      return stages?.map(({ targetPercentage: percentage, requireApproval }) => ({
        percentage,
        waitsForApproval: requireApproval === true || percentage >= 100,
      }));
    },
    async approve(canaryDeploymentId, { index, percentage, isFinal }) {
      const what = `Approving ${percentage} % for ${canaryDeploymentId}`;
      const [path, json] = isFinal
        ? [`${base}/complete`, { canaryDeploymentId }]
        : [`${base}/approve-stage`, { nextStageIndex: index, canaryDeploymentId }];
      // Repeating is harmless: the stage is named, and a stage that is passed is refused with 400.
      await api.call({ method: 'POST', path, json, repeat: 'always', accept: [400, 409] }, what);
      const until = clock.now() + SHOWN_AFTER_MS;
      for (;;) {
        const now = await read();
        const ours = now?.canaryDeploymentId === canaryDeploymentId;
        const there = isFinal
          ? now?.state === 'COMPLETE'
          : now?.state === 'ACTIVE' && (now.activeStage?.index ?? -1) >= index;
        if (ours && there) return;
        if (!ours || now?.state !== 'ACTIVE' || clock.now() >= until) {
          const shows = now === undefined ? 'no rolling release' : `${now.state} with ${now.canaryDeploymentId}`;
          throw new VercelError('stage_not_approved', `${what}: Vercel did not take it, it shows ${shows}.`);
        }
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}
