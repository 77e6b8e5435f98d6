import { describe, expect, test } from "vitest";
import { classifyProviderError } from "./provider-errors.ts";

type Expected = readonly [codes: readonly number[], advice: string, stops?: boolean, minDelayMs?: number];

const MINUTE_MS = 60_000;
/** Every code of the platform's reference: only what was certainly not processed is repeated by itself, what may have gone out never is. */
const REFERENCE: readonly Expected[] = [
  [[0, 190, 3, 10, 200, 250, 299, 131005, 368, 131031, 131037, 131045, 133010, 131042, 131044], "never", true],
  [[130497, 33, 100, 131008, 131009, 135000, 131026, 131030, 130403, 131050, 130472], "never"],
  [[131021, 131051, 131052, 131053, 137000, 131061, 131062, 131063, 131055, 131065, 131070, 134100, 134101, 134102, 2494191], "never"],
  [[131048, 131049, 131064], "never"],
  [[132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132021, 132068, 132069, 139200], "never"],
  [[2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 2388318, 2388330], "never"],
  [[131020, 131041, 131059, 131201, 131208, 131215], "never"],
  [[138000, 138038, 139100, 139103, 147001, 147005, 2494164, 2494179, 2593107, 2593109], "never"],
  [[133000, 133005, 133016, 134011, 136024], "never"],
  [[1, 131000, 2, 131016, 133004, 131057, 2494100], "reconcile"],
  [[4, 80007], "backoff", false, MINUTE_MS],
  [[130429, 131056], "backoff", false, 1000],
  [[131047], "after-window"],
];
const cases = REFERENCE.flatMap(([codes, advice, stops = false, minDelayMs]) => codes.map((code) => ({ code, advice, stops, minDelayMs })));

describe("a provider error", () => {
  test.each(cases)("$code means $advice, whatever the HTTP status", ({ code, advice, stops, minDelayMs }) => {
    for (const httpStatus of [undefined, 400, 500, 503]) {
      const verdict = classifyProviderError({ httpStatus, code });
      expect(verdict).toMatchObject({ advice, stopsChannel: stops });
      if (minDelayMs !== undefined) expect(verdict.minDelayMs).toBe(minDelayMs);
    }
  });

  test.each(cases)("$code says what happened, what was kept and what to do", ({ code }) => {
    const { sentence } = classifyProviderError({ code });
    expect(sentence.match(/[^.]+\./g)?.length).toBeGreaterThanOrEqual(3);
    expect(sentence).toMatch(/ (is kept|is not sent again)/);
  });

  const HOUR_MS = 60 * MINUTE_MS;
  test.each<readonly [codes: readonly number[], stops: string | undefined, forMs: number, slowsForMs: number]>([
    [[131064], "category", 0, 0],
    [[131050], "marketing", 0, 0],
    [[139200], "direct-send", 0, 0],
    [[131047], "entry-window", 0, 0],
    [[131048], undefined, HOUR_MS, 0],
    [[131057, 2494100, 4, 80007], undefined, MINUTE_MS, 0],
    [[130429], undefined, 0, MINUTE_MS / 2],
  ])("%j stops %s beyond its message, and holds or slows its number", (...row) => {
    const [codes, stops, forMs, slowsForMs] = row;
    for (const code of codes) {
      const { hold = { forMs: 0, slowsForMs: 0 }, ...verdict } = classifyProviderError({ code });
      expect(verdict.stops).toBe(stops);
      expect([hold.forMs >= forMs, hold.slowsForMs >= slowsForMs]).toEqual([true, true]);
    }
  });

  test("of any other kind stops nothing beyond its message but the channel", () => {
    const more = new Set([131064, 131050, 139200, 131047, 131048, 131057, 2494100, 4, 80007, 130429]);
    for (const { code } of cases.filter((each) => !more.has(each.code)))
      expect(classifyProviderError({ code })).toEqual(expect.not.objectContaining({ stops: expect.anything() as string }));
  });

  test("that limits a pair of numbers waits four times longer each time", () => {
    expect(classifyProviderError({ code: 131056 }).delayFactor).toBe(4);
  });

  test("with a subcode is explained more closely", () => {
    expect(classifyProviderError({ code: 190, subcode: 463 }).sentence).toContain("expired");
    expect(classifyProviderError({ code: 190, subcode: 1 }).sentence).not.toContain("expired");
    expect(classifyProviderError({ code: 100, subcode: 33 }).sentence).toContain("does not know the number or the media");
    expect(classifyProviderError({ code: 100, subcode: 2494010 }).sentence).toContain("refused a value");
  });

  test.each([
    [{ httpStatus: 500 }, "reconcile", false],
    [{ httpStatus: 502 }, "reconcile", false],
    [{ httpStatus: 503 }, "reconcile", false],
    [{ httpStatus: 408 }, "reconcile", false],
    [{}, "reconcile", false],
    [{ httpStatus: 500, code: 999_999 }, "reconcile", false],
    [{ httpStatus: 400, code: 999_999 }, "never", false],
    [{ code: 999_999 }, "never", false],
    [{ httpStatus: 404 }, "never", false],
    [{ httpStatus: 401 }, "never", true],
    [{ httpStatus: 302 }, "never", true],
    [{ httpStatus: 429 }, "backoff", false],
    [{ httpStatus: 429, code: 999_999 }, "backoff", false],
  ])("outside the list, %j, is sent again only when it was surely refused: %s", (sign, advice, stopsChannel) => {
    expect(classifyProviderError(sign)).toMatchObject({ advice, stopsChannel });
  });
});
