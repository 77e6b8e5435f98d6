// Owns: what a caller may read of the business itself and its channels, and say of their Direct Send.
import { businessSchema, type Businesses } from "../../businesses/businesses.ts";
import { z } from "zod";
import { channelSchema, DIRECT_SEND_STATES, type Channels } from "../../businesses/channels.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface AccountRoutesDeps {
  readonly businesses: Businesses;
  readonly channels: Channels;
}

const channelPageSchema = pageSchema("ChannelPage", channelSchema);

export function registerAccountRoutes(api: ApiApp, { businesses, channels }: AccountRoutesDeps): void {
  const businessRoute = {
    operationId: "getBusiness",
    summary: "Read the business of the API key",
    response: { 200: businessSchema, ...problemAnswers },
  };
  api.get("/business", { schema: businessRoute }, async (request) => {
    const business = await businesses.find(callerOf(request).businessId);
    if (business === undefined) throw notFound("business");
    return business;
  });
  const channelsRoute = {
    operationId: "listChannels",
    summary: "List the connected numbers",
    response: { 200: channelPageSchema, ...problemAnswers },
  };
  api.get("/channels", { schema: channelsRoute }, async (request) => {
    const data = await channels.list(callerOf(request).businessId);
    return { data, nextCursor: null };
  });
  const directSendRoute = {
    operationId: "setDirectSend",
    summary: "Say what is known of the Direct Send of a number's account; unknown: it is tried again",
    params: idParams,
    body: z.strictObject({ state: z.enum(DIRECT_SEND_STATES) }),
    response: { 200: channelSchema, ...problemAnswers },
  };
  api.post("/channels/:id/direct-send", { schema: directSendRoute }, async (request) => {
    const { businessId } = callerOf(request);
    const id = requireUuid(request.params.id, "channel");
    const isKnown = await channels.setDirectSend(businessId, id, request.body.state);
    const channel = isKnown ? (await channels.list(businessId)).find((one) => one.id === id) : undefined;
    if (channel === undefined) throw notFound("channel");
    return channel;
  });
}
