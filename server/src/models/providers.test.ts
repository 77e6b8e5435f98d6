// The other two protocols, as far as a reply needs them: what is asked, and that their streams, tools and usage are understood.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { contextFor, createTestModel, settingsFor, type PlayedTool } from "../../test/support/test-model.ts";
import { ResponderFault, type ResponderAnswer } from "../answers/responder.ts";

interface ReceivedRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

const KEY = "provider-key-123";
const lookup: PlayedTool = {
  name: "lookup",
  parameters: { type: "object", properties: { day: { type: "string" } }, required: ["day"] },
  play: () => ({ outcome: "result", result: "9 to 12" }),
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Answers each request with the next stream; a number is a status. */
async function play(provider: "anthropic" | "google", streams: readonly (readonly unknown[] | number)[]) {
  const asked: ReceivedRequest[] = [];
  server = createServer((request, response) => {
    let raw = "";
    request.on("data", (part: Buffer) => (raw += part.toString()));
    request.on("end", () => {
      const stream = streams[asked.length] ?? 500;
      asked.push({ url: request.url ?? "", headers: request.headers, body: JSON.parse(raw) as ReceivedRequest["body"] });
      if (typeof stream === "number") {
        const error = { type: "overloaded_error", code: stream, message: "busy", status: "UNAVAILABLE" };
        response
          .writeHead(stream, { "content-type": "application/json", "retry-after": "3" })
          .end(JSON.stringify({ type: "error", error }));
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of stream)
        response.write(`event: ${(event as { type?: string }).type ?? "message"}\ndata: ${JSON.stringify(event)}\n\n`);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  const model = { provider, model: "some-model", baseUrl, apiKeySecret: "my_key", temperature: 0.2, maxOutputTokens: 300 };
  const { responder } = createTestModel({ secrets: { my_key: KEY }, tools: [lookup] });
  const answer: ResponderAnswer | ResponderFault = await responder
    .respond(contextFor(settingsFor("http://127.0.0.1:1/v1", { model })), new AbortController().signal)
    .catch((fault: unknown) => fault as ResponderFault);
  return { answer, asked };
}

const anthropic = (block: object, deltas: readonly object[], stop: string): readonly unknown[] => [
  {
    type: "message_start",
    message: {
      id: "m1",
      type: "message",
      role: "assistant",
      model: "some-model-2",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 1 },
    },
  },
  { type: "content_block_start", index: 0, content_block: block },
  ...deltas.map((delta) => ({ type: "content_block_delta", index: 0, delta })),
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 20 } },
  { type: "message_stop" },
];

it("Anthropic: asked in its own form, its tools and streams are understood", async () => {
  const { answer, asked } = await play("anthropic", [
    anthropic(
      { type: "tool_use", id: "t1", name: "lookup", input: {} },
      [
        { type: "input_json_delta", partial_json: '{"day":' },
        { type: "input_json_delta", partial_json: '"Saturday"}' },
      ],
      "tool_use",
    ),
    anthropic(
      { type: "text", text: "" },
      [
        { type: "text_delta", text: "From nine " },
        { type: "text_delta", text: "to twelve." },
      ],
      "end_turn",
    ),
  ]);
  expect(answer).toMatchObject({
    outcome: "reply",
    texts: ["From nine to twelve."],
    work: { model: "some-model-2", inputTokens: 200, outputTokens: 40, toolCalls: [{ tool: "lookup", state: "result" }] },
  });
  expect(asked.map(({ url }) => url)).toEqual(["/base/messages", "/base/messages"]);
  expect(asked[0]?.headers["x-api-key"]).toBe(KEY);
  expect(asked[0]?.body).toMatchObject({ model: "some-model", max_tokens: 300, temperature: 0.2, stream: true });
  expect(JSON.stringify(asked[0]?.body["system"])).toContain("Rules that come before everything else");
  expect(JSON.stringify(asked[0]?.body["messages"])).not.toContain("Rules that stand above");
  expect(asked[0]?.body["tools"]).toMatchObject([{ name: "lookup", input_schema: { required: ["day"] } }]);
  expect(JSON.stringify(asked[1]?.body["messages"])).toMatch(/"tool_use_id":"t1".*9 to 12/);
});

const google = (part: object, more: object = {}): object => ({
  candidates: [{ content: { role: "model", parts: [part] }, index: 0, ...more }],
  usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
  modelVersion: "some-model-2",
});

it("Google: asked in its own form, its tools and streams are understood", async () => {
  const { answer, asked } = await play("google", [
    [google({ functionCall: { name: "lookup", args: { day: "Saturday" } } }, { finishReason: "STOP" })],
    [google({ text: "From nine " }), google({ text: "to twelve." }, { finishReason: "STOP" })],
  ]);
  expect(answer).toMatchObject({
    outcome: "reply",
    texts: ["From nine to twelve."],
    work: { inputTokens: 200, outputTokens: 40, toolCalls: [{ tool: "lookup", state: "result" }] },
  });
  expect(asked[0]?.url).toBe("/base/models/some-model:streamGenerateContent?alt=sse");
  expect(asked[0]?.headers["x-goog-api-key"]).toBe(KEY);
  expect(asked[0]?.body).toMatchObject({ generationConfig: { maxOutputTokens: 300, temperature: 0.2 } });
  expect(JSON.stringify(asked[0]?.body["systemInstruction"])).toContain("Rules that come before everything else");
  expect(JSON.stringify(asked[0]?.body["contents"])).not.toContain("Rules that stand above");
  expect(JSON.stringify(asked[1]?.body["contents"])).toMatch(/functionResponse.*9 to 12/);
});

it.each(["anthropic", "google"] as const)("%s: too busy is asked once, and again later", async (provider) => {
  const { answer, asked } = await play(provider, [529, 529, 529]);
  expect(answer).toBeInstanceOf(ResponderFault);
  expect(answer).toMatchObject({ isFinal: false, retryAfterMs: 3_000 });
  expect(asked).toHaveLength(1);
});
