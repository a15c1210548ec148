import { createHash } from 'node:crypto';

/** Size and digest of a stream that has passed. */
export interface Measurement {
  bytes: number;
  /** Hex; final when the stream has ended. */
  sha256(): string;
}

/** Passes a stream on and counts its bytes; `onBytes` hears the running total. */
export function countStream(
  source: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): { chunks: AsyncGenerator<Uint8Array>; count: { bytes: number } } {
  const count = { bytes: 0 };
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      count.bytes += chunk.length;
      onBytes(count.bytes);
      yield chunk;
    }
  }
  return { chunks: pass(), count };
}

/** Passes a stream on and measures it. */
export function measureStream(source: AsyncIterable<Uint8Array>): {
  chunks: AsyncGenerator<Uint8Array>;
  measurement: Measurement;
} {
  const hash = createHash('sha256');
  let digest: string | undefined;
  const measurement = {
    bytes: 0,
    sha256() {
      digest ??= hash.digest('hex');
      return digest;
    },
  };
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      hash.update(chunk);
      measurement.bytes += chunk.length;
      yield chunk;
    }
  }
  return { chunks: pass(), measurement };
}

/** `1.2 GB`, `350 kB`: decimal, as providers count. */
export function describeBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Calls `report` at most every five seconds, with the total and the seconds since the start. */
export function progressReporter(report: (bytes: number, seconds: number) => void): (bytes: number) => void {
  const started = performance.now();
  let last = started;
  return (bytes) => {
    const now = performance.now();
    if (now - last < 5_000) return;
    last = now;
    report(bytes, Math.round((now - started) / 1000));
  };
}
