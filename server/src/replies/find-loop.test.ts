import { expect, test } from "vitest";
import { findLoopFor } from "../../test/support/loop-rows.ts";

const times = (count: number, text: (n: number) => string): readonly string[] => Array.from({ length: count }, (_, n) => text(n));

test("the same text again and again is a loop, different questions are not", () => {
  expect(findLoopFor(times(5, () => "out of office"))).toBe(true);
  expect(findLoopFor(times(4, () => "open on Sunday?"))).toBe(false);
  expect(findLoopFor(times(10, (n) => `question ${String(n)}`))).toBe(false);
  expect(findLoopFor(times(17, (n) => `ticket ${"x".repeat(n)} received`))).toBe(true);
  expect(
    findLoopFor(
      times(5, () => "out of office"),
      200_000,
    ),
  ).toBe(false);
});

const number = (n: number): string => String(1_832 + n);
test.each<readonly [what: string, text: (n: number) => string]>([
  ["counter", (n) => `Ticket #${number(n)} received`],
  ["counter behind a known question", (n) => `When are you open? This is automatic message ${number(n)}.`],
  ["time", (n) => `Message received at 10:${String(10 + n)}`],
  ["time and seconds", (n) => `[10:${String(10 + n)}:0${String(n)} AM] We are out of the office.`],
  ["date", (n) => `Recebemos a sua mensagem em ${String(n + 1)}/11/2026.`],
  ["date in words", (n) => `Wir haben Ihre Nachricht vom ${String(n + 1)}. November erhalten.`],
  ["amount", (n) => `Su saldo es de $ 1.2${String(n)}0,50 al dia de hoy`],
  ["amount in groups", (n) => `Votre solde est de 1 2${String(n)}0,00 € ce jour`],
  ["id", (n) => `Your request AB-${number(n)}-x${String(n)}f has been registered.`],
  ["uuid", (n) => `Request 3f2a9c1e-4b5d-abcd-9f0${String(n)}-aa logged, thank you.`],
  ["address", (n) => `Follow your parcel here: https://parcel.example/t/${number(n)}`],
  ["Hebrew", (n) => `פנייה מספר ${number(n)} התקבלה`],
  ["Arabic digits", (n) => `تم استلام الرسالة رقم ٣${String.fromCodePoint(0x660 + n)} شكرا`],
])("texts of a machine that differ by a number only are the same: %s", (_, text) => {
  expect(findLoopFor(times(5, text))).toBe(true);
  expect(findLoopFor(times(4, text))).toBe(false);
});

test.each<readonly [what: string, text: (n: number) => string]>([
  ["choices", (n) => String(n + 1)],
  ["the same choice in one menu after the other", () => "1"],
  ["the same short answer", () => "yes please"],
  ["numbers", (n) => number(n)],
  ["numbers in groups", (n) => `12 ${number(n)} 7${String(n)}`],
  ["order numbers", (n) => `order ${number(n)}`],
  ["order numbers with two words", (n) => `order number ${number(n)}`],
  ["from and to", (n) => `${String(n)} and ${String(n + 3)}`],
  ["questions about a number", (n) => `how much is it for ${String(n + 2)} people`],
  ["questions with a mark", (n) => `And is my order ${number(n)} there?`],
  ["questions in Spanish", (n) => `¿Cuánto cuesta una torta para ${String(n + 2)} personas?`],
])("a customer who sends numbers is none: %s", (_, text) => {
  expect(findLoopFor(times(8, text))).toBe(false);
});

test("what answers our question keeps its number, unless it is long", () => {
  const ours = "Which order is it, please?";
  expect(
    findLoopFor(
      times(8, (n) => `my order is ${number(n)}`),
      undefined,
      ours,
    ),
  ).toBe(false);
  expect(
    findLoopFor(
      times(8, (n) => `We have received your request ${number(n)} and will be back in touch soon.`),
      undefined,
      ours,
    ),
  ).toBe(true);
});
