import { expect, test } from "vitest";
import { readReferral } from "./read-referral.ts";

test("an ad is read with its headline, its words and its address", () => {
  const referral = { source_url: "https://fb.me/ad", source_type: "ad", headline: "Seed loaf", body: "Baked tonight" };
  expect(readReferral({ type: "text", referral })).toEqual({
    kind: "an ad",
    headline: "Seed loaf",
    body: "Baked tonight",
    link: { text: "https://fb.me/ad", address: "https://fb.me/ad" },
  });
  expect(readReferral({ referral: { source_type: "post", source_id: "7" } })).toMatchObject({ kind: "a post", link: undefined });
});

test.each(["javascript:alert(1)", "data:text/html,x", "https://fb.me@evil.example/", "nothing"])(
  "the address %j cannot be followed",
  (url) => {
    expect(readReferral({ referral: { source_url: url } })?.link).toEqual({ text: url, address: undefined });
  },
);

test.each([{}, { referral: null }, { referral: "ad" }, { referral: [] }, { referral: {} }])("%j has no ad", (content) => {
  expect(readReferral(content)).toBeUndefined();
});

test("what is not text is left out", () => {
  expect(readReferral({ referral: { headline: 7, body: { a: 1 }, source_url: " " } })).toEqual({
    kind: "an ad",
    headline: undefined,
    body: undefined,
    link: undefined,
  });
});
