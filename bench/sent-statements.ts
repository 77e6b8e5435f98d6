// Owns: how many statements this process sent to PostgreSQL, told to the bench when it asks. Costs next to nothing, unlike counting in PostgreSQL itself
// (statements.ts), and so it is always on.
import pg from "pg";
import { numberOf, objectOf, sendToParent } from "./wire.ts";
import type { Child } from "./child.ts";

let sent = 0;

/** Of the process that is measured: from now on every statement counts, `begin` and `commit` too. */
export function countSentStatements(): void {
  const { prototype } = pg.Client;
  const query = Reflect.get(prototype, "query") as (...given: unknown[]) => unknown;
  Reflect.set(prototype, "query", function countAndQuery(this: pg.Client, ...given: unknown[]) {
    sent += 1;
    return Reflect.apply(query, this, given);
  });
  process.on("message", (value: unknown) => {
    if (objectOf(value)["do"] === "count") sendToParent({ event: "sent", statements: sent });
  });
}

/** Of a process that counts them: since it started. */
export async function readSentStatements(child: Child): Promise<number> {
  child.send({ do: "count" });
  return numberOf(await child.next("sent"), "statements");
}
