import { describe, expect, test } from "vitest";
import type { MessageEvent, StatusEvent, WebhookEvent } from "./events.ts";
import {
  ACCOUNT,
  bodyOf,
  CHANNEL,
  changeFixture,
  messageFixture,
  bodyOfMessages,
  messagesChange,
  readFixture,
  statusFixture,
  systemFixture,
  toWire,
} from "./fixtures/fixtures.ts";
import { GATEWAY_MESSAGES } from "./fixtures/gateway-messages.ts";
import { parseCloudWebhook } from "./parse-webhook.ts";

function eventsOf(body: unknown): readonly WebhookEvent[] {
  const parsed = parseCloudWebhook(toWire(body), new Date(1_800_000_000_000));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return parsed.events;
}

function onlyEvent(body: unknown): WebhookEvent {
  const events = eventsOf(body);
  expect(events).toHaveLength(1);
  const [event] = events;
  if (event === undefined) throw new Error("no event");
  return event;
}

function onlyMessage(body: unknown): MessageEvent {
  const event = onlyEvent(body);
  if (event.kind !== "message") throw new Error(JSON.stringify(event));
  return event;
}

const textMessage = (id: string, extra: object = {}): object => ({
  from: "1",
  id,
  timestamp: "1790000000",
  type: "text",
  text: { body: id },
  ...extra,
});

describe("an inbound message", () => {
  test("keeps what another app says of the chat that it hands over, where it stands beside one message", () => {
    const conversation_context = { type: "summary", summary: { text: "They want a refund." } };
    const { content, text } = onlyMessage(bodyOfMessages({ messages: [textMessage("wamid.1")], conversation_context }));
    expect([content, text]).toEqual([{ type: "text", text: { body: "wamid.1" }, conversation_context }, "wamid.1"]);
    const large = { ...conversation_context, summary: { text: "x".repeat(20_000) } };
    expect(onlyMessage(bodyOfMessages({ messages: [textMessage("wamid.1")], conversation_context: large })).content).not.toHaveProperty(
      "conversation_context",
    );
    const two = eventsOf(bodyOfMessages({ messages: [textMessage("wamid.1"), textMessage("wamid.2")], conversation_context }));
    for (const event of two) expect(event.kind === "message" && event.content).not.toHaveProperty("conversation_context");
  });

  test.each(readFixture("inbound-messages.jsonl", messageFixture))("$name", ({ message, expect: wanted }) => {
    const event = onlyMessage(bodyOfMessages({ messages: [message] }));
    expect(event).toMatchObject({ provider: "cloud", channelKey: CHANNEL, direction: "in", providerMessageId: message["id"] });
    expect(event.sentAt).toEqual(new Date(Number(message["timestamp"]) * 1000));
    expect({
      type: event.type,
      text: event.text,
      quoted: event.quotedProviderMessageId,
      target: event.targetProviderMessageId,
      group: event.groupId,
    }).toEqual({ quoted: undefined, target: undefined, group: undefined, ...wanted });
  });

  test.each(readFixture("inbound-messages.jsonl", messageFixture))("keeps its node and riders: $name", ({ message, expect: { type } }) => {
    const { content } = onlyMessage(bodyOfMessages({ messages: [message] }));
    // What came under another type has a node that we made.
    if (message["type"] !== type && type !== "unknown") {
      expect(content).toMatchObject({ type, [type === "unsupported" ? "type" : type]: expect.anything() });
      return;
    }
    const kept = Object.entries(message).filter(
      ([key]) => type === "unknown" || ["type", type, "context", "referral", "errors"].includes(key),
    );
    const participant = message["group_id"] === undefined ? {} : { participant: { phone: message["from"] } };
    expect(content).toEqual({ ...Object.fromEntries(kept), ...participant });
  });

  test.each([undefined, null, "soon", "0", "-1790000000", "1000000000", "4102444800", "1790003000000", 1_790_003_000_000, "1790000301"])(
    "was written when it came in if its timestamp says %o, a status and a stop of marketing too",
    (timestamp) => {
      const receivedAt = new Date(1_790_000_000_000);
      const change = messagesChange({ user_preferences: [{ wa_id: "49176", value: "stop", timestamp }] }, "user_preferences");
      const bodies = [
        bodyOfMessages({ messages: [textMessage("wamid.1", { timestamp })] }),
        bodyOfMessages({ statuses: [{ id: "wamid.1", status: "sent", timestamp }] }),
        bodyOf([change]),
      ];
      const times = bodies.map((body) => {
        const parsed = parseCloudWebhook(toWire(body), receivedAt);
        const [event] = parsed.outcome === "events" ? parsed.events : [];
        if (event?.kind === "message") return event.sentAt;
        return event?.kind === "status" ? event.at : event?.kind === "preference" && event.preferences[0]?.at;
      });
      expect(times).toEqual([receivedAt, receivedAt, receivedAt]);
    },
  );

  test.each([
    ["no id", { id: undefined }],
    ["no sender", { from: undefined }],
    ["no sender", { from: "" }],
  ])("is unreadable with the reason %s", (reason, change) => {
    const event = onlyEvent(bodyOfMessages({ messages: [textMessage("wamid.1", change)] }));
    expect(event).toMatchObject({ kind: "unreadable", channelKey: CHANNEL });
    expect(event.kind === "unreadable" && event.reason).toContain(reason);
  });

  test("without a channel is unreadable", () => {
    const event = onlyEvent(bodyOf([{ field: "messages", value: { messages: [textMessage("wamid.1")] } }]));
    expect(event).toMatchObject({ kind: "unreadable" });
    expect(event.kind === "unreadable" && event.reason).toContain("no channel");
  });

  test("is kept however long its id is", () => {
    expect(onlyMessage(bodyOfMessages({ messages: [textMessage("x".repeat(5000))] })).providerMessageId).toHaveLength(5000);
  });
});

