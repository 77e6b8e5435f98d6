import { expect, test, vi } from "vitest";
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

test("what a gateway tells of anything but its connection is not parsed a second time, however long it is", () => {
  const parse = vi.spyOn(JSON, "parse");
  try {
    const signalOf = (provider: "evolution" | "waha" | "baileys", field: string) =>
      readSignal({ kind: "notice", provider, field, raw: '{"data":{"state":"open"},"payload":{"status":"WORKING"}}' });
    for (const provider of ["evolution", "waha", "baileys"] as const)
      for (const field of ["chats.set", "presence.update", "message.ack"]) expect(signalOf(provider, field), field).toBeUndefined();
    expect(parse).not.toHaveBeenCalled();
    expect(signalOf("evolution", "CONNECTION_UPDATE")?.severity).toBe("info");
    expect(signalOf("waha", "session.status")?.severity).toBe("info");
    expect(parse).toHaveBeenCalledTimes(2);
  } finally {
    parse.mockRestore();
  }
});
