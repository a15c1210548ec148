import { InputError } from '#action-kit/inputs';
import type { EnvironmentSettings } from '#config/settings';
import type { DeployRequest } from '#vercel/deploy';

/** Which Vercel environment a deployment is made for: the input `target`, else what the configuration says. Throws InputError. */
export function placeOfDeployment(
  target: string | undefined,
  { environment, vercel }: EnvironmentSettings,
): Pick<DeployRequest, 'as' | 'customEnvironment'> {
  if (target === 'production') return { as: 'production' };
  if (target === 'preview') return { as: 'alias' };
  if (target !== undefined) return { as: 'custom-environment', customEnvironment: target };
  const { as = 'production', customEnvironment } = vercel;
  if (as !== 'custom-environment') return { as };
  if (customEnvironment !== undefined) return { as, customEnvironment };
  throw new InputError([
    {
      name: `environments.${environment}.vercel.customEnvironment`,
      message: 'is required with as: custom-environment',
      allowed: 'the slug of the custom environment in Vercel',
    },
  ]);
}
