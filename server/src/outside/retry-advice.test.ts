import { expect, it } from "vitest";
import { mayPass, readRetryAfter } from "./retry-advice.ts";

const NOW = Date.parse("2026-11-25T14:00:00Z");
const wait = (headers: Record<string, string>): number | undefined => readRetryAfter((name) => new Headers(headers).get(name), NOW);

it.each<[Record<string, string>, number | undefined]>([
  [{ "retry-after": "7" }, 7_000],
  [{ "retry-after": " 0.5 " }, 500],
  [{ "retry-after": "99999999" }, 3_600_000],
  [{ "retry-after": "Wed, 25 Nov 2026 14:01:00 GMT" }, 60_000],
  [{ "retry-after": "Wed, 25 Nov 2026 13:00:00 GMT" }, undefined],
  [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
  [{ "retry-after": "soon" }, undefined],
  [{}, undefined],
])("%o is a wait of %s ms", (headers, expected) => {
  expect(wait(headers)).toBe(expected);
});

it("what the server or the moment is to blame for may pass; what the request is to blame for does not", () => {
  expect([408, 409, 425, 429, 500, 503].filter((status) => !mayPass(status))).toEqual([]);
  expect([301, 400, 401, 403, 404, 410, 422].filter(mayPass)).toEqual([]);
});
