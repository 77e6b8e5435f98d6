import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WebhookEvent } from "./events.ts";
import { bodyOf, CHANNEL, messageFixture, bodyOfMessages, messagesChange, readFixture, toWire } from "./fixtures/fixtures.ts";
import { parseCloudWebhook } from "./parse-webhook.ts";

const text = (id: string, extra: object = {}): object => ({
  from: id,
  id: `wamid.${id}`,
  timestamp: "1790000000",
  type: "text",
  text: { body: id },
  ...extra,
});

function parseBytes(bytes: Buffer | string): readonly WebhookEvent[] {
  const parsed = parseCloudWebhook(Buffer.from(bytes), new Date(1_800_000_000_000));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return parsed.events;
}
const parse = (body: unknown): readonly WebhookEvent[] => parseBytes(toWire(body));
const withoutRaw = ({ raw: _raw, ...event }: WebhookEvent): object => event;
const nested = (levels: number): string => `${'{"a":['.repeat(levels)}${"]}".repeat(levels)}`;
const kindsOf = (events: readonly WebhookEvent[]): readonly string[] => events.map((event) => event.kind);

describe("a batch", () => {
  test("yields every item of every list, change and entry", () => {
    const statuses = [{ id: "wamid.z", status: "sent", timestamp: "1790000000" }];
    const body = {
      object: "whatsapp_business_account",
      entry: [
        { id: "1", changes: [messagesChange({ messages: [text("a")] }), messagesChange({ messages: [text("b")] })] },
        { id: "2", changes: [{ field: "account_update", value: {} }] },
        { id: "3", changes: [messagesChange({ statuses, messages: [text("c"), text("d")], errors: [{ code: 1 }] })] },
      ],
    };
    expect(kindsOf(parse(body))).toEqual(["message", "message", "notice", "message", "message", "status", "notice"]);
  });

  test.each([
    ["messages", { messages: [text("a"), text("b")] }, ["message", "message", "notice"]],
    ["one message", { messages: [text("a")] }, ["message", "notice"]],
    [
      "statuses, of which no raw body is kept",
      { statuses: [{ id: "wamid.z", status: "sent", timestamp: "1790000000" }] },
      ["status", "notice"],
    ],
  ])("keeps once, as a notice, what stands in a list of its own beside %s", (_, value, kinds) => {
    const user_actions = [{ action_type: "landing_page_view", timestamp: "1790002221" }];
    const events = parse(bodyOfMessages({ ...value, user_actions }));
    expect(kindsOf(events)).toEqual(kinds);
    expect(events.filter(({ raw }) => raw.includes("landing_page_view"))).toMatchObject([{ kind: "notice", field: "messages" }]);
    for (const { raw, kind } of events) expect(kindsOf(parse(JSON.parse(raw)))).toEqual([kind]);
  });

  test("of 1000 yields 1000, each with the name of its own customer", () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `${491760000 + index}`);
    const contacts = ids.map((id) => ({ profile: { name: `N${id}` }, wa_id: id })).reverse();
    const events = parse(bodyOfMessages({ contacts, messages: ids.map((id) => text(id)) }));
    expect(events).toHaveLength(1000);
    for (const event of events) expect(event).toMatchObject({ kind: "message" });
    expect(events.every((event) => event.kind === "message" && event.customer.name === `N${event.customer.phone}`)).toBe(true);
  });

  test("loses only what is broken, and keeps that with its reason", () => {
    const broken = [null, 7, "text", [], {}, text("x", { id: null })];
    const events = parse(bodyOfMessages({ messages: [text("a"), ...broken, text("b")], statuses: { not: "a list" } }));
    expect(kindsOf(events)).toEqual(["message", ...broken.map(() => "unreadable"), "message", "unreadable"]);
  });

  test.each([
    ["an entry that is no object", { entry: [4] }],
    ["an entry without changes", { entry: [{ id: "1" }] }],
    ["a change that is no object", bodyOf(["change"])],
    ["a change without a field", bodyOf([{ value: {} }])],
    ["a messages change without a value", bodyOf([{ field: "messages", value: 4 }])],
  ])("keeps %s", (_case, body) => {
    expect(parse(body)).toMatchObject([{ kind: "unreadable", raw: toWire(body).toString() }]);
  });
});

