// Owns: who calls the API: the bearer key of a request, and the business that it belongs to. No handler may take a business from anywhere else.
import type { FastifyRequest } from "fastify";
import type { Caller, FindCaller } from "../businesses/api-keys.ts";
import { Fault } from "../kernel/faults.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** In the scope of the API, once the key is checked. */
    caller?: Caller;
  }
}

const BEARER = /^Bearer +(\S+)$/i;

/** A hook: rejects with `unauthorized` unless the request carries a valid key. */
export function createAuthenticate(deps: { readonly findCaller: FindCaller }): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const key = BEARER.exec(request.headers.authorization ?? "")?.[1];
    const caller = key === undefined ? undefined : await deps.findCaller(key);
    if (caller === undefined) {
      const sentence = 'Send an API key as "Authorization: Bearer ot_…". Create one with "onethread api-key create".';
      throw new Fault(
        "unauthorized",
        key === undefined ? `There is no API key in the request. ${sentence}` : `This API key is not valid. ${sentence}`,
      );
    }
    request.caller = caller;
  };
}

/** Throws when the request was never authenticated: then a route was left outside of the API's scope. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Error("the route is not behind the authentication");
  return request.caller;
}
