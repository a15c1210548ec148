import { InputError, type InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { loadSettings, type SettingsRequest } from '#action-kit/settings';
import { scratchImageForm, scratchImageProblem } from '#config/scratch-image';

/** Names as `CREATE EXTENSION` takes them. */
const extensionName = /^[a-z_][a-z0-9_-]*$/;

/**
 * Which extensions and which image are wanted: by the inputs, else by ops.yml where an environment is named. A file that cannot be
 * read here stops nothing: this step has no token to follow `extends` with, and who releases reads it again and names what is wrong.
 * @throws InputError for mistakes of the inputs
 */
export async function readWanted(
  runner: Runner,
  given: SettingsRequest & { extensions?: string[] | undefined; image?: string | undefined },
): Promise<{ extensions: string[]; image: string | undefined }> {
  const problems: InputProblem[] = (given.extensions ?? [])
    .filter((name) => !extensionName.test(name))
    .map((name) => ({
      name: 'extensions',
      given: name,
      message: 'is no name of an extension',
      allowed: 'e.g. vector',
    }));
  const { image } = given;
  const wrong = image === undefined ? undefined : scratchImageProblem(image);
  if (image !== undefined && wrong !== undefined)
    problems.push({ name: 'image', given: image, message: wrong, allowed: scratchImageForm });
  if (problems.length > 0) throw new InputError(problems);
  const { database } = await readSettings(runner, given);
  return {
    extensions: given.extensions ?? database.extensions ?? [],
    image: image ?? database.scratchImage,
  };
}

async function readSettings(
  runner: Runner,
  given: SettingsRequest,
): Promise<{ database: { extensions?: string[]; scratchImage?: string } }> {
  if (given.environment === undefined) return { database: {} };
  try {
    return await loadSettings(runner, given);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    runner.logger.warning(
      `extensions and image of the configuration were not read (${error.problems.map(({ message }) => message).join('; ')}): give them as inputs if the database needs any`,
    );
    return { database: {} };
  }
}
