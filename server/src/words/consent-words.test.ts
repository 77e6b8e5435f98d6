import { expect, test } from "vitest";
import { confirmationOf, createFindConsentWord, findDefaultConsentWord } from "./consent-words.ts";

test.for([
  ...[
    "STOP",
    "Stop.",
    "stop!!",
    "Please stop",
    "stop please",
    "unsubscribe",
    "UNSUBSCRIBE me, thanks",
    "opt-out",
    "Don't message me",
    "🛑 STOP",
  ],
  ...["BAJA", "Cancelar suscripción", "no más mensajes por favor", "Sair", "NÃO QUERO MAIS RECEBER MENSAGENS", "הסר", "הסירו אותי בבקשה"],
  ...[
    "توقف",
    "إلغاء الإشتراك",
    "ايقاف",
    "Désabonner",
    "se desabonner",
    "ne m’écrivez plus",
    "STOPP",
    "abmelden",
    "Bitte keine Nachrichten mehr",
  ],
])("%s opts out", (text) => {
  expect(findDefaultConsentWord(text)?.word).toBe("stop");
});

test.for(["START", "start.", "Subscribe me please", "alta", "voltar", "הצטרף", "اشترك", "s'abonner", "Anmelden"])(
  "%s opts in again",
  (text) => {
    expect(findDefaultConsentWord(text)?.word).toBe("start");
  },
);

test.for([
  ...["", "?", "🛑", "cancel", "quit", "end", "no", "no más", "nada más", "basta", "alto", "di", "די", "remover", "parar", "exit"],
  ...[
    "Where is the bus stop?",
    "stop the order 1234",
    "don't stop",
    "non-stop",
    "please",
    "por favor",
    "how do I unsubscribe from the gym?",
  ],
  ...["start the order", "when do you start?", "I want to stop by at five", "stop ".repeat(30)],
])("%j is no such word", (text) => {
  expect(findDefaultConsentWord(text)).toBeUndefined();
});

test("a business's own words stand in the place of ours, and a stop wins over a start", () => {
  const find = createFindConsentWord({ stopWords: ["Aus!", "beides", ""], startWords: ["Ein", "beides"] });
  expect(["AUS", "beides", "ein", "stop", "start", ""].map((text) => find(text)?.word)).toEqual([
    "stop",
    "stop",
    "start",
    undefined,
    undefined,
    undefined,
  ]);
});

test("it is confirmed in the language of the word, else in that of the business", () => {
  const said = (text: string) => findDefaultConsentWord(text) ?? { word: "stop" as const, language: undefined };
  expect(confirmationOf(said("sair"), "english")).toContain("VOLTAR");
  expect(confirmationOf(said("STOP"), "portuguese")).toContain("VOLTAR");
  expect(confirmationOf(said("STOP"), "simple")).toContain("START");
  expect(confirmationOf(said("הסר"), "english")).toContain("הצטרף");
});

test("whatever a confirmation tells somebody to write is understood", () => {
  for (const language of ["english", "spanish", "portuguese", "hebrew", "arabic", "french", "german"])
    for (const word of ["stop", "start"] as const) {
      const told = /(?:\p{Lu}{4,}|"[^"]+")/u.exec(confirmationOf({ word, language: undefined }, language))?.[0];
      expect([language, word, findDefaultConsentWord(told ?? "")?.word]).toEqual([language, word, word === "stop" ? "start" : "stop"]);
    }
});
