// Proves with a real server that an answer without an end does not fill our memory.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contextFor, createTestModel, settingsFor } from "../../test/support/test-model.ts";
import { ResponderFault } from "../answers/responder.ts";

const PIECE = "word ".repeat(13_000);
const ENOUGH_BYTES = 64_000_000;
let status = 200;
let written = 0;

/** Goes on as long as somebody reads. */
async function pour(response: ServerResponse): Promise<void> {
  written = 0;
  response.writeHead(status, { "content-type": status === 200 ? "text/event-stream" : "application/json" });
  const chunk = JSON.stringify({
    id: "c",
    object: "chat.completion.chunk",
    model: "m",
    choices: [{ index: 0, delta: { content: PIECE } }],
  });
  const piece = status === 200 ? `data: ${chunk}\n\n` : PIECE;
  while (!response.destroyed && written < ENOUGH_BYTES) {
    written += piece.length;
    if (!response.write(piece)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
}

const server = createServer((_request, response) => void pour(response));
beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it.each([200, 500])("a server that answers %d and never stops is given up after 4 MB", async (answered) => {
  status = answered;
  const { port } = server.address() as AddressInfo;
  const context = contextFor(settingsFor(`http://127.0.0.1:${String(port)}/v1`));
  const fault: unknown = await createTestModel()
    .responder.respond(context, new AbortController().signal)
    .catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ResponderFault);
  expect(fault).toMatchObject({ isFinal: false, message: expect.stringContaining("longer than 4000000 bytes") });
  expect(written).toBeLessThan(ENOUGH_BYTES);
});
