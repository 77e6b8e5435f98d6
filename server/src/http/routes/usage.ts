// Owns: the route that says what a business's messages come to.
import { z } from "zod";
import { Fault } from "../../kernel/faults.ts";
import { USAGE_GROUPS, type ReadUsage, usageSchema } from "../../usage/read-usage.ts";
import type { ApiApp } from "../api-app.ts";
import { problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface UsageRoutesDeps {
  readonly readUsage: ReadUsage;
}

const day = z.string().max(10).optional();
const usageQuery = z.object({
  from: day.describe("The first day, such as 2026-11-01, in the business's time zone; absent: the first of the month of `to`."),
  to: day.describe("The last day; absent: today. At most 366 days."),
  groupBy: z
    .string()
    .max(100)
    .default("category")
    .describe(`A row for each of these, with commas between them: ${USAGE_GROUPS.join(", ")}.`),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "must be a currency such as USD")
    .optional()
    .describe("Of the estimate; absent: the only one of which rates are loaded."),
});

export function registerUsageRoutes(api: ApiApp, { readUsage }: UsageRoutesDeps): void {
  const schema = {
    operationId: "getUsage",
    summary: "Count the messages that WhatsApp has named a price for, and estimate what they cost",
    querystring: usageQuery,
    response: { 200: usageSchema, ...problemAnswers },
  };
  api.get("/usage", { schema }, async (request) => {
    const { groupBy, ...query } = request.query;
    const outcome = await readUsage(callerOf(request).businessId, { ...query, groupBy: readGroups(groupBy) });
    if (outcome.outcome === "invalid") throw new Fault("bad_request", outcome.problem);
    return outcome.usage;
  });
}

function readGroups(text: string) {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "")
    .map((word) => {
      const group = USAGE_GROUPS.find((known) => known === word);
      if (group === undefined) throw new Fault("bad_request", `groupBy: there is no ${word}. There are ${USAGE_GROUPS.join(", ")}.`);
      return group;
    });
}
