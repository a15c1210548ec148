/** Where the functions that a release replaces are kept until they may be needed again. Bytes are sealed before they come here. */
export interface FunctionsStore {
  /** For messages. */
  description: string;
  /** Stores bytes under a new name; where they are, e.g. `artifact:<run>/<id>`, at most 60 characters. */
  write(name: string, sealed: Uint8Array): Promise<string>;
  /** Reads them from where they are stored, on any runner. */
  read(place: string): Promise<Uint8Array>;
}

/** A place with the digest of what lies there, as the ledger keeps it. */
export interface SavedReference {
  place: string;
  digest: string;
}

export function formatReference({ place, digest }: SavedReference): string {
  return `${place}#${digest}`;
}

/** Undefined for a text that is no reference. */
export function parseReference(text: string): SavedReference | undefined {
  const match = /^([a-z]+:[^#\s]+)#([\w-]{43})$/.exec(text.trim());
  return match?.[1] === undefined || match[2] === undefined ? undefined : { place: match[1], digest: match[2] };
}
