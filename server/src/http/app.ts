// Owns: putting the HTTP side together: which routes exist, and in which scope (what a scope does not register, its routes do not pay for).
// Refuses to know: what the routes do, and the process around it.
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { fastify, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { createFindCaller } from "../businesses/api-keys.ts";
import type { ChannelDirectory } from "../businesses/channel-directory.ts";
import { createBusinesses } from "../businesses/businesses.ts";
import { createChangeBusiness } from "../businesses/change-business.ts";
import { createChannels } from "../businesses/channels.ts";
import { createListNotices } from "../businesses/list-notices.ts";
import { createConsent } from "../conversations/consent.ts";
import { createCustomerFacts } from "../conversations/customer-facts.ts";
import { createConversationReader } from "../conversations/read-conversations.ts";
import { createResolveConversation } from "../conversations/resolve-conversation.ts";
import { createSetConversationState } from "../conversations/set-conversation-state.ts";
import type { Database } from "../db/database.ts";
import { createReadEvents } from "../events/read-events.ts";
import { createClaimIdentity } from "../identity/settle-identity.ts";
import type { WebhookIntake } from "../ingest/webhook-intake.ts";
import { Fault } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { createFindEmbedder } from "../knowledge/embed-texts.ts";
import { createKnowledgeBase } from "../knowledge/knowledge-base.ts";
import { createAcceptMessage } from "../outbound/accept-message.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { createAnswerTurn } from "../replies/answer-turn.ts";
import { createFindTurn } from "../replies/find-turn.ts";
import { createReplySettingsStore, type ReplySettingsStore } from "../replies/reply-settings-store.ts";
import { createBusinessTools } from "../tools/business-tools.ts";
import { createToolCalls } from "../tools/tool-calls.ts";
import { createTryTool } from "../tools/try-tool.ts";
import { createCloseSession } from "../sessions/close-session.ts";
import { createListSessions } from "../sessions/read-sessions.ts";
import type { ApiApp } from "./api-app.ts";
import { callerOf, createAuthenticate } from "./authenticate.ts";
import { API_VERSION } from "./describe-routes.ts";
import { countAnswers } from "./count-answers.ts";
import { watchConnections } from "./connections.ts";
import { endConnectionsOnClose } from "./end-connections.ts";
import { boundBodies, type BodyLimits } from "./bound-bodies.ts";
import { createErrorHandler } from "./error-mapper.ts";
import type { Metrics } from "./metrics.ts";
import { describeApi, registerOpenApi } from "./openapi.ts";
import { problemOf, sendProblem } from "./problem.ts";
import { refuseUnstorableText } from "./refuse-unstorable.ts";
import { registerApiRoutes } from "./routes/api.ts";
import { registerDescriptionRoutes } from "./routes/description.ts";
import { registerInbox } from "./routes/inbox.ts";
import { registerGatewayWebhooks } from "./routes/gateway-webhooks.ts";
import type { KnowledgeRoutesDeps } from "./routes/knowledge.ts";
import { registerHealthRoutes } from "./routes/health.ts";
import type { ToolRoutesDeps } from "./routes/tools.ts";
import { registerWhatsAppWebhook } from "./routes/whatsapp-webhook.ts";

export interface HttpAppDeps {
  readonly database: Database;
  readonly intake: WebhookIntake;
  readonly channels: Pick<ChannelDirectory, "findGatewayProof">;
  readonly log: Log;
  readonly metrics: Metrics;
  /** One, or two while a secret is being replaced. None: every webhook is refused. */
  readonly appSecrets: readonly string[];
  readonly verifyToken: string;
  /** Tells the workers of this process that there is work; called after commits only. */
  readonly wake: (kind: "send" | "reply" | "session" | "knowledge") => void;
  /** Names of migrations that this code needs and the database does not have. */
  readonly listPendingMigrations: () => Promise<readonly string[]>;
  readonly apiRequestsPerMinute?: number;
  /** How much of the bodies of unanswered requests is held at once. */
  readonly bodies?: BodyLimits;
  /** False for a process without the role api: it answers health and metrics only. */
  readonly servesApi?: boolean;
  /** Where the built inbox lies; without it there is none at /inbox. */
  readonly inboxDirectory?: string;
  /** For requests to addresses that a business has chosen; without it one that reaches no private address. */
  readonly outside?: OutsideHttp;
}

const API_BODY_LIMIT = 1024 * 1024;
const GENEROUS_REQUESTS_PER_MINUTE = 6_000;

/** Not listening yet: call `ready()` or `listen()`. Closing it lets running requests finish. */
export function createHttpApp(deps: HttpAppDeps): FastifyInstance {
  const onError = createErrorHandler({ log: deps.log });
  const app = fastify({
    logger: false,
    bodyLimit: API_BODY_LIMIT,
    requestTimeout: 60_000,
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => {
      void onError(error, request, reply);
    },
  });
  app.setErrorHandler(onError);
  const connections = watchConnections(app.server);
  endConnectionsOnClose(app, { connections });
  boundBodies(app, { ...(deps.bodies ?? { maxBytes: 256 * 1024 * 1024 }), connections });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    return sendProblem(reply, problemOf("not_found", `There is nothing at ${request.method} ${path}. What there is stands at /docs.`));
  });
  app.register((scope, _options, done) => {
    registerHealthRoutes(scope, { ...deps, ping: () => deps.database.ping() });
    done();
  });
  if (deps.servesApi === false) return app;
  app.register((scope, _options, done) => {
    registerWhatsAppWebhook(scope, deps);
    done();
  });
  app.register((scope, _options, done) => {
    registerGatewayWebhooks(scope, {
      ...deps,
      findChannel: (gateway, token) => deps.channels.findGatewayProof(gateway, token),
      now: () => new Date(),
    });
    done();
  });
  const { inboxDirectory } = deps;
  if (inboxDirectory !== undefined) {
    app.register((scope, _options, done) => {
      registerInbox(scope, { directory: inboxDirectory });
      done();
    });
  }
  app.register(async (scope) => {
    await registerPublicPart(scope.withTypeProvider<ZodTypeProvider>(), deps);
  });
  return app;
}

