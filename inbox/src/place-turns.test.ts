import { expect, test } from "vitest";
import type { Message, Turn } from "./inbox-client.ts";
import { placeTurns } from "./place-turns.ts";

const message = (seq: number, direction: "in" | "out", turnId: string | null = null): Message =>
  ({ id: `m${seq}`, seq, direction, turnId }) as Message;
const turn = (id: string, coversFrom: number, coversTo: number): Turn => ({ id, coversFrom, coversTo }) as Turn;

const placed = (messages: readonly Message[], turns: readonly Turn[]): unknown =>
  [...placeTurns(messages, turns)].map(([below, there]) => [below, there.map(({ id }) => id)]);

test("a turn stands below the last message of its reply, else below the last one that it covers", () => {
  const messages = [message(1, "in"), message(2, "in"), message(3, "out", "a"), message(4, "out", "a"), message(5, "in")];
  expect(placed(messages, [turn("b", 3, 5), turn("a", 1, 2)])).toEqual([
    ["m4", ["a"]],
    ["m5", ["b"]],
  ]);
});

test("the order is that of the thread, which need not be that of the positions", () => {
  expect(placed([message(2, "in"), message(1, "in")], [turn("a", 1, 2)])).toEqual([["m1", ["a"]]]);
});

test("a turn whose messages are not loaded is not shown", () => {
  expect(placed([message(9, "in")], [turn("a", 1, 8)])).toEqual([]);
});
