// Owns: the routes of campaigns, and what each refusal is called.
import { Readable } from "node:stream";
import { validatorCompiler } from "fastify-type-provider-zod";
import { z } from "zod";
import { audienceSchema, type Audience } from "../../campaigns/audience.ts";
import {
  campaignCountsSchema,
  campaignRecipientSchema,
  campaignSchema,
  quietHoursSchema,
  type CampaignView,
} from "../../campaigns/campaign-view.ts";
import type { Campaigns, CampaignOutcome } from "../../campaigns/manage-campaigns.ts";
import { campaignReportSchema, type ReportCampaign } from "../../campaigns/report-campaign.ts";
import type { ListOutcome } from "../../campaigns/fill-list.ts";
import type { SelectList } from "../../campaigns/select-list.ts";
import type { SendTest } from "../../campaigns/send-test.ts";
import type { UploadList } from "../../campaigns/upload-list.ts";
import { messageSchema } from "../../conversations/message-view.ts";
import { Fault } from "../../kernel/faults.ts";
import type { JsonObject } from "../../kernel/json.ts";
import { uuid } from "../../kernel/shapes.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, pageQuery, pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";
import { boundedStream } from "../bounded-stream.ts";
import { readSendAt, sendAtSchema } from "./send-message.ts";

export interface CampaignRoutesDeps {
  readonly campaigns: Campaigns;
  readonly reportCampaign: ReportCampaign;
  readonly selectList: SelectList;
  readonly sendTest: SendTest;
  readonly uploadList: UploadList;
}

const MOST_TEMPLATE_CHARACTERS = 20_000;
/** Of a list: 200,000 rows of some 300 characters. It is read as it comes in. */
const MOST_LIST_BYTES = 64 * 1024 * 1024;

const templateBody = z
  .looseObject({
    name: z.string().min(1).max(512),
    language: z.looseObject({ code: z.string().min(1).max(16) }),
    components: z.array(z.looseObject({})).max(32).optional(),
  })
  .describe(
    'The template of a message, as in POST /conversations/{id}/messages. {{column}} in any text of it is filled in from the row: {"type":"text","text":"{{first name}}"}.',
  );

const createBody = z
  .object({
    name: z.string().trim().min(1).max(200),
    channelId: uuid,
    template: templateBody,
    quietHours: quietHoursSchema.optional(),
    errorShare: z
      .number()
      .min(0.01)
      .max(1)
      .nullable()
      .optional()
      .describe("It pauses itself when a larger share fails; default 0.25; null: never for that."),
    startAt: sendAtSchema.optional(),
  })
  .meta({ id: "NewCampaign" });

const startBody = z
  .object({
    startAt: sendAtSchema.optional(),
    withoutBad: z.boolean().default(false).describe("Start although rows of the list get no message."),
  })
  .nullish();

const retryBody = z
  .object({ codes: z.array(z.string().max(40)).max(100).optional().describe("Only what failed with one of these error codes.") })
  .nullish();
const MOST_FIELDS = 100;
const testBody = z
  .object({
    to: z.string().min(1).max(200).describe("A number, with its country code."),
    line: z.int().min(1).max(2_147_483_647).optional().describe("Filled in as for this row of the list. Default: for its first one."),
    fields: z
      .record(z.string().min(1).max(200), z.string().max(2_000))
      .refine((fields) => Object.keys(fields).length <= MOST_FIELDS, `at most ${String(MOST_FIELDS)} columns`)
      .optional()
      .describe("What is filled in, by column, instead of what the row has. Without `line` nothing else is filled in."),
  })
  .meta({ id: "CampaignTest" });

const recipientsQuery = pageQuery.extend({
  state: z.string().max(20).optional().describe("Only rows in this state, such as bad or failed."),
});

const previewSchema = z
  .object({
    campaign: campaignSchema,
    columns: z.array(z.string()).readonly().describe("What a list needs beside the column `phone` or `conversation_id`."),
    bad: z
      .array(z.object({ line: z.int(), address: z.string(), problem: z.string() }))
      .readonly()
      .describe("The first rows that get no message, at most 100; the list of recipients has all of them."),
    examples: z.array(z.object({ line: z.int(), address: z.string(), text: z.string().nullable() })).readonly(),
    obstacle: z.string().nullable().describe("What forbids the template now."),
    portfolioLimit: z
      .object({ value: z.string(), sentence: z.string() })
      .nullable()
      .describe(
        "How many customers the portfolio may write to first in 24 hours, as WhatsApp last reported it. Everything that it sends shares it.",
      ),
    sendsPerSecond: z.int().nullable(),
  })
  .meta({ id: "CampaignPreview" });

const idOf = (request: { readonly params: { readonly id: string } }): string => requireUuid(request.params.id, "campaign");