async function registerPublicPart(scope: ApiApp, deps: HttpAppDeps): Promise<void> {
  scope.setValidatorCompiler(validatorCompiler);
  scope.setSerializerCompiler(serializerCompiler);
  scope.removeContentTypeParser("text/plain");
  await scope.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"], scriptSrc: ["'none'"] } },
  });
  await registerOpenApi(scope, API_VERSION);
  countAnswers(scope, deps.metrics);
  registerDescriptionRoutes(scope, () => describeApi(scope));
  await scope.register(
    async (api) => {
      await registerApi(api.withTypeProvider<ZodTypeProvider>(), deps);
    },
    { prefix: "/api/v1" },
  );
}

interface ApiDeps extends HttpAppDeps {
  readonly outside: OutsideHttp;
  readonly replySettings: ReplySettingsStore;
}

function toolRoutes({ database, wake, outside, replySettings }: ApiDeps): ToolRoutesDeps {
  const businessTools = createBusinessTools({ database });
  return {
    businessTools,
    toolCalls: createToolCalls({ database, wake }),
    tryTool: createTryTool({ tools: businessTools, settings: replySettings, outside }),
    customerFacts: createCustomerFacts({ database }),
  };
}

function ownOutside(api: ApiApp): OutsideHttp {
  const outside = createOutsideHttp({ privateHosts: [] });
  api.addHook("onClose", () => outside.close());
  return outside;
}

function knowledgeRoutes({ database, log, wake, outside, replySettings }: ApiDeps): KnowledgeRoutesDeps {
  const businesses = createBusinesses({ database });
  return {
    knowledge: createKnowledgeBase({
      database,
      failPoints: noFailPoints,
      log,
      findEmbedder: createFindEmbedder({ settings: replySettings, outside }),
      onQueued: () => {
        wake("knowledge");
      },
    }),
    languageOf: async (businessId) => (await businesses.find(businessId))?.language ?? "simple",
  };
}

async function registerApi(api: ApiApp, deps: HttpAppDeps): Promise<void> {
  const { database } = deps;
  api.addHook("onRequest", createAuthenticate({ findCaller: createFindCaller({ database }) }));
  refuseUnstorableText(api);
  await api.register(rateLimit, {
    hook: "preHandler",
    max: deps.apiRequestsPerMinute ?? GENEROUS_REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    keyGenerator: (request) => callerOf(request).apiKeyId,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new Fault("rate_limited", `This API key made more than ${String(max)} requests in a minute. Wait as long as Retry-After says.`, {
        retryAfterSeconds: Math.ceil(ttl / 1000),
      }),
  });
  const replySettings = createReplySettingsStore({ database, log: deps.log });
  const apiDeps: ApiDeps = { ...deps, replySettings, outside: deps.outside ?? ownOutside(api) };
  registerApiRoutes(api, {
    conversations: createConversationReader({ database }),
    consent: createConsent({ database }),
    listNotices: createListNotices({ database }),
    setConversationState: createSetConversationState({ database }),
    resolveConversation: createResolveConversation({
      database,
      claimIdentity: createClaimIdentity({ database, log: deps.log }),
      onKnown: (person) => deps.intake.applyWaitingFor(person),
    }),
    acceptMessage: createAcceptMessage({ database, wake: deps.wake }),
    readEvents: createReadEvents({ database }),
    ...toolRoutes(apiDeps),
    ...knowledgeRoutes(apiDeps),
    findTurn: createFindTurn({ database }),
    answerTurn: createAnswerTurn({ database, settings: replySettings, wake: deps.wake }),
    replySettings,
    changeBusiness: createChangeBusiness({ database }),
    listSessions: createListSessions({ database }),
    closeSession: createCloseSession({ database, settings: replySettings, wake: deps.wake }),
    businesses: createBusinesses({ database }),
    channels: createChannels({ database }),
  });
}
