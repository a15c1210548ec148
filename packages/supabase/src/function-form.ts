import type { FunctionSource } from './function-types.ts';

/**
 * The multipart form that `POST …/functions/deploy` takes: one part `metadata` and one part `file` for each file, named by its
 * path (supabase/cli, pkg/function/deploy.go). Supabase bundles it: no Docker, no Deno here.
 */
export async function functionForm(source: FunctionSource): Promise<{ body: Uint8Array; contentType: string }> {
  const form = new FormData();
  const metadata = {
    name: source.slug,
    entrypoint_path: source.entrypoint,
    ...(source.importMap === undefined ? {} : { import_map_path: source.importMap }),
    static_patterns: source.staticPatterns,
    verify_jwt: source.verifyJwt,
  };
  form.append('metadata', JSON.stringify(metadata));
  for (const { path, content } of source.files) form.append('file', new Blob([new Uint8Array(content)]), path);
  const encoded = new Response(form);
  return {
    body: new Uint8Array(await encoded.arrayBuffer()),
    contentType: encoded.headers.get('content-type') ?? 'multipart/form-data',
  };
}
