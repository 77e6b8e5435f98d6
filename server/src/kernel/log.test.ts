// Proves that an error in the log tells what happened and none of the words that somebody wrote.
import { Writable } from "node:stream";
import { expect, test as it } from "vitest";
import { createLog } from "./log.ts";

function linesOf(error: unknown): string {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  createLog({ level: "info", destination }).error({ error }, "test.failed");
  return lines.join("");
}

it("of an error of the database the log keeps code, constraint and table, and nothing that quotes a row", () => {
  const secret = "marker of a customer";
  const broken = Object.assign(new Error(`invalid input syntax for type uuid: "${secret}"`), {
    severity: "ERROR",
    code: "22P02",
    constraint: "ck_quiet",
    table: "messages",
    detail: `Failing row contains (${secret}).`,
    where: `JSON data, line 1: ${secret}`,
    hint: secret,
    internalQuery: secret,
    parameters: [secret],
  });
  for (const error of [broken, new Error("could not store", { cause: broken }), new AggregateError([broken])]) {
    const text = linesOf(error);
    expect(text).not.toContain(secret);
    for (const kept of ["22P02", "ck_quiet", "messages", "invalid input syntax for type uuid"]) expect(text).toContain(kept);
  }
});