test("no kind that the platform names is unknown to us, whoever passes it on", () => {
  const invented = new Set([
    "an unknown type is kept whole",
    "a type without its node is kept whole",
    "a message without a type is kept whole",
    "the words of an unknown type are read",
  ]);
  const fixtures = readFixture("inbound-messages.jsonl", messageFixture).filter(({ name }) => !invented.has(name));
  const unknown = [...fixtures.map(({ expect: { type } }) => type), ...GATEWAY_MESSAGES.map(([, , { type }]) => type)].filter(
    (type) => type === "unknown",
  );
  expect(unknown).toEqual([]);
});

describe("a customer's identity", () => {
  const identityFor = (message: object, contacts: readonly unknown[], more: readonly object[] = []): unknown => {
    const [event] = eventsOf(bodyOfMessages({ contacts, messages: [{ ...textMessage("wamid.1"), from: undefined, ...message }, ...more] }));
    return event?.kind === "message" ? event.customer : event;
  };
  const mia = { profile: { name: "Mia", username: "@mia" }, wa_id: "49176", user_id: "DE.1", parent_user_id: "DE.ENT.1" };
  const jo = { profile: { name: "Jo" }, wa_id: "49177", user_id: "DE.2" };
  const wholeMia = { phone: "49176", userId: "DE.1", parentUserId: "DE.ENT.1", username: "mia", name: "Mia" };

  test("is completed from the contact with its user id, whatever the order", () => {
    expect(identityFor({ from_user_id: "DE.1" }, [jo, mia])).toEqual(wholeMia);
  });

  test("is completed from the contact with its phone", () => {
    expect(identityFor({ from: "49176" }, [jo, mia])).toEqual(wholeMia);
  });

  test("is completed from the only contact of the only item", () => {
    expect(identityFor({ from: "49176" }, [{ profile: { name: "Mia" }, user_id: "DE.1" }])).toEqual({
      phone: "49176",
      userId: "DE.1",
      name: "Mia",
    });
    expect(identityFor({}, [mia])).toEqual(wholeMia);
  });

  test("is never completed from the contact of somebody else", () => {
    expect(identityFor({ from: "49178" }, [jo, mia])).toEqual({ phone: "49178" });
    expect(identityFor({ from_user_id: "DE.3" }, [mia])).toEqual({ userId: "DE.3" });
    expect(identityFor({ from: "49176", from_user_id: "DE.3" }, [jo, mia])).toEqual({ phone: "49176", userId: "DE.3" });
    expect(identityFor({ from: "49178" }, [mia], [{ ...textMessage("wamid.2"), from: "49176" }])).toEqual({ phone: "49178" });
  });

  test("keeps what the message itself says", () => {
    expect(identityFor({ from: "491760", from_user_id: "DE.1" }, [mia])).toMatchObject({ phone: "491760", userId: "DE.1" });
  });

  test.each(readFixture("system-messages.jsonl", systemFixture))("of a system message: $name", ({ message, customer, text }) => {
    const event = onlyMessage(bodyOfMessages({ contacts: [jo], messages: [message] }));
    expect(event).toMatchObject({ type: "system", customer, text, content: { type: "system", system: message["system"] } });
    expect(event.customer).toEqual(customer);
  });

  test("of a system message that names only the new identity is nobody's", () => {
    const message = { id: "wamid.S", timestamp: "1790000000", type: "system", system: { type: "user_changed_user_id", user_id: "DE.9" } };
    expect(onlyEvent(bodyOfMessages({ messages: [{ ...message, from_user_id: "DE.9" }] }))).toMatchObject({ kind: "unreadable" });
  });
});

