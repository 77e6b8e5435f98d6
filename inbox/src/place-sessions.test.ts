import { expect, test } from "vitest";
import type { Message, Session } from "./inbox-client.ts";
import { placeSessions } from "./place-sessions.ts";

const message = (seq: number, direction: "in" | "out"): Message => ({ id: `m${seq}`, seq, direction }) as Message;
const session = (id: string, [fromSeq, toSeq]: readonly [number, number | null], source = "extractive"): Session =>
  ({ id, fromSeq, toSeq, summary: { source } }) as Session;
const placed = (messages: readonly Message[], sessions: readonly Session[]): unknown =>
  [...placeSessions(messages, sessions)].map(([below, there]) => [below, there.map(({ id }) => id)]);

test("a summary stands below the last answer of its session, above what the customer wrote next", () => {
  const messages = [message(1, "in"), message(2, "in"), message(3, "out"), message(4, "in"), message(5, "out")];
  expect(placed(messages, [session("b", [4, 4]), session("a", [1, 2])])).toEqual([
    ["m3", ["a"]],
    ["m5", ["b"]],
  ]);
});

test("an open session, a single message and what is not loaded have none", () => {
  expect(placed([message(7, "in")], [session("c", [7, null]), session("b", [7, 7], "message"), session("a", [1, 6])])).toEqual([]);
});
