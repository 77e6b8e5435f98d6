// Owns: the OpenAPI description without a running server: what sdk/openapi.json is written from and compared with.
import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { JsonObject } from "../kernel/json.ts";
import { describeApi, registerOpenApi } from "./openapi.ts";
import { registerApiRoutes, type ApiRoutesDeps } from "./routes/api.ts";

/** The version of the contract; it changes with the path, `/api/v1`. */
export const API_VERSION = "1";

function neverCalled(): never {
  throw new Error("this app only describes its routes");
}

const described: ApiRoutesDeps = {
  conversations: { list: neverCalled, find: neverCalled, listMessages: neverCalled, findMessage: neverCalled, listTurns: neverCalled },
  listNotices: neverCalled,
  consent: { find: neverCalled, set: neverCalled },
  setConversationState: neverCalled,
  resolveConversation: neverCalled,
  acceptMessage: neverCalled,
  readEvents: neverCalled,
  businessTools: {
    list: neverCalled,
    find: neverCalled,
    add: neverCalled,
    replace: neverCalled,
    setEnabled: neverCalled,
    remove: neverCalled,
  },
  toolCalls: { list: neverCalled, find: neverCalled, decide: neverCalled },
  tryTool: neverCalled,
  customerFacts: { find: neverCalled, read: neverCalled, change: neverCalled },
  businesses: { create: neverCalled, find: neverCalled, listAcrossBusinesses: neverCalled },
  findTurn: neverCalled,
  listSessions: neverCalled,
  closeSession: neverCalled,
  answerTurn: neverCalled,
  changeBusiness: neverCalled,
  replySettings: {
    find: neverCalled,
    read: neverCalled,
    change: neverCalled,
    findSecret: neverCalled,
    listSecrets: neverCalled,
    saveSecret: neverCalled,
    removeSecret: neverCalled,
  },
  knowledge: {
    addText: neverCalled,
    add: neverCalled,
    replace: neverCalled,
    listTexts: neverCalled,
    findText: neverCalled,
    removeText: neverCalled,
    reindex: neverCalled,
    search: neverCalled,
  },
  languageOf: neverCalled,
  channels: { create: neverCalled, setToken: neverCalled, list: neverCalled },
};

export async function describeRoutes(): Promise<JsonObject> {
  const app = fastify({ logger: false }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await registerOpenApi(app, API_VERSION);
  app.register(
    (scope, _options, done) => {
      registerApiRoutes(scope.withTypeProvider<ZodTypeProvider>(), described);
      done();
    },
    { prefix: "/api/v1" },
  );
  await app.ready();
  const description = describeApi(app);
  await app.close();
  return description;
}
