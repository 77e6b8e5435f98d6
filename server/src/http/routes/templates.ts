// Owns: the routes of templates: the local copy can be listed, read and read anew.
import { z } from "zod";
import { Fault } from "../../kernel/faults.ts";
import type { ReadTemplates } from "../../templates/read-templates.ts";
import type { ResumeCategory } from "../../templates/resume-category.ts";
import { templateAccountSchema, templateSchema, templateVersionSchema } from "../../templates/template-view.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, pageQuery, pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface TemplateRoutesDeps {
  readonly templates: ReadTemplates;
  readonly resumeCategory: ResumeCategory;
}

const templatePageSchema = pageSchema("TemplatePage", templateSchema);
const accountId = z.string().min(1).max(64).describe("The WhatsApp Business Account; absent: all of the business's channels.");
const word = z.string().min(1).max(100);

const listQuery = pageQuery.extend({
  accountId: accountId.optional(),
  name: z.string().min(1).max(512).optional().describe("A part of the name."),
  language: word.optional().describe("Such as en_US."),
  status: word.optional().describe("Such as APPROVED. Absent: all that were not deleted."),
  category: word.optional().describe("MARKETING, UTILITY or AUTHENTICATION."),
});

const syncBody = z.object({ accountId: accountId.optional() }).optional();
const syncedSchema = z.object({ data: z.array(templateAccountSchema).readonly() }).meta({ id: "TemplateAccounts" });
const versionsSchema = z.object({ data: z.array(templateVersionSchema).readonly() }).meta({ id: "TemplateVersions" });

export function registerTemplateRoutes(api: ApiApp, { templates, resumeCategory }: TemplateRoutesDeps): void {
  const list = {
    operationId: "listTemplates",
    summary: "List the message templates, by name",
    querystring: listQuery,
    response: { 200: templatePageSchema, ...problemAnswers },
  };
  api.get("/templates", { schema: list }, (request) => templates.list(callerOf(request).businessId, request.query));

  const accounts = {
    operationId: "listTemplateAccounts",
    summary: "List the accounts whose templates are kept, and when each was last read",
    response: { 200: syncedSchema, ...problemAnswers },
  };
  api.get("/templates/accounts", { schema: accounts }, async (request) => ({
    data: await templates.accounts(callerOf(request).businessId),
  }));

  const resume = {
    operationId: "resumeTemplateCategory",
    summary: "Send templates of a category again that WhatsApp refused the account; when it refuses one anew, the category is stopped anew",
    params: z.object({ accountId: z.string().min(1).max(64), category: word }),
    response: { 200: templateAccountSchema, ...problemAnswers },
  };
  api.post("/templates/accounts/:accountId/categories/:category/resume", { schema: resume }, async (request) => {
    const { businessId } = callerOf(request);
    const { accountId: id } = request.params;
    await resumeCategory(businessId, request.params);
    const found = (await templates.accounts(businessId)).find((account) => account.accountId === id);
    if (found === undefined) throw new Fault("account_unknown", noAccount(id));
    return found;
  });

  const sync = {
    operationId: "syncTemplates",
    summary: "Read the templates from WhatsApp anew; what takes longer than some seconds goes on in the background",
    body: syncBody,
    response: { 200: syncedSchema, ...problemAnswers },
  };
  api.post("/templates/sync", { schema: sync }, async (request) => {
    const data = await templates.sync(callerOf(request).businessId, request.body?.accountId);
    if (data.length === 0) throw new Fault("account_unknown", noAccount(request.body?.accountId));
    return { data };
  });

  const get = {
    operationId: "getTemplate",
    summary: "Read one template",
    params: idParams,
    response: { 200: templateSchema, ...problemAnswers },
  };
  api.get("/templates/:id", { schema: get }, async (request) => {
    const found = await templates.find(callerOf(request).businessId, requireUuid(request.params.id, "template"));
    if (found === undefined) throw notFound("template");
    return found;
  });

  const versions = {
    operationId: "listTemplateVersions",
    summary: "List what a template said, and from when on; the newest first, at most 100",
    params: idParams,
    response: { 200: versionsSchema, ...problemAnswers },
  };
  api.get("/templates/:id/versions", { schema: versions }, async (request) => {
    const { businessId } = callerOf(request);
    const id = requireUuid(request.params.id, "template");
    if ((await templates.find(businessId, id)) === undefined) throw notFound("template");
    return { data: await templates.versions(businessId, id) };
  });
}

export function noAccount(given: string | undefined): string {
  return given === undefined
    ? "No channel of this business says to which WhatsApp Business Account it belongs. Say it with `onethread channel set-account <id> --account-id <id>`. Nothing was changed."
    : `No channel of this business belongs to the WhatsApp Business Account ${given}. Nothing was changed; \`onethread channel list\` shows the accounts.`;
}
