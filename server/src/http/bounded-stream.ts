// Owns: a body that is read a piece at a time, up to a size. Refuses to know: what is in it.
import { type Readable, Transform } from "node:stream";

/**
 * What of `body` is within `mostBytes`; beyond that, and where the body ends before its end, reading it fails. Whoever stops reading leaves the rest of the body where it
 * is, so that their answer still finds its way.
 */
export function boundedStream(body: Readable, mostBytes: number, tooLarge: () => Error): Readable {
  let bytes = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      bytes += chunk.length;
      if (bytes > mostBytes) next(tooLarge());
      else next(null, chunk);
    },
  });
  // It may break off before anybody reads: an error of a stream that nobody listens to ends the process.
  bounded.on("error", () => undefined);
  body.once("error", (error) => bounded.destroy(error));
  body.once("close", () => {
    if (!body.readableEnded) bounded.destroy(Object.assign(new Error("the body broke off"), { code: "ECONNRESET" }));
  });
  return body.pipe(bounded);
}