describe("the raw body of an event", () => {
  const contacts = ["a", "b", "c"].map((id) => ({ wa_id: id, profile: { name: `N${id}` } }));
  const mixed = bodyOfMessages({
    contacts,
    messages: [text("a"), text("b", { type: "hologram" }), null, text("c", { id: 7 })],
    statuses: [
      { id: "wamid.z", status: "sent", timestamp: "1790000000", recipient_id: "b" },
      { id: "w", status: "framed" },
    ],
    errors: [{ code: 3 }],
    unknownSibling: { kept: true },
  });

  test("read again gives exactly that event, and keeps unknown neighbours", () => {
    const events = parse(mixed);
    expect(events).toHaveLength(7);
    for (const event of events) {
      expect(parseBytes(event.raw).map(withoutRaw)).toEqual([withoutRaw(event)]);
      expect(event.raw).toContain('"unknownSibling":{"kept":true}');
    }
  });

  test("holds no other item and no other contact", () => {
    const [first] = parse(mixed);
    expect(first?.raw).toContain("Na");
    for (const foreign of ["Nb", "Nc", "wamid.b", "wamid.z"]) expect(first?.raw).not.toContain(foreign);
  });

  test("is the body itself, byte for byte, when that held one item", () => {
    const body = `${toWire(bodyOfMessages({ messages: [text("a")] }))
      .toString()
      .replace("{", "{ ")}\n`;
    expect(parseBytes(body).map((event) => event.raw)).toEqual([body]);
  });
});

describe("hostile content", () => {
  test("that PostgreSQL could not store is made storable, in values and keys", () => {
    const body = String.raw`{"object":"o","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"9\u0000"},
      "contacts":[{"wa_id":"1","profile":{"name":"A\u0000\ud83d"}}],"messages":[{"from":"1","id":"w\u0000","timestamp":"1790000000","type":"text",
      "text":{"body":"a\u0000b\ud83dc \ud83d\udc4d","k\u0000":["\udc4d"]}}]}}]}]}`;
    const [event] = parseBytes(body);
    expect(event).toMatchObject({
      kind: "message",
      channelKey: "9\uFFFD",
      providerMessageId: "w\uFFFD",
      text: "a\uFFFDb\uFFFDc 👍",
      customer: { name: "A\uFFFD\uFFFD" },
    });
    expect(event?.kind === "message" && event.content).toEqual({
      type: "text",
      text: { body: "a\uFFFDb\uFFFDc 👍", "k\uFFFD": ["\uFFFD"] },
    });
    expect(event?.raw).toBe(body);
  });

  test("hidden in a form's answer is made storable", () => {
    const answer = String.raw`{\"a\":\"\u005cu0000\"}`;
    const body = `{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"9"},"messages":[{"from":"1","id":"w","timestamp":"1790000000","type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"response_json":"${answer}"}}}]}}]}]}`;
    expect(parseBytes(body)).toMatchObject([{ kind: "message", text: "a: \uFFFD" }]);
  });

  test("with keys that name prototypes changes no prototype and is kept", () => {
    const message = `{"from":"1","id":"w","timestamp":"1790000000","type":"__proto__","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`;
    const body = `{"__proto__":{"polluted":true},"entry":[{"__proto__":{"polluted":true},"changes":[{"field":"messages","value":{"__proto__":{"polluted":true},"metadata":{"phone_number_id":"9"},"messages":[${message},${message}]}}]}]}`;
    const events = parseBytes(body);
    expect(events).toMatchObject([{ type: "unknown" }, { type: "unknown" }]);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(events[0]?.kind === "message" && Object.hasOwn(events[0].content, "__proto__")).toBe(true);
    expect(events[0]?.raw).toContain('"__proto__"');
  });

  test("nested without end is set aside and its neighbours pass", () => {
    const deep = `${'{"a":['.repeat(50_000)}${"]}".repeat(50_000)}`;
    const good = JSON.stringify(text("a"));
    const body = `{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"${CHANNEL}"},"contacts":[${deep}],"messages":[${good},{"id":"w","text":${deep}}]}}]}]}`;
    const events = parseBytes(body);
    expect(kindsOf(events)).toEqual(["message", "unreadable"]);
    // Compared as booleans: a difference of 300 kB is nothing to look at.
    expect(events[1]?.raw.includes(deep)).toBe(true);
    expect(events[1]?.raw.includes("wamid.a")).toBe(false);
  });

  test.each([
    ["a deep item", { entry: "", contact: "", message: `,"text":${nested(4_000)}` }],
    ["a deep entry", { entry: `,"more":${nested(4_000)}`, contact: "", message: "" }],
    ["a large entry", { entry: `,"more":"${"x".repeat(300_000)}"`, contact: "", message: "" }],
    ["a large contact", { entry: "", contact: `,"more":"${"x".repeat(300_000)}"`, message: "" }],
    ["a deep contact", { entry: "", contact: `,"more":${nested(40_000)}`, message: "" }],
  ])("%s is not repeated with every message beside it", (_what, { entry, contact, message }) => {
    const value = (from: string): string =>
      `{"metadata":{"phone_number_id":"${CHANNEL}"},"contacts":[{"wa_id":"1202555","profile":{"name":"Ann"}${contact}}],"messages":[${Array.from({ length: 20 }, (_, at) => `{"from":"1202555","id":"w${from}${String(at)}","timestamp":"1790000000","type":"text"${message === "" ? ',"text":{"body":"hi"}' : message}}`).join()}]}`;
    const body = `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":${value("a")}},{"field":"messages","value":${value("b")}}]${entry}}]}`;
    const events = parseBytes(body);
    expect(events).toHaveLength(40);
    expect(events.reduce((sum, { raw }) => sum + raw.length, 0)).toBeLessThan(2 * body.length + 40 * 4_096);
    if (message === "") expect(events).toMatchObject(events.map(() => ({ kind: "message", customer: { name: "Ann", phone: "1202555" } })));
    for (const event of events) expect(parseBytes(event.raw)).toEqual([event]);
  });

  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["half a body", '{"entry":[{"changes":['],
    ["a list", "[]"],
    ["null", "null"],
    ["an object without entries", '{"object":"whatsapp_business_account"}'],
    ["entries that are no list", '{"entry":{}}'],
    ["a byte order mark", '\uFEFF{"entry":[]}'],
  ])("that is %s is malformed, with a sentence", (_case, body) => {
    const parsed = parseCloudWebhook(Buffer.from(body));
    expect(parsed).toMatchObject({ outcome: "malformed" });
    expect(parsed.outcome === "malformed" && parsed.reason).toMatch(/^The body .*\.$/);
  });
});