describe("a message that a person of the business wrote elsewhere", () => {
  const echo = { from: "4930111222", to: "49176", id: "wamid.E1", timestamp: "1790002000", type: "text", text: { body: "I'll look" } };

  test("goes out to the customer it names", () => {
    const contacts = [{ wa_id: "49176", user_id: "DE.1" }];
    const event = onlyMessage(bodyOfMessages({ contacts, message_echoes: [{ ...echo, to_user_id: "DE.1" }] }, "smb_message_echoes"));
    expect(event).toMatchObject({ direction: "out", text: "I'll look", customer: { phone: "49176", userId: "DE.1" } });
  });

  test("goes out to a customer without a phone, and revokes name their message", () => {
    const revoke = { ...echo, to: undefined, to_user_id: "DE.1", type: "revoke", revoke: { original_message_id: "wamid.E0" } };
    expect(onlyMessage(bodyOfMessages({ message_echoes: [revoke] }, "smb_message_echoes"))).toMatchObject({
      direction: "out",
      type: "revoke",
      targetProviderMessageId: "wamid.E0",
      customer: { userId: "DE.1" },
    });
  });

  test("is unreadable when it names nobody", () => {
    const event = onlyEvent(bodyOfMessages({ message_echoes: [{ ...echo, to: undefined }] }, "smb_message_echoes"));
    expect(event.kind === "unreadable" && event.reason).toContain("no recipient");
  });
});

