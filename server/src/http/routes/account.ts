// Owns: what a caller may read of the business itself and its channels.
import { businessSchema, type Businesses } from "../../businesses/businesses.ts";
import { channelSchema, type Channels } from "../../businesses/channels.ts";
import { notFound, type ApiApp } from "../api-app.ts";
import { pageSchema, problemAnswers } from "../api-schemas.ts";
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
}