describe("whatever arrives", () => {
  const messages = readFixture("inbound-messages.jsonl", messageFixture).map(({ message }) => message);
  const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\0", "a\ud83d", "\udc4d"));
  const anyJson = fc.oneof(fc.jsonValue({ stringUnit: "binary" }), anyText);
  const anyItem = fc.oneof(
    anyJson,
    fc.tuple(fc.constantFrom(...messages), anyText, anyJson).map(([message, key, value]) => ({ ...message, [key]: value })),
    fc
      .constantFrom(...messages)
      .chain((message) =>
        fc.tuple(fc.constantFrom(...Object.keys(message)), anyJson).map(([key, value]) => ({ ...message, [key]: value })),
      ),
  );

  test("any JSON and any bytes end in events or in a refusal", () => {
    const endsWell = (body: Buffer): void => expect(["events", "malformed"]).toContain(parseCloudWebhook(body).outcome);
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (body) => {
        endsWell(Buffer.from(body));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        endsWell(Buffer.from(bytes));
      }),
    );
  });

  test("every item is counted exactly once, and reads the same from its own raw body", () => {
    const lists = fc.record({
      contacts: fc.array(fc.jsonValue()),
      messages: fc.array(anyItem),
      statuses: fc.array(anyItem),
      errors: fc.array(anyItem),
      message_echoes: fc.array(anyItem),
    });
    fc.assert(
      fc.property(fc.array(lists, { minLength: 1, maxLength: 3 }), fc.constantFrom("messages", "smb_message_echoes"), (values, field) => {
        const changes = values.map((value) => ({ field, value: { metadata: { phone_number_id: CHANNEL }, ...value } }));
        const items = values.map(
          (value) => value.messages.length + value.statuses.length + value.errors.length + value.message_echoes.length,
        );
        const events = parse(bodyOf(changes));
        expect(events).toHaveLength(items.reduce((sum, count) => sum + Math.max(count, 1), 0));
        for (const event of events) {
          expect(parseBytes(event.raw).map(withoutRaw)).toEqual([withoutRaw(event)]);
          const { raw: _raw, ...stored } = event;
          expect(JSON.stringify(stored)).not.toMatch(/\\u0000|\\ud[89a-f]/);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a body cut or changed at any place never throws", () => {
    const whole = toWire(bodyOfMessages({ messages: messages.slice(0, 6) }));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const changed = Buffer.from(cut ? whole.subarray(0, at) : whole);
        if (!cut) changed[at] = byte;
        expect(["events", "malformed"]).toContain(parseCloudWebhook(changed).outcome);
      }),
      { numRuns: 1000 },
    );
  });
});
