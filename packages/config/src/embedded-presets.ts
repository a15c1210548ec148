import presets from './embedded-presets.json' with { type: 'json' };

/** The files of presets/ by name, as data, so that a bundle needs no file beside it. Written by `npm run schema`. */
export const embeddedPresets: Readonly<Record<string, string>> = presets;
