import { describe, expect, it } from "vitest";
import { contextFor, message, settingsFor } from "../../test/support/test-model.ts";
import type { JsonObject } from "../kernel/json.ts";
import { checkReply, withoutDoubtfulLinks } from "./check-reply.ts";
import { findLinks } from "./find-links.ts";
import { renderPrompt } from "./render-prompt.ts";
import type { ReplyContext } from "../answers/responder.ts";

function problemsOf(text: string, settings: JsonObject = {}, more: Partial<ReplyContext> & { readonly found?: readonly string[] } = {}) {
  const { found = [], ...rest } = more;
  const context = contextFor(settingsFor("http://127.0.0.1:1/v1", settings), rest);
  const tools = ["handoff", "search_knowledge"];
  const { mark, rules } = renderPrompt(context, { tools });
  return checkReply({ text: text.replaceAll("{{mark}}", mark).replaceAll("{{rules}}", rules), context, mark, rules, tools, found }).map(
    ({ kind }) => kind,
  );
}

describe("links of a reply", () => {
  it("are fine when their host is in the texts of the business that were shown or found, or in its prompt", () => {
    expect(problemsOf("See https://smile.example/hours or www.smile.example.")).toEqual([]);
    expect(problemsOf("See https://book.smile.example/x")).toEqual([]);
    expect(problemsOf("See https://found.example/x", {}, { found: ['{"body":"at https://found.example"}'] })).toEqual([]);
    expect(problemsOf("See https://prompt.example/x", { systemPrompt: "Bookings: https://prompt.example" })).toEqual([]);
  });

  it("are refused otherwise: other hosts, look-alikes, hosts of the customer's, mail addresses", () => {
    for (const link of [
      "https://evil.example",
      "evil.com/x",
      "www.evil.org",
      "https://notsmile.example",
      "https://smile.example.evil.com",
      "x@evil.com",
      "web:evil.com",
      "web=evil.com",
      "mailto:x@evil.com",
      "a/evil.com",
    ])
      expect(problemsOf(`See ${link}`)).toEqual(["link"]);
    expect(problemsOf("See https://mine.example/a", {}, { burst: [message("https://mine.example/a")] })).toEqual(["link"]);
  });

  it("are those of the list, with their subdomains, when the business has one", () => {
    expect(problemsOf("Pay at https://pay.good.example/x", { allowedLinks: ["good.example"] })).toEqual([]);
    expect(problemsOf("See https://smile.example/hours", { allowedLinks: ["good.example"] })).toEqual(["link"]);
    expect(problemsOf("See https://smile.example/hours", { allowedLinks: [] })).toEqual(["link"]);
  });

  it("are found as WhatsApp finds them, and ordinary writing is not taken for one", () => {
    const hosts = (text: string): readonly string[] =>
      findLinks(text)
        .map(({ host }) => host)
        .toSorted();
    expect(hosts("https://a.example/x, (b.com/y) WWW.C.ORG hxxps://d.example e。com f.co.uk xn--bcher-kva.example bücher.com")).toEqual([
      "a.example",
      "b.com",
      "c.org",
      "d.example",
      "e.com",
      "f.co.uk",
      "xn--bcher-kva.com",
    ]);
    expect(
      hosts("We open at 9.30, e.g. on Mon.Tuesday too. Prices from 1.500,00 R$. Dr.Silva, p.m., U.S. The end.It goes on. 3.14"),
    ).toEqual([]);
    expect(
      hosts("node.js, menu.pdf, index.html, v1.2.3, 18.30, bom.Não, agora.mas, the end.now we, etc.In that, 127.0.0.1, foo..bar"),
    ).toEqual([]);
    expect(hosts("t.me/x bit.ly/x www.acme.example acme.shop/a")).toEqual(["acme.example", "acme.shop", "bit.ly", "t.me"]);
  });
});

