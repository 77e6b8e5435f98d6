import { expect, test } from "vitest";
import { asksOf, decideBurst, leftForPerson, type Asks, type BurstCircumstances } from "./asks-for-reply.ts";
import { changesMeaning } from "../replies/changed-meaning.ts";
import { readCourtesy } from "./courtesies.ts";
import { questionsOf } from "./questions-of.ts";

test.each([
  [
    "greeting",
    "Hello",
    "hi!",
    "Heyyy",
    "good morning 🌞",
    "¡Hola! Buenos días",
    "Oi, tudo bem?",
    "Bonjour",
    "Guten Tag",
    "שלום",
    "السلام عليكم",
    "Hi, thanks",
  ],
  [
    "thanks",
    "ok",
    "Okkkk",
    "Thanks! 👍",
    "thaaanks",
    "thank you so much!",
    "Ok, got it, thanks",
    "perfect",
    "gracias",
    "Muchas gracias por la ayuda",
    "valeu 🙏",
    "obrigada!",
    "merci beaucoup",
    "Vielen Dank!",
    "תודה רבה",
    "شكرا جزيلا",
    "bye",
    "haha",
  ],
  ["answer", "yes", "No", "Yes please", "sí", "não", "oui", "Nein", "כן", "نعم", "2", "No thanks", "👍"],
  ["stop", "STOP", "unsubscribe", "Stop.", "please stop", "baja", "sair", "arrêter", "Abmelden", "הסר", "توقف"],
  ["nothing", "🙏🏽🙏🏽", "?", "...", "❤️", "!!", "👨‍👩‍👧"],
  [
    "person",
    "I want to speak to a human",
    "agent please",
    "Can I talk to a real person?",
    "please connect me with somebody from your team",
    "is there a person I can talk to",
    "quiero hablar con una persona",
    "necesito hablar con un asesor",
    "quero falar com um atendente",
    "gostaria de falar com alguém",
    "je veux parler à un humain",
    "Ich möchte mit einem Mitarbeiter sprechen",
    "אני רוצה נציג",
    "אפשר לדבר עם נציג?",
    "אני רוצה לדבר עם בן אדם",
    "اريد التحدث مع موظف",
    "human",
  ],
  [
    "question",
    "When are you open on Sunday?",
    "Hi, do you deliver?",
    "thanks, and how much is a roll?",
    "is the human resources department hiring?",
    "are you an agent of Acme?",
    "Can someone tell me the price?",
    "I stopped by yesterday",
    "no gluten bread",
    "¿A qué hora abren?",
    "quanto custa?",
    "מתי אתם פתוחים?",
    "متى تفتحون؟",
    "yesterday",
    "1234567",
    "okra",
    "room 12",
  ],
] as const)("is read as %s", (kind, ...texts) => {
  expect(texts.map((text) => [text, readCourtesy(text)])).toEqual(texts.map((text) => [text, kind]));
});

const none = {};
test.each<{ asks: Asks; type: string; words: string | null; content: object }>(
  (
    [
      ["nothing", "sticker", null, none],
      ["nothing", "reaction", null, none],
      ["nothing", "poll_vote", null, none],
      ["nothing", "call", null, none],
      ["nothing", "placeholder", null, none],
      ["shared", "location", null, none],
      ["shared", "contacts", null, none],
      ["shared", "document", null, none],
      ["chosen", "button", "Yes", { button: { text: "Yes" } }],
      ["chosen", "interactive", "No, thanks", { interactive: { type: "button_reply" } }],
      ["question", "interactive", "Opening hours", { interactive: { type: "list_reply" } }],
      ["stop", "button", "Stop promotions", { button: { text: "Stop promotions" } }],
      ["answer", "interactive", "yes", { interactive: { type: "button" } }],
      ["nothing", "unsupported", null, { unsupported: { type: "edit" } }],
      ["unreadable", "unsupported", null, { unsupported: { type: "poll_creation" } }],
      ["unreadable", "audio", null, none],
      ["unreadable", "image", null, none],
      ["question", "image", "Do you have this one?", none],
      ["thanks", "image", "Thanks!", none],
      ["order", "order", "please by noon", none],
    ] as const
  ).map(([asks, type, words, content]) => ({ asks, type, words, content })),
)("asks for $asks: a message of the type $type with the words $words", ({ asks, type, words, content }) => {
  expect(asksOf({ type, words, content: content as never })).toBe(asks);
});

