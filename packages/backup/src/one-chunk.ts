/** A text, or bytes, as a stream. */
export async function* oneChunk(given: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof given === 'string' ? Buffer.from(given) : given;
}
