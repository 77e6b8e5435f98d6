// Owns: the routes of consent: what the customer said can be read and set, what WhatsApp reports can be read.
import { z } from "zod";
import { consentSchema, type Consent, type ConsentView } from "../../conversations/consent.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface ConsentRoutesDeps {
  readonly consent: Consent;
}

const consentBody = z.object({ optedOut: z.boolean().describe("What the customer said. False lifts it; what WhatsApp reports stays.") });

export function registerConsentRoutes(api: ApiApp, { consent }: ConsentRoutesDeps): void {
  const response = { 200: consentSchema, ...problemAnswers };
  const read = { operationId: "getConsent", summary: "Read whether a customer may be written to", params: idParams, response };
  api.get("/conversations/:id/consent", { schema: read }, async (request) =>
    orNotFound(await consent.find(callerOf(request).businessId, requireUuid(request.params.id, "conversation"))),
  );
  const set = {
    operationId: "setConsent",
    summary: "Set or lift the opt-out that the customer spoke",
    params: idParams,
    body: consentBody,
    response,
  };
  api.put("/conversations/:id/consent", { schema: set }, async (request) => {
    const id = requireUuid(request.params.id, "conversation");
    return orNotFound(await consent.set(callerOf(request).businessId, id, { optedOut: request.body.optedOut, source: "api" }));
  });
}

function orNotFound(view: ConsentView | undefined): ConsentView {
  if (view === undefined) throw notFound("conversation");
  return view;
}
