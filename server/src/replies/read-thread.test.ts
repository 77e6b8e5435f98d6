import { expect, test } from "vitest";
import { readThread, type RecentMessage } from "./read-thread.ts";

let seq = 0;
const row = (more: Partial<RecentMessage>): RecentMessage => {
  seq += 1;
  return {
    seq,
    direction: "in",
    author: "customer",
    type: "text",
    text: "hello",
    provider_message_id: `wamid.${String(seq)}`,
    quoted_provider_message_id: null,
    target_provider_message_id: null,
    turn_id: null,
    sent_at: new Date(seq * 1_000),
    is_history: false,
    participant: null,
    quoted_text: null,
    quoted_type: null,
    referral: null,
    referred_product: null,
    content: { type: "text", text: { body: more.text === undefined ? "hello" : (more.text ?? "") } },
    ...more,
  };
};
const asked = (...rows: readonly RecentMessage[]) => readThread(rows, 0).burst.map(({ text }) => text);

test("an edited message reads as it was edited, a revoked one is gone", () => {
  const first = row({ text: "tomorow at 5" });
  const second = row({ text: "forget it" });
  const edit = row({ type: "edit", text: "tomorrow at 5", target_provider_message_id: first.provider_message_id });
  const revoke = row({ type: "revoke", text: null, target_provider_message_id: second.provider_message_id });
  expect(asked(first, second, edit, revoke)).toEqual(["tomorrow at 5"]);
});

test("nobody changes or takes back what the other side wrote; only the business, which may run the group, takes a customer's message back", () => {
  const ours = row({ direction: "out", author: "ai", text: "That costs 40 EUR." });
  const theirs = row({ text: "something rude" });
  const forged = ["edit", "revoke"].map((type) =>
    row({ type, text: "That costs nothing.", target_provider_message_id: ours.provider_message_id }),
  );
  expect(readThread([ours, ...forged], 0).history).toMatchObject([{ text: "That costs 40 EUR." }]);
  const on = { direction: "out", author: "human", target_provider_message_id: theirs.provider_message_id } as const;
  expect(asked(theirs, row({ ...on, type: "edit", text: "something kind" }))).toEqual(["something rude"]);
  expect(asked(theirs, row({ ...on, type: "revoke", text: null }))).toEqual([]);
});

test("reactions are with their message, an empty one takes it back, and reactions alone ask for nothing", () => {
  const said = row({ direction: "out", author: "ai", text: "We are open." });
  const target = said.provider_message_id;
  const liked = readThread([said, row({ type: "reaction", text: "👍", target_provider_message_id: target })], 0);
  expect(liked.burst).toEqual([]);
  expect(liked.history[0]?.reactions).toEqual(["👍"]);
  const taken = [
    row({ type: "reaction", text: "👍", target_provider_message_id: target }),
    row({ type: "reaction", text: "", target_provider_message_id: target }),
  ];
  expect(readThread([said, ...taken], 0).history[0]?.reactions).toBeUndefined();
});

test("media are shown by their kind and their caption; of a voice message nothing can be read", () => {
  const { burst } = readThread([row({ type: "image", text: "my receipt" }), row({ type: "audio", text: null })], 0);
  expect(burst.map(({ type, text }) => [type, text])).toEqual([
    ["image", "my receipt"],
    ["audio", null],
  ]);
});

test("what was answered, what others wrote and what a gateway brought from the past is history, not a question", () => {
  const rows = [
    row({}),
    row({ direction: "out", author: "human" }),
    row({ is_history: true }),
    row({ type: "system" }),
    row({ text: "now" }),
  ];
  const thread = readThread(rows, rows[0]?.seq ?? 0);
  expect(thread.burst.map(({ text }) => text)).toEqual(["now"]);
  expect(thread.history.map(({ author }) => author)).toEqual(["customer", "human", "customer"]);
  expect(thread.newestInbound).toBe(rows[4]?.provider_message_id);
});

test("a member who is named by one id, then by another, has one reaction", () => {
  const [byPhone, byLid] = [{ phone: "12025550147" }, { lid: "81200000000001" }];
  const ours = row({ direction: "out", author: "ai", text: "I do.", provider_message_id: "wamid.ours" });
  const liked = (participant: object, text: string) =>
    row({ type: "reaction", text, participant: { ...participant }, target_provider_message_id: "wamid.ours" });
  const wrote = row({ participant: { ...byPhone, ...byLid } });
  const reactionsTo = (...rows: readonly RecentMessage[]) => readThread([wrote, ours, ...rows], wrote.seq).history[1]?.reactions;
  expect(reactionsTo(liked(byPhone, "👍"), liked({ ...byPhone, ...byLid }, "🎉"))).toEqual(["🎉"]);
  expect(reactionsTo(liked(byPhone, "👍"), liked(byLid, "🎉"))).toEqual(["🎉"]);
  expect(reactionsTo(liked(byPhone, "👍"), liked(byLid, ""))).toBeUndefined();
});

