/** What the XML of an S3 answer says; only what backups need of it. Pure. */
export interface S3Fault {
  /** As S3 names it, e.g. `NoSuchBucket`; '' where the body is none of S3's. */
  code: string;
  message: string;
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The text of the first element of this name; undefined where there is none. */
export function readElement(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
  return found?.replace(/&(?:#(x?)([0-9a-fA-F]+)|([a-z]+));/g, (whole, hex, digits, word) =>
    digits === undefined ? (entities[word] ?? whole) : String.fromCodePoint(Number.parseInt(digits, hex ? 16 : 10)),
  );
}

/** An `<Error>`; some stores send one with status 200 after they have kept the connection alive for a while. */
export function readFault(xml: string): S3Fault | undefined {
  if (!/<Error(?:\s[^>]*)?>/.test(xml)) return undefined;
  return { code: readElement(xml, 'Code') ?? '', message: readElement(xml, 'Message') ?? '' };
}

/** One page of `ListObjectsV2` or `ListMultipartUploads`, asked for with `encoding-type=url`. */
export function readPage(xml: string, element: 'Contents' | 'Upload'): Record<string, string>[] {
  const blocks = xml.match(new RegExp(`<${element}>[\\s\\S]*?</${element}>`, 'g')) ?? [];
  return blocks.map((block) => {
    const names = ['Key', 'Size', 'UploadId', 'Initiated'];
    const fields = names.flatMap((name) => {
      const value = readElement(block, name);
      if (value === undefined) return [];
      return [[name, name === 'Key' ? decodeURIComponent(value.replaceAll('+', ' ')) : value]];
    });
    return Object.fromEntries(fields);
  });
}