export function registerCampaignRoutes(api: ApiApp, deps: CampaignRoutesDeps): void {
  registerMaking(api, deps);
  registerRows(api, deps);
  registerReport(api, deps.reportCampaign);
  registerList(api, deps);
  registerTest(api, deps.sendTest);
  registerChanges(api, deps.campaigns);
}

function registerMaking(api: ApiApp, { campaigns }: CampaignRoutesDeps): void {
  const create = {
    operationId: "createCampaign",
    summary: "Make a campaign; nothing is sent before it is started",
    body: createBody,
    response: { 201: campaignSchema, ...problemAnswers },
  };
  api.post("/campaigns", { schema: create }, async (request, reply) => {
    const { template, channelId, startAt, ...body } = request.body;
    if (JSON.stringify(template).length > MOST_TEMPLATE_CHARACTERS)
      throw new Fault("bad_request", "The template has more than 20,000 characters. Nothing was stored.");
    const outcome = await campaigns.create(callerOf(request).businessId, {
      ...body,
      channelId: requireUuid(channelId, "channel"),
      template: template as JsonObject,
      startAt: startAt === undefined ? undefined : readSendAt(startAt),
    });
    return reply.code(201).send(doneOrThrow(outcome));
  });

  const list = {
    operationId: "listCampaigns",
    summary: "List the campaigns, the newest first",
    querystring: pageQuery,
    response: { 200: pageSchema("CampaignPage", campaignSchema), ...problemAnswers },
  };
  api.get("/campaigns", { schema: list }, (request) => campaigns.list(callerOf(request).businessId, request.query));

  const get = {
    operationId: "getCampaign",
    summary: "Read a campaign, and how far it is at this moment",
    params: idParams,
    response: { 200: campaignSchema, ...problemAnswers },
  };
  api.get("/campaigns/:id", { schema: get }, async (request) => {
    const found = await campaigns.find(callerOf(request).businessId, idOf(request));
    if (found === undefined) throw notFound("campaign");
    return found;
  });
}

function registerRows(api: ApiApp, { campaigns }: CampaignRoutesDeps): void {
  const preview = {
    operationId: "previewCampaign",
    summary: "Read what a campaign would send, and every row that is wrong, before it is started",
    params: idParams,
    response: { 200: previewSchema, ...problemAnswers },
  };
  api.get("/campaigns/:id/preview", { schema: preview }, async (request) => {
    const found = await campaigns.preview(callerOf(request).businessId, idOf(request));
    if (found === undefined) throw notFound("campaign");
    return found;
  });

  const recipients = {
    operationId: "listCampaignRecipients",
    summary: "List the rows of a campaign's list, with what became of each",
    params: idParams,
    querystring: recipientsQuery,
    response: { 200: pageSchema("CampaignRecipientPage", campaignRecipientSchema), ...problemAnswers },
  };
  api.get("/campaigns/:id/recipients", { schema: recipients }, async (request) => {
    const { businessId } = callerOf(request);
    if ((await campaigns.find(businessId, idOf(request))) === undefined) throw notFound("campaign");
    return campaigns.recipients(businessId, idOf(request), request.query);
  });
}

function registerReport(api: ApiApp, reportCampaign: ReportCampaign): void {
  const report = {
    operationId: "reportCampaign",
    summary: "Read what became of a campaign's rows, and why some did not arrive",
    params: idParams,
    response: { 200: campaignReportSchema, ...problemAnswers },
  };
  api.get("/campaigns/:id/report", { schema: report }, async (request) => {
    const found = await reportCampaign.find(callerOf(request).businessId, idOf(request));
    if (found === undefined) throw notFound("campaign");
    return found;
  });
  const table = {
    operationId: "reportCampaignTable",
    summary: "Read every row of a campaign, with what became of it, as a table (text/csv)",
    params: idParams,
    response: { 200: { description: "A table.", content: { "text/csv": { schema: z.string() } } }, ...problemAnswers },
  };
  api.get("/campaigns/:id/report.csv", { schema: table }, async (request, reply) => {
    const rows = await reportCampaign.table(callerOf(request).businessId, idOf(request));
    if (rows === undefined) throw notFound("campaign");
    return reply
      .type("text/csv; charset=utf-8")
      .header("content-disposition", 'attachment; filename="campaign.csv"')
      .send(rows as never);
  });
}

/** A list is read as it comes in; everything else that a request brings is checked as always. */
const unlessList: typeof validatorCompiler = (part) => {
  const check = validatorCompiler(part);
  return (value) => (value instanceof Readable ? { value } : check(value));
};