describe("what would only look like a link", () => {
  const apart = (text: string): string =>
    withoutDoubtfulLinks(text, { context: contextFor(settingsFor("http://127.0.0.1:1/v1", { allowedLinks: ["acme.de"] })), found: [] });

  it("is the end of a sentence and the beginning of the next, and gets a space between them", () => {
    expect(apart("Tudo certo no fim.se quiser, escreva. Ende.de")).toBe("Tudo certo no fim. se quiser, escreva. Ende. de");
    expect(problemsOf(apart("Tudo certo no fim.se quiser, escreva."))).toEqual([]);
    const numbers = "Até às 18h.no sábado; 9 a.m.to 5 p.m.is fine, R$ 1.500.de entrada, z.B.im Mai, ab 10.am Montag, 8:30.se quiser";
    expect(apart(numbers)).toBe(
      "Até às 18h. no sábado; 9 a.m. to 5 p.m. is fine, R$ 1.500. de entrada, z.B. im Mai, ab 10. am Montag, 8:30. se quiser",
    );
    expect(problemsOf(apart(numbers))).toEqual([]);
  });

  it("stays when it is the business's, or a link beyond doubt, which is then refused", () => {
    expect(apart("See acme.de or evil.de/x or evil.com")).toBe("See acme.de or evil.de/x or evil.com");
    expect(problemsOf("See evil.de/x")).toEqual(["link"]);
  });
});

describe("the language of a reply", () => {
  const portuguese = "Estamos abertos aos sábados das nove ao meio-dia, e nos dias úteis das nove às seis da tarde.";
  const english = "We are open on Saturdays from nine until noon, and on weekdays from nine to six in the evening.";

  it("is the business's, when it has one", () => {
    expect(problemsOf(english, { replyLanguage: "pt-BR" })).toEqual(["language"]);
    expect(problemsOf(portuguese, { replyLanguage: "pt-BR" })).toEqual([]);
  });

  it("is else the customer's, when that is clear", () => {
    const hebrew = "שלום, אני רוצה לדעת מתי אתם פתוחים בשבת ואם אפשר לקבוע תור לטיפול";
    expect(problemsOf(english, {}, { burst: [message(hebrew)] })).toEqual(["language"]);
    expect(problemsOf(english, {}, { burst: [message("ok")] })).toEqual([]);
    expect(problemsOf(portuguese, {}, { burst: [message("Queria saber se vocês abrem aos sábados e quanto custa a consulta")] })).toEqual(
      [],
    );
  });

  it("of a short one is not judged", () => {
    expect(problemsOf("Sim!", { replyLanguage: "en" })).toEqual([]);
    expect(problemsOf("https://smile.example/hours", { replyLanguage: "he" })).toEqual([]);
  });
});

describe("a reply that tells what is inside", () => {
  const systemPrompt = Array.from({ length: 40 }, (_, index) => `rule${index} says to be kind`).join(", ");

  it("is refused: our rules, the marks, names of tools and secrets, most of the business's prompt", () => {
    expect(problemsOf("{{rules}}", { maxMessages: 10 })).toContain("leak");
    expect(problemsOf("It is customer-{{mark}}.")).toEqual(["leak"]);
    expect(problemsOf("I call search_knowledge.")).toEqual(["leak"]);
    expect(problemsOf("The key is in model_\u200bapi_key.")).toEqual(["leak"]);
    expect(problemsOf(`My prompt: ${systemPrompt}`, { systemPrompt })).toEqual(["leak"]);
  });

  it("may well repeat a fact of the prompt", () => {
    expect(problemsOf(`We say: ${systemPrompt.slice(0, 120)}`, { systemPrompt })).toEqual([]);
  });
});

it("a reply that cannot be split into the allowed messages is too long", () => {
  expect(problemsOf("word ".repeat(100), { maxMessages: 1, maxMessageLength: 100 })).toEqual(["too_long"]);
  expect(problemsOf("word ".repeat(100), { maxMessages: 10, maxMessageLength: 100 })).toEqual([]);
});
