import { expect, test } from "vitest";
import { GATEWAYS } from "./providers.ts";
import { readGatewaySignal } from "./gateways/read-gateway-signal.ts";
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

test("a gateway's notice is parsed again only where it may be about the connection, however long it is", () => {
  const unparsed = (): never => {
    throw new Error("parsed");
  };
  for (const gateway of GATEWAYS)
    for (const field of ["chats.set", "presence.update", "message.ack"])
      expect(readGatewaySignal(gateway, field, unparsed)).toBeUndefined();
  const open = () => ({ data: { state: "open" }, payload: { status: "WORKING" } });
  expect(readGatewaySignal("evolution", "CONNECTION_UPDATE", open)?.severity).toBe("info");
  expect(readGatewaySignal("waha", "session.status", open)?.severity).toBe("info");
});