describe("a status", () => {
  test.each(readFixture("statuses.jsonl", statusFixture))("$name", ({ value, expect: wanted }) => {
    const events = eventsOf(bodyOfMessages(value)).filter((event): event is StatusEvent => event.kind === "status");
    expect(events).toHaveLength(wanted.length);
    for (const [index, event] of events.entries()) {
      expect(event).toMatchObject({ channelKey: CHANNEL, provider: "cloud", ...wanted[index] });
      expect(event.customer).toEqual(wanted[index]?.["customer"]);
      expect(event.at.getTime()).toBeGreaterThan(1_790_100_000_000);
    }
  });

  test.each([
    ["one with more to it", { category: "service", margin: "9", tiers: [1, 2], note: "n".repeat(3_000) }, { category: "service" }],
    ["one of other kinds", { category: "x".repeat(101), type: { of: "a stranger" }, billable: "yes", pricing_model: "" }, undefined],
    ["a word", "regular", undefined],
    ["a list", [], undefined],
    ["null", null, undefined],
    ["none", undefined, undefined],
  ])("keeps of a price only the words that are known, each of a word's length: %s", (_, pricing, kept) => {
    const status = { id: "wamid.1", status: "sent", timestamp: "1790000000", pricing, conversation: pricing, template_id: pricing };
    const event = onlyEvent(bodyOfMessages({ statuses: [status] }));
    expect(event.kind === "status" && [event.pricing, event.entryWindow, event.templateId]).toEqual([
      kept,
      undefined,
      pricing === "regular" ? pricing : undefined,
    ]);
  });

  test.each(["captured", "failed", "pending"])("of a payment (%s) says nothing of the delivery: a notice", (status) => {
    const payment = { reference_id: "order-7", amount: { value: 4200, offset: 100 } };
    const event = onlyEvent(bodyOfMessages({ statuses: [{ id: "wamid.1", type: "payment", status, timestamp: "1790000000", payment }] }));
    expect(event).toMatchObject({ kind: "notice", field: "status", channelKey: CHANNEL });
    expect(event.raw).toContain("order-7");
  });

  test("with a word of the future is a notice", () => {
    const event = onlyEvent(bodyOfMessages({ statuses: [{ id: "wamid.1", status: "framed", timestamp: "1790000000" }] }));
    expect(event).toMatchObject({ kind: "notice", field: "status", channelKey: CHANNEL, accountKey: ACCOUNT });
  });

  test.each([
    ["no status", { status: undefined }],
    ["no id", { id: undefined }],
  ])("is unreadable with the reason %s", (reason, change) => {
    const event = onlyEvent(bodyOfMessages({ statuses: [{ id: "wamid.1", status: "sent", timestamp: "1790000000", ...change }] }));
    expect(event.kind === "unreadable" && event.reason).toContain(reason);
  });
});

describe("everything else", () => {
  test("a change of a user id, told in the older way, is an identity before and after", () => {
    const change = {
      field: "user_id_update",
      value: {
        metadata: { display_phone_number: "15550100200", phone_number_id: "200000000000001" },
        user_id_update: [{ wa_id: "12025550147", user_id: { previous: "US.a", current: "US.b" }, timestamp: "1790000000" }],
      },
    };
    expect(onlyEvent(bodyOf([change]))).toMatchObject({
      kind: "identity",
      customer: { phone: "12025550147", userId: "US.a" },
      becomes: { userId: "US.b" },
    });
  });

  const others = readFixture("other-changes.jsonl", changeFixture);
  test("messages of the past and the address book are one event each, however many they hold; a past that is refused is a notice", () => {
    const past = others.filter(({ field }) => field === "history" || field === "smb_app_state_sync");
    expect(past.map((change) => onlyEvent(bodyOf([change])).kind)).toEqual(["history", "history", "notice", "contacts"]);
  });

  const READ: ReadonlySet<string> = new Set([
    "user_id_update",
    "user_preferences",
    "history",
    "smb_app_state_sync",
    "standby",
    "messaging_handovers",
  ]);
  const notices = others.filter(({ field }) => !READ.has(field));
  test.each(notices)("of the field $field is one notice that keeps the body", (change) => {
    const event = onlyEvent(bodyOf([change]));
    const knowsChannel = JSON.stringify(change).includes("phone_number_id");
    expect(event).toEqual({
      kind: "notice",
      provider: "cloud",
      field: change.field,
      accountKey: ACCOUNT,
      raw: toWire(bodyOf([change])).toString(),
      ...(knowsChannel ? { channelKey: CHANNEL } : {}),
    });
  });

  test("an error of the account is a notice of its own", () => {
    const events = eventsOf(bodyOfMessages({ errors: [{ code: 130429, title: "Rate limit hit" }, { code: 1 }] }));
    expect(events.map((event) => event.kind === "notice" && event.field)).toEqual(["errors", "errors"]);
    expect(events[0]?.raw).toContain("130429");
    expect(events[0]?.raw).not.toContain('"code":1}');
  });
});
