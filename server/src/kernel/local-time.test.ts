import { expect, test } from "vitest";
import { readLocalTime } from "./local-time.ts";

test("a time on the clocks of a place is the moment that they show it, also on the days when they change", () => {
  const at = (written: string, zone: string): string | undefined => readLocalTime(written, zone)?.toISOString();
  expect(at("2027-01-07T09:00", "Europe/Lisbon")).toBe("2027-01-07T09:00:00.000Z");
  expect(at("2027-07-07T09:00", "Europe/Lisbon")).toBe("2027-07-07T08:00:00.000Z");
  expect(at("2027-03-28T03:30", "Europe/Berlin")).toBe("2027-03-28T01:30:00.000Z");
  expect(at("2027-03-28T01:30", "Europe/Berlin")).toBe("2027-03-28T00:30:00.000Z");
  expect(at("2027-11-07T03:00:30", "America/New_York")).toBe("2027-11-07T08:00:30.000Z");
  expect(at("2027-01-07 09:00", "Asia/Kathmandu")).toBe("2027-01-07T03:15:00.000Z");
  expect(at("2027-01-07T09:00:00+02:00", "Asia/Kathmandu")).toBe("2027-01-07T07:00:00.000Z");
  for (const none of ["tomorrow", "2027-13-07T09:00", "2027-01-07", "", "09:00"]) expect(at(none, "UTC")).toBeUndefined();
});
