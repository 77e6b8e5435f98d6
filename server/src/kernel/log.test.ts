// Proves that an error in the log tells what happened and none of the words that somebody wrote.
import { Writable } from "node:stream";
import { expect, test as it } from "vitest";
import { messageOf } from "./faults.ts";
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

it("a message alone leaves out what PostgreSQL or JSON.parse quote of their input", async () => {
  const secret = "marker";
  const broken = Object.assign(new Error(`invalid input syntax for type integer: "${secret}"`), { severity: "ERROR", code: "22P02" });
  expect(messageOf(broken)).toBe("invalid input syntax for type integer: (left out)");
  for (const text of [secret, `{"a": ${secret}}`, `[1, 2, 3, 4, 5, 6, 7, 8, 9, ${secret} and more of it]`, `"${secret}`]) {
    const error: unknown = await Promise.resolve(text)
      .then(JSON.parse)
      .catch((cause: unknown) => cause);
    expect(messageOf(error)).not.toContain(secret);
    expect(messageOf(error)).toContain("JSON");
    expect(linesOf(error)).not.toContain(secret);
  }
  expect(messageOf(new Error('No channel is connected for "1"'))).toBe('No channel is connected for "1"');
});
