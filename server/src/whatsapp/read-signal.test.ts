import { expect, test } from "vitest";
import { readSignal } from "./read-signal.ts";

const quality = (event: string) => {
  const value = { display_phone_number: "15550100200", event };
  const raw = JSON.stringify({ entry: [{ id: "1", changes: [{ field: "phone_number_quality_update", value }] }] });
  return readSignal({ kind: "notice", provider: "cloud", field: "phone_number_quality_update", raw })?.severity;
};

test("only a quality that falls is a warning", () => {
  for (const event of ["FLAGGED", "DOWNGRADE"]) expect(quality(event), event).toBe("warning");
  for (const event of ["UNFLAGGED", "UPGRADE", "ONBOARDING"]) expect(quality(event), event).toBe("info");
});
