// Owns: the OpenAPI description without a running server: what sdk/openapi.json is written from and compared with.
import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { JsonObject } from "../kernel/json.ts";
import { describeApi, registerOpenApi } from "./openapi.ts";
import { registerApiRoutes, type ApiRoutesDeps } from "./routes/api.ts";

/** The version of the contract; it changes with the path, `/api/v1`. */
export const API_VERSION = "1";

/** In the place of every feature, and of every function of one: a route is only described here. */
const neverCalled: unknown = new Proxy(() => undefined, {
  get: () => neverCalled,
  apply() {
    throw new Error("this app only describes its routes");
  },
});

export async function describeRoutes(): Promise<JsonObject> {
  const app = fastify({ logger: false }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await registerOpenApi(app, API_VERSION);
  app.register(
    (scope, _options, done) => {
      registerApiRoutes(scope.withTypeProvider<ZodTypeProvider>(), neverCalled as ApiRoutesDeps);
      done();
    },
    { prefix: "/api/v1" },
  );
  await app.ready();
  const description = describeApi(app);
  await app.close();
  return description;
}
