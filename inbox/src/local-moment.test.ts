import { expect, test } from "vitest";
import { inAnHour, instantOf, localMoment } from "./local-moment.ts";

test("what the field writes is the moment on the clocks of this browser, there and back", () => {
  const at = new Date(2027, 0, 7, 9, 5);
  expect(localMoment(at)).toBe("2027-01-07T09:05");
  expect(instantOf("2027-01-07T09:05", at.getTime() - 1)).toBe(at.toISOString());
  // Nothing is written by it, and nothing would leave at once.
  expect([instantOf(""), instantOf("2027-01-07T09:05", at.getTime())]).toEqual([undefined, undefined]);
});

test("what is offered first is a full hour, at least an hour away", () => {
  expect(inAnHour(new Date(2027, 0, 7, 9, 5).getTime())).toBe("2027-01-07T11:00");
  expect(inAnHour(new Date(2027, 0, 7, 9).getTime())).toBe("2027-01-07T10:00");
  expect(inAnHour(new Date(2027, 11, 31, 22, 30).getTime())).toBe("2028-01-01T00:00");
});
