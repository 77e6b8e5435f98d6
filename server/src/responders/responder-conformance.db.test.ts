import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { startOpenAiServer } from "../../test/support/openai-server.ts";
import { describeResponder, type ResponderSubject } from "../../test/support/responder-conformance.ts";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase } from "../../test/support/test-database.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { contextFor, createTestModel, message, settingsFor } from "../../test/support/test-model.ts";
import { createOutsideHttp } from "../outside/outside-http.ts";
import { createKnowledgeResponder } from "./knowledge-responder.ts";
import { replySettingsSchema } from "../settings/reply-settings.ts";
import type { ReplyContext } from "../answers/responder.ts";
import { createWebhookResponder } from "./webhook-responder.ts";

const OWN_WORDS = "violet parking garage";
const ASKED = [message("Where can I leave my car when I visit you?")];
const TEXT = { title: "Leave your car", body: `Visit us by car: leave it in the ${OWN_WORDS} behind the clinic.`, language: "english" };

async function openModel(): Promise<ResponderSubject> {
  const server = await startOpenAiServer();
  const calm = (): void => {
    server.script = (request) => /<knowledge-\w+[^>]*>\n([^<]+)\n</.exec(request.text("user"))?.[1] ?? "I do not know that.";
  };
  calm();
  const { responder, outside } = createTestModel();
  const settings = settingsFor(server.baseUrl);
  const known = contextFor(settings, { burst: ASKED, knowledge: [{ id: "k1", title: TEXT.title, body: TEXT.body }] });
  return {
    responder,
    known,
    stranger: contextFor(settings, { burst: ASKED, knowledge: [] }),
    ownWords: OWN_WORDS,
    far: {
      hang() {
        server.script = () => ({ fault: "hang" });
        return server.untilRequests(server.requests.length + 1);
      },
      fail() {
        server.script = ({ raw }) => ({ fault: "status", status: 500, message: raw });
      },
      restore: calm,
    },
    async close() {
      await server.stop();
      await outside.close();
    },
  };
}

async function openKnowledge(): Promise<ResponderSubject> {
  const test = await createTestDatabase();
  const [own, other] = [await createTestBusiness(test.superuser), await createTestBusiness(test.superuser)];
  const knowledge = createTestServices({ database: test.open(), log: test.log }).knowledge;
  await knowledge.addText({ businessId: own.businessId, ...TEXT });
  const settings = replySettingsSchema.parse({});
  return {
    responder: createKnowledgeResponder({ knowledge }),
    known: contextFor(settings, { businessId: own.businessId, burst: ASKED, knowledge: [] }),
    stranger: contextFor(settings, { businessId: other.businessId, burst: ASKED, knowledge: [] }),
    ownWords: OWN_WORDS,
    close: () => test.close(),
  };
}

async function openWebhook(): Promise<ResponderSubject> {
  let answer = (_response: ServerResponse, _raw: string): void => undefined;
  let asked = (): void => undefined;
  const agent = createServer((request, response) => {
    let raw = "";
    request.on("data", (part: Buffer) => (raw += part.toString()));
    request.on("end", () => {
      answer(response, raw);
      asked();
    });
  });
  await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  const outside = createOutsideHttp({ privateHosts: ["127.0.0.1"] });
  const url = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/`;
  const settings = replySettingsSchema.parse({ responder: "webhook", webhook: { url } });
  const known: ReplyContext = contextFor(settings, { burst: ASKED });
  const calm = (): void => {
    answer = (response, raw) => {
      const text = raw.includes(known.conversationId) ? `Leave it in the ${OWN_WORDS}.` : "I do not know that.";
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ text }));
    };
  };
  calm();
  return {
    responder: createWebhookResponder({
      settings: { findSecret: async () => `whsec_${Buffer.from("a signing key of the tests").toString("base64")}` },
      outside,
      registerTurn: async (_, waitMs) => ({ outcome: "registered", expiresAt: new Date(Date.now() + waitMs) }),
      takeAnswer: async () => true,
      checkParts: async () => ({ ok: true, parts: [] }),
    }),
    known,
    stranger: contextFor(settings, { burst: ASKED }),
    ownWords: OWN_WORDS,
    far: {
      hang() {
        answer = () => undefined;
        return new Promise((resolve) => (asked = resolve));
      },
      fail() {
        answer = (response, raw) => response.writeHead(500).end(raw);
      },
      restore: calm,
    },
    async close() {
      agent.closeAllConnections();
      agent.close();
      await outside.close();
    },
  };
}

describeResponder("model", true, openModel);
describeResponder("knowledge", false, openKnowledge);
describeResponder("webhook", true, openWebhook);
