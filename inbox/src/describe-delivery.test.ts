import { expect, test } from "vitest";
import { describeDelivery } from "./describe-delivery.ts";

const ours = { direction: "out", error: null, isHeld: false } as const;

test("what the customer wrote has no delivery", () => {
  expect(describeDelivery({ direction: "in", status: "received", error: null, isHeld: false })).toBeUndefined();
});

test("every state of an outbound message has words of its own", () => {
  const states = ["queued", "sending", "unknown", "accepted", "sent", "delivered", "read", "played", "failed", "cancelled"];
  const labels = states.map((status) => describeDelivery({ ...ours, status })?.label);
  expect(new Set(labels).size).toBe(states.length);
});

test("what WhatsApp holds is not shown as sent, and what it has released is", () => {
  expect(describeDelivery({ ...ours, status: "accepted", isHeld: true })).toMatchObject({ mark: "clock", label: "Held by WhatsApp" });
  expect(describeDelivery({ ...ours, status: "sent", isHeld: false })).toMatchObject({ mark: "one-tick", label: "Sent" });
});

test("a failure says what WhatsApp said, or at least its code", () => {
  expect(describeDelivery({ ...ours, status: "failed", error: { code: "131026", text: "Message undeliverable." } })?.sentence).toBe(
    "Not delivered. Message undeliverable.",
  );
  expect(describeDelivery({ ...ours, status: "failed", error: { code: "131026", text: null } })?.sentence).toContain("131026");
});

test("what is unknown and is not sent again says why; the words of a provider are not shown for it", () => {
  const sentenceOf = (code: string) => describeDelivery({ ...ours, status: "unknown", error: { code, text: "It is so." } })?.sentence;
  expect(sentenceOf("not_sent_again")).toContain("It is so.");
  expect(sentenceOf("outcome_unknown")).not.toContain("It is so.");
});

test("a state that this inbox does not know is shown as unknown, not as delivered", () => {
  expect(describeDelivery({ ...ours, status: "of-a-newer-server" })?.mark).toBe("question");
});
