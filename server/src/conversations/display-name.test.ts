import { expect, test } from "vitest";
import { displayNameOf } from "./display-name.ts";

const everything = { leadName: "Ana (VIP)", contactName: "Ana Souza", pushName: "ana 🌸", phone: "553187654321", username: "ana.s" };

test("the strongest name wins, and each gives way to the next when it is missing or blank", () => {
  expect(displayNameOf(everything)).toBe("Ana (VIP)");
  expect(displayNameOf({ ...everything, leadName: " " })).toBe("Ana Souza");
  expect(displayNameOf({ ...everything, leadName: null, contactName: "" })).toBe("ana 🌸");
  expect(displayNameOf({ phone: "5531987654321", username: "ana.s" })).toBe("+55 31 98765 4321");
  expect(displayNameOf({ username: "@ana.s" })).toBe("@ana.s");
  expect(displayNameOf({})).toBeUndefined();
});

test("a name that is only the number, or only a sign, is no name", () => {
  expect(displayNameOf({ pushName: "+1 202-555-0147", phone: "12025550147" })).toBe("+1 202 555 0147");
  expect(displayNameOf({ pushName: ".", phone: "12025550147" })).toBe("+1 202 555 0147");
  expect(displayNameOf({ pushName: "1984", phone: "12025550147" })).toBe("1984");
});

test("a number that no country has is shown as it is", () => {
  expect(displayNameOf({ phone: "999" })).toBe("+999");
});
