/** The JSON body of a request, or undefined when it is not JSON. */
export async function readJson(request) {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}
