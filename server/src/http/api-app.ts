// Owns: the type of the part of the app whose routes are checked by schemas.
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { Fault } from "../kernel/faults.ts";
import { isUuid } from "../kernel/ids.ts";

export type ApiApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export function notFound(what: string): Fault {
  return new Fault("not_found", `There is no such ${what}, or it belongs to another business.`);
}

/** Everything of ours has a UUID; whatever else somebody asks for does not exist. */
export function requireUuid(id: string, what: string): string {
  if (!isUuid(id)) throw notFound(what);
  return id;
}
