import { expect, test } from "vitest";
import type { AcceptedSend } from "./simulator-client.ts";
import { judgeScene, renderVerdict, type SceneRecord } from "./verdict.ts";

const none = { conversations: 0, inbound: 0, outbound: 0, turns: 0, busyLanes: 0 };

function send(to: string, acceptedAt: number, messageId: string): AcceptedSend {
  return { id: `wamid.${messageId}`, to, text: "Hello", acceptedAt, messageId };
}

/** Two customers, two messages each, one reply each. */
function goodScene(): SceneRecord {
  return {
    phones: ["1", "2"],
    written: 4,
    deliveries: 8,
    undelivered: 0,
    writtenAt: new Map([
      ["1", [1000, 1100]],
      ["2", [1000, 1200]],
    ]),
    sends: [send("1", 3100, "a"), send("2", 3700, "b")],
    before: none,
    after: { conversations: 2, inbound: 4, outbound: 2, turns: 2, busyLanes: 0 },
    doctor: { ok: true, checks: [] },
  };
}

test("a good scene is good, and its answer times run from the last message before the answer", () => {
  const verdict = judgeScene(goodScene());
  expect(verdict).toMatchObject({ ok: true, doubles: 0, silentCustomers: 0, messagesStored: 4, answerMs: { p50: 2000, p99: 2500 } });
  expect(renderVerdict(verdict)).not.toContain("wrong");
});

test.for<[string, Partial<SceneRecord>, object]>([
  ["a lost message", { after: { conversations: 2, inbound: 3, outbound: 2, turns: 2, busyLanes: 0 } }, { messagesStored: 3 }],
  ["a second thread of one person", { after: { conversations: 3, inbound: 4, outbound: 2, turns: 2, busyLanes: 0 } }, { conversations: 3 }],
  ["a message accepted twice", { sends: [send("1", 1, "a"), send("1", 2, "a"), send("2", 3, "b")] }, { doubles: 1 }],
  ["a send that we know nothing of", { sends: [send("1", 1, "a"), send("1", 2, "x"), send("2", 3, "b")] }, { doubles: 1 }],
  ["a silent customer", { sends: [send("1", 1, "a")] }, { silentCustomers: 1 }],
  ["a webhook that was never acknowledged", { undelivered: 1 }, { webhooksUndelivered: 1 }],
])("%s makes the scene fail, and is pointed at", ([, change, expected]) => {
  const verdict = judgeScene({ ...goodScene(), ...change });
  expect(verdict).toMatchObject({ ok: false, ...expected });
  expect(renderVerdict(verdict)).toContain("<- wrong");
});

test("a broken invariant makes the scene fail, and is named", () => {
  const broken = {
    name: "two-open-sessions",
    invariant: 6,
    state: "broken",
    count: 1,
    complete: true,
    tookMs: 1,
    examples: [],
    advice: "…",
  } as const;
  const verdict = judgeScene({ ...goodScene(), doctor: { ok: false, checks: [broken] } });
  expect(verdict).toMatchObject({ ok: false, invariantsHold: false });
  expect(renderVerdict(verdict)).toContain("no: two-open-sessions");
});
