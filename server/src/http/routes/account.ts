// Owns: what a caller may read of the business itself and its channels.
import type { Businesses } from "../../businesses/businesses.ts";
import type { Channels } from "../../businesses/channels.ts";
import { notFound, type ApiApp } from "../api-app.ts";
import { businessSchema, channelPageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface AccountRoutesDeps {
  readonly businesses: Businesses;
  readonly channels: Channels;
}

export function registerAccountRoutes(api: ApiApp, { businesses, channels }: AccountRoutesDeps): void {
  const businessRoute = {
    operationId: "getBusiness",
    summary: "Read the business of the API key",
    response: { 200: businessSchema, ...problemAnswers },
  };
  api.get("/business", { schema: businessRoute }, async (request) => {
    const business = await businesses.find(callerOf(request).businessId);
    if (business === undefined) throw notFound("business");
    return { ...business, createdAt: business.createdAt.toISOString() };
  });
  const channelsRoute = {
    operationId: "listChannels",
    summary: "List the connected numbers",
    response: { 200: channelPageSchema, ...problemAnswers },
  };
  api.get("/channels", { schema: channelsRoute }, async (request) => {
    const list = await channels.list(callerOf(request).businessId);
    const data = list.map((channel) => ({
      ...channel,
      createdAt: channel.createdAt.toISOString(),
      stoppedAt: channel.stoppedAt?.toISOString() ?? null,
    }));
    return { data, nextCursor: null };
  });
}