function registerList(api: ApiApp, { selectList, uploadList }: CampaignRoutesDeps): void {
  const schema = {
    operationId: "uploadCampaignRecipients",
    summary:
      "Give a campaign its list, instead of the one before: a table (text/csv) with the column phone or conversation_id, and those that the template asks for; or a filter (application/json) over the customers that are known",
    params: idParams,
    consumes: ["text/csv", "application/json"],
    body: audienceSchema,
    response: { 200: campaignCountsSchema, ...problemAnswers },
  };
  api.register((scope, _options, done) => {
    scope.addContentTypeParser("text/csv", (_request, payload, next) => {
      next(null, boundedStream(payload, MOST_LIST_BYTES, listTooLarge));
    });
    scope.setValidatorCompiler(unlessList);
    const config = { streamsBody: true };
    scope.put<{ Params: { id: string }; Body: Audience }>("/campaigns/:id/recipients", { schema, config }, async (request, reply) => {
      const { businessId } = callerOf(request);
      const id = idOf(request);
      const list: unknown = request.body;
      if (!(list instanceof Readable)) return countsOrThrow(await selectList(businessId, id, request.body));
      try {
        return countsOrThrow(await uploadList(businessId, id, list));
      } catch (error) {
        // What is still to come of the list is not waited for.
        if (!request.raw.complete) reply.header("connection", "close");
        throw error;
      }
    });
    done();
  });
}

const listTooLarge = (): Fault =>
  new Fault(
    "payload_too_large",
    "The list has more than 64 MB. It is not complete: the campaign cannot be started before its list is given again.",
  );

function registerTest(api: ApiApp, sendTest: SendTest): void {
  const schema = {
    operationId: "testCampaign",
    summary: "Send one message of a campaign to a number, in the ordinary way; it is of no row and in no count",
    params: idParams,
    body: testBody,
    response: { 202: messageSchema, ...problemAnswers },
  };
  api.post("/campaigns/:id/test", { schema }, async (request, reply) => {
    const outcome = await sendTest(callerOf(request).businessId, idOf(request), request.body);
    if (outcome.outcome === "queued") return reply.code(202).send(outcome.message);
    throw faultOf(outcome);
  });
}

function registerChanges(api: ApiApp, campaigns: Campaigns): void {
  const answer = { 200: campaignSchema, ...problemAnswers };
  const start = {
    operationId: "startCampaign",
    summary: "Start a campaign, now or at its time",
    params: idParams,
    body: startBody,
    response: answer,
  };
  api.post("/campaigns/:id/start", { schema: start }, async (request) => {
    const { startAt, withoutBad = false } = request.body ?? {};
    const id = idOf(request);
    const when = { withoutBad, startAt: startAt === undefined ? undefined : readSendAt(startAt) };
    return doneOrThrow(await campaigns.start(callerOf(request).businessId, id, when));
  });

  const changes = [
    ["pause", "pauseCampaign", "Pause a campaign: nothing more is queued; what is queued (counts.queued) still leaves"],
    ["resume", "resumeCampaign", "Go on with a paused campaign"],
    ["cancel", "cancelCampaign", "End a campaign for good; what is queued is taken back"],
  ] as const;
  for (const [change, operationId, summary] of changes) {
    api.post(`/campaigns/:id/${change}`, { schema: { operationId, summary, params: idParams, response: answer } }, async (request) =>
      doneOrThrow(await campaigns[change](callerOf(request).businessId, idOf(request))),
    );
  }

  const retry = {
    operationId: "retryCampaign",
    summary: "Send failed rows once more, where that is allowed, each after the time that WhatsApp asks for",
    params: idParams,
    body: retryBody,
    response: { 200: z.object({ retried: z.int(), campaign: campaignSchema }).meta({ id: "RetriedCampaign" }), ...problemAnswers },
  };
  api.post("/campaigns/:id/retry", { schema: retry }, async (request) => {
    const id = idOf(request);
    const outcome = await campaigns.retry(callerOf(request).businessId, id, request.body?.codes);
    if (outcome.outcome === "retried") return { retried: outcome.retried, campaign: outcome.campaign };
    throw faultOf(outcome);
  });
}

function doneOrThrow(outcome: CampaignOutcome): CampaignView {
  if (outcome.outcome === "done") return outcome.campaign;
  throw faultOf(outcome);
}

function faultOf(outcome: Exclude<CampaignOutcome, { outcome: "done" }>): Fault {
  return outcome.outcome === "not_found" ? notFound("campaign") : new Fault(outcome.code, outcome.sentence);
}

function countsOrThrow(outcome: ListOutcome): Extract<ListOutcome, { outcome: "read" }>["counts"] {
  switch (outcome.outcome) {
    case "read":
      return outcome.counts;
    case "not_found":
      throw notFound("campaign");
    case "not_draft":
      throw new Fault("campaign_state", "The campaign was started: its list stays as it is. Nothing was changed.");
    case "unreadable":
      throw new Fault("list_unreadable", `${outcome.reason} The campaign cannot be started before its list is given again.`);
  }
}
