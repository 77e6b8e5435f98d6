// Owns: a bound for what a library reads through the guarded fetch. Refuses to know: what is asked for.
import { OutsideError } from "./outside-error.ts";

export function tooLong(host: string, maxBytes: number): OutsideError {
  return new OutsideError("too_large", `The answer of ${host} is longer than ${String(maxBytes)} bytes.`);
}

/** Throws an `OutsideError` after so many bytes. */
export function boundStream(host: string, maxBytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(tooLong(host, maxBytes));
      else controller.enqueue(chunk);
    },
  });
}

/** Reading the answer, whatever its status, throws an `OutsideError` after so many bytes: no server may fill our memory, however it answers. */
export function boundFetch(guardedFetch: typeof fetch, maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await guardedFetch(input, init);
    if (response.body === null) return response;
    const { host } = new URL(input instanceof Request ? input.url : input);
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(boundStream(host, maxBytes)), { status, statusText, headers });
  };
}
