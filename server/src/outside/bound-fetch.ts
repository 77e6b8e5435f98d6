// Owns: a bound for what a library reads through the guarded fetch. Refuses to know: what is asked for.
import { OutsideError } from "./outside-error.ts";

/** Reading the answer, whatever its status, throws an `OutsideError` after so many bytes: no server may fill our memory, however it answers. */
export function boundFetch(guardedFetch: typeof fetch, maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await guardedFetch(input, init);
    if (response.body === null) return response;
    const { host } = new URL(input instanceof Request ? input.url : input);
    let bytes = 0;
    const limit = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        if (bytes > maxBytes)
          controller.error(new OutsideError("too_large", `The answer of ${host} is longer than ${String(maxBytes)} bytes.`));
        else controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
  };
}
