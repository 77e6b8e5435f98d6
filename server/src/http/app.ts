// Owns: putting the HTTP side together: which routes exist, and in which scope (what a scope does not register, its routes do not pay for).
// Refuses to know: what the routes do, and the process around it.
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { fastify, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { FindCaller } from "../businesses/api-keys.ts";
import type { ChannelDirectory } from "../businesses/channel-directory.ts";
import type { WebhookIntake } from "../ingest/webhook-intake.ts";
import { Fault } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import type { ServeMedia } from "../media/serve-media.ts";
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
import { registerApiRoutes, type ApiRoutesDeps } from "./routes/api.ts";
import { registerDescriptionRoutes } from "./routes/description.ts";
import { registerInbox } from "./routes/inbox.ts";
import { registerGatewayWebhooks } from "./routes/gateway-webhooks.ts";
import { registerMediaLinks } from "./routes/media-links.ts";
import { registerHealthRoutes } from "./routes/health.ts";
import { registerWhatsAppWebhook } from "./routes/whatsapp-webhook.ts";

/** What the API offers, and who may call it. */
export interface ApiServices extends ApiRoutesDeps {
  readonly findCaller: FindCaller;
}

export interface HttpAppDeps {
  readonly services: ApiServices;
  /** Rejects while the database cannot be reached. */
  readonly ping: () => Promise<void>;
  readonly intake: WebhookIntake;
  readonly channels: Pick<ChannelDirectory, "findGatewayProof">;
  readonly log: Log;
  readonly metrics: Metrics;
  /** One, or two while a secret is being replaced. None: every webhook is refused. */
  readonly appSecrets: readonly string[];
  readonly verifyToken: string;
  /** Names of migrations that this code needs and the database does not have. */
  readonly listPendingMigrations: () => Promise<readonly string[]>;
  readonly apiRequestsPerMinute?: number;
  /** How much of the bodies of unanswered requests is held at once. */
  readonly bodies?: BodyLimits;
  /** False for a process without the role api: it answers health and metrics only. */
  readonly servesApi?: boolean;
  /** Without it, no file is handed out. */
  readonly serveMedia?: ServeMedia;
  /** Where the built inbox is; without it there is none at /inbox. */
  readonly inboxDirectory?: string;
}

const API_BODY_LIMIT = 1024 * 1024;
const GENEROUS_REQUESTS_PER_MINUTE = 6_000;

/** Not listening yet: call `ready()` or `listen()`. Closing it lets running requests finish. */
export function createHttpApp(deps: HttpAppDeps): FastifyInstance {
  const onError = createErrorHandler({ log: deps.log });
  const app = fastify({
    logger: false,
    bodyLimit: API_BODY_LIMIT,
    // Of the largest file that is uploaded; what else takes long is ended by bound-bodies.ts.
    requestTimeout: 1_800_000,
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
    return sendProblem(reply, problemOf("not_found", `There is nothing at ${request.method} ${path}. See /docs for the API.`));
  });
  app.register((scope, _options, done) => {
    registerHealthRoutes(scope, deps);
    done();
  });
  if (deps.servesApi === false) return app;
  registerWhatsAppWebhook(app, deps);
  registerGatewayWebhooks(app, {
    ...deps,
    findChannel: (gateway, token) => deps.channels.findGatewayProof(gateway, token),
    now: () => new Date(),
  });
  const { inboxDirectory, serveMedia, log } = deps;
  if (serveMedia !== undefined) {
    app.register((scope, _options, done) => {
      registerMediaLinks(scope, { serveMedia, log });
      done();
    });
  }
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

async function registerApi(api: ApiApp, { services, apiRequestsPerMinute = GENEROUS_REQUESTS_PER_MINUTE }: HttpAppDeps): Promise<void> {
  api.decorateRequest("caller");
  api.addHook("onRequest", createAuthenticate(services));
  refuseUnstorableText(api);
  await api.register(rateLimit, {
    hook: "preHandler",
    max: apiRequestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => callerOf(request).apiKeyId,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new Fault("rate_limited", `This API key made more than ${String(max)} requests in a minute. Wait as long as Retry-After says.`, {
        retryAfterSeconds: Math.ceil(ttl / 1000),
      }),
  });
  registerApiRoutes(api, services);
}