test("the last words are those of the turn that said them, until somebody else says something", () => {
  const said = row({ direction: "out", author: "ai", turn_id: "turn" });
  expect(readThread([said, row({})], 0).lastSaidByTurn).toBe("turn");
  expect(readThread([said, row({ direction: "out", author: "human" }), row({})], 0).lastSaidByTurn).toBeNull();
});

test("in a group each message names its member, and two members' reactions are two", () => {
  const ana = { phone: "12025550147", name: "Ana" };
  const first = row({ text: "who brings bread?", participant: ana });
  const ours = row({ direction: "out", author: "ai", text: "I do.", turn_id: "t", provider_message_id: "wamid.ours" });
  const liked = (participant: { readonly phone: string }, text: string) =>
    row({ type: "reaction", text, participant, target_provider_message_id: "wamid.ours" });
  const thread = readThread([first, ours, liked(ana, "👍"), liked({ phone: "12025550148" }, "❤️"), liked(ana, "🎉")], first.seq);
  expect(thread.history).toMatchObject([{ from: "Ana" }, { reactions: ["🎉", "❤️"] }]);
  expect(readThread([row({ participant: { phone: "12025550148" } })], 0).burst).toMatchObject([{ from: "+12025550148" }]);
});

test("the advertisement that was clicked and the product that is asked about are shown", () => {
  const clicked = row({
    text: "hi",
    referral: { source_type: "ad", headline: "Spring offer", body: "Two for one", source_url: "https://fb.example/x" },
  });
  const asks = row({ text: "still there?", referred_product: { catalog_id: "8", product_retailer_id: "SKU-9" } });
  const bare = row({ text: "hello", referral: { source_id: "1202", ctwa_clid: "Aff-1" } });
  const about = ["Ad: Spring offer, Two for one, https://fb.example/x", "Product: SKU-9", "Ad: 1202"];
  expect(readThread([clicked, asks, bare], 0).burst.map((message) => message.about)).toEqual(about);
  // Not a word of the customer's.
  expect(readThread([clicked], 0).burst[0]).toMatchObject({ text: "hi", words: "hi", asks: "greeting" });
});

test("a quoted message far back has its words, and an unknown one is shown as such", () => {
  const far = row({ text: "this one please", quoted_provider_message_id: "wamid.far", quoted_text: "Seed loaf, 5.50" });
  const unknown = row({ text: "and this", quoted_provider_message_id: "wamid.never-seen" });
  expect(readThread([far, unknown], 0).burst.map(({ quote }) => quote)).toEqual(["Seed loaf, 5.50", "(an earlier message)"]);
});

test("a quoted message without words is described", () => {
  const quoting = (quoted_type: string, quoted_text: string | null) =>
    row({ text: "this one?", quoted_provider_message_id: "wamid.far", quoted_text, quoted_type });
  const rows = [
    quoting("image", null),
    quoting("audio", " "),
    quoting("sticker", null),
    quoting("image", "the invoice"),
    quoting("new", null),
  ];
  expect(readThread(rows, 0).burst.map(({ quote }) => quote)).toEqual([
    "(a picture)",
    "(a voice message)",
    "(a sticker)",
    "the invoice",
    "(something that cannot be shown)",
  ]);
});

test("an edit whose words are unknown takes none away: the question is still asked", () => {
  const asked = row({ text: "when do you open?" });
  const edit = row({ type: "edit", text: null, target_provider_message_id: asked.provider_message_id });
  expect(readThread([asked, edit], 0).burst).toMatchObject([{ text: "when do you open?", words: "when do you open?", asks: "question" }]);
});

test("what was said last is all the messages of the last turn", () => {
  const said = (text: string, turn_id: string | null) => row({ direction: "out", author: "ai", text, turn_id });
  const rows = [said("Hello.", "t1"), row({}), said("Shall I book it?", "t2"), said("It costs 10 EUR.", "t2"), row({ text: "yes" })];
  expect(readThread(rows, 4).lastSaid).toBe("Shall I book it?\nIt costs 10 EUR.");
  expect(readThread([...rows, said("I am Ana.", null)], 4).lastSaid).toBe("I am Ana.");
});
