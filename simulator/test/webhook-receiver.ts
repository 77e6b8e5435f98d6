// Owns an HTTP server that plays Onethread for the simulator's tests: keeps each webhook's bytes, answers as told.
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { isJsonObject } from "../src/json-object.ts";
import type { JsonObject } from "../src/json-object.ts";

export interface ReceivedWebhook {
  readonly bytes: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly json: JsonObject;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly received: ReceivedWebhook[];
  /** Status for the nth webhook (from 1); default 200. */
  respond: (webhook: ReceivedWebhook, nth: number) => number;
  /** Resolves when what was received so far satisfies it. */
  readonly until: (satisfied: (received: readonly ReceivedWebhook[]) => boolean) => Promise<void>;
  /** All items of a list (`messages`, `statuses`, …) in order of arrival. */
  readonly items: (list: string) => readonly JsonObject[];
  readonly stop: () => Promise<void>;
}

const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

export function valuesIn(webhook: ReceivedWebhook): readonly JsonObject[] {
  return objectsIn(webhook.json["entry"])
    .flatMap((entry) => objectsIn(entry["changes"]))
    .map((change) => change["value"])
    .filter(isJsonObject);
}

export async function startWebhookReceiver(verifyToken = "verify-me"): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const watchers = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "GET") {
        const query = new URL(request.url ?? "/", "http://receiver").searchParams;
        const ok = query.get("hub.verify_token") === verifyToken;
        response.writeHead(ok ? 200 : 403).end(ok ? query.get("hub.challenge") : "");
        return;
      }
      const bytes = Buffer.concat(chunks);
      const json: unknown = JSON.parse(bytes.toString());
      const webhook = { bytes, headers: request.headers, json: isJsonObject(json) ? json : {} };
      received.push(webhook);
      response.writeHead(receiver.respond(webhook, received.length)).end();
      for (const look of watchers) look();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${port}/webhooks/whatsapp`,
    received,
    respond: () => 200,
    until: (satisfied) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!satisfied(received)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    items: (list) => received.flatMap(valuesIn).flatMap((value) => objectsIn(value[list])),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