const burst = (...asks: readonly Asks[]) =>
  asks.map((one, index) => ({ seq: index, author: "customer", type: "text", text: "", sentAt: new Date(), asks: one }) as const);
const decide = (asks: readonly Asks[], more: Partial<BurstCircumstances> = {}) =>
  decideBurst(burst(...asks), { understands: false, lastSaid: null, findsPerson: true, ...more });

test("a burst is asked for when one of its messages asks, whatever the others are", () => {
  for (const other of ["nothing", "thanks", "greeting", "answer", "stop", "unreadable"] as const) {
    expect(decide([other, "question"]).outcome).toBe("ask");
    expect(decide(["question", other]).outcome).toBe("ask");
  }
  expect(decide(["question", "person"]).outcome).toBe("handoff");
  expect(decide(["question", "person"], { findsPerson: false }).outcome).toBe("ask");
});

test("what a person has to take or look at is left for them, whatever else is in the burst", () => {
  for (const other of ["nothing", "thanks", "greeting", "answer", "question", "shared"] as const) {
    expect(leftForPerson(burst(other))).toBeUndefined();
    expect(leftForPerson(burst(other, "unreadable"))).toBe("unreadable");
    expect(leftForPerson(burst("unreadable", other, "order"))).toBe("order");
  }
});

test("a burst that asks for nothing ends without a word, and without a person", () => {
  expect(decide(["nothing"])).toMatchObject({ outcome: "skip", reason: "nothing_to_answer" });
  expect(decide(["answer", "nothing"])).toMatchObject({ outcome: "skip", reason: "nothing_to_answer" });
  expect(decide(["stop", "thanks"])).toMatchObject({ outcome: "skip", reason: "stop_word" });
  expect(decide(["thanks"], { understands: true, lastSaid: "We open at 8." })).toMatchObject({ outcome: "skip", mayGreet: true });
});

test("a short answer to our own question goes to whoever understands it", () => {
  const asked = { understands: true, lastSaid: "Shall I book it for Tuesday?" };
  expect(decide(["answer"], asked).outcome).toBe("ask");
  expect(decide(["thanks"], asked).outcome).toBe("ask");
  expect(decide(["answer"], { ...asked, understands: false }).outcome).toBe("skip");
  expect(decide(["shared"], asked).outcome).toBe("ask");
  expect(decide(["nothing"], asked).outcome).toBe("skip");
  expect(decide(["shared"], { ...asked, lastSaid: "We open at 8." }).outcome).toBe("skip");
});

test("what a customer chose among what they were given goes to whoever understands it", () => {
  expect(decide(["chosen"], { understands: true, lastSaid: "Your appointment is tomorrow." }).outcome).toBe("ask");
  expect(decide(["chosen"]).outcome).toBe("skip");
});

test("the questions of a text are each found, at most four", () => {
  expect(questionsOf("What are your opening hours? Also do you have gluten free bread?").whole).toEqual([
    "What are your opening hours?",
    "Also do you have gluten free bread?",
  ]);
  expect(questionsOf("Hi! How are you? When do you open? Thanks!").whole).toEqual(["When do you open?"]);
  expect(questionsOf("what are your hours\nhow much is a roll").whole).toEqual(["what are your hours", "how much is a roll"]);
  expect(questionsOf("I would like bread. It is for Sunday.").whole).toEqual([]);
  expect(questionsOf("Is it open? ".repeat(9)).whole).toHaveLength(4);
});

test.each([
  ["When do you opne?", "When do you open?", false],
  ["satruday", "Saturday", false],
  ["Do you open on Sunday?", "Do you open on Monday?", true],
  ["a table for 2", "a table for 3", true],
  ["hello", "hello, do you deliver", true],
  ["Same words.", "same words", false],
  ["a que hora abren", "¿A qué hora abren?", false],
  ["open to day", "open today", false],
  ["I do now want it", "I do not want it", true],
  ["pao com gluten", "pão sem glúten", true],
])("%s edited into %s changes what is asked: %s", (before, after, changes) => {
  expect(changesMeaning(before, after)).toBe(changes);
});
