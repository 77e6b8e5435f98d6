// Owns: the routes that make, change, delete and preview templates.
import { z } from "zod";
import { Fault } from "../../kernel/faults.ts";
import type { ManageOutcome, ManageTemplates } from "../../templates/manage-templates.ts";
import { previewTemplate, templatePreviewSchema } from "../../templates/preview-template.ts";
import type { ReadTemplates } from "../../templates/read-templates.ts";
import {
  createTemplateBody,
  editTemplateBody,
  newTemplateOf,
  templateChangeOf,
  templateComponents,
} from "../../templates/template-form-body.ts";
import { templateSchema, type TemplateView } from "../../templates/template-view.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface TemplateManagementDeps {
  readonly templates: ReadTemplates;
  readonly manageTemplates: ManageTemplates;
}

const previewBody = z.object({
  components: templateComponents.default([]).describe("As in a template message: header, body, button, carousel … with their parameters."),
});
const deleteQuery = z.object({
  allLanguages: z.stringbool().default(false).describe("The template in every language of its name."),
});

export function registerTemplateManagement(api: ApiApp, { templates, manageTemplates }: TemplateManagementDeps): void {
  const response = { 200: templateSchema, ...problemAnswers };
  const create = {
    operationId: "createTemplate",
    summary: "Make a template; WhatsApp reviews it",
    body: createTemplateBody,
    response: { 201: templateSchema, ...problemAnswers },
  };
  api.post("/templates", { schema: create }, async (request, reply) =>
    reply.code(201).send(doneOrThrow(await manageTemplates.create(callerOf(request).businessId, newTemplateOf(request.body)))),
  );

  const edit = {
    operationId: "editTemplate",
    summary: "Change a template: all its components are replaced, and WhatsApp reviews it again",
    params: idParams,
    body: editTemplateBody,
    response,
  };
  api.patch("/templates/:id", { schema: edit }, async (request) => {
    const id = requireUuid(request.params.id, "template");
    return doneOrThrow(await manageTemplates.edit(callerOf(request).businessId, id, templateChangeOf(request.body)));
  });

  const remove = {
    operationId: "deleteTemplate",
    summary: "Delete a template; WhatsApp blocks its name for 30 days",
    params: idParams,
    querystring: deleteQuery,
    response,
  };
  api.delete("/templates/:id", { schema: remove }, async (request) => {
    const id = requireUuid(request.params.id, "template");
    return doneOrThrow(await manageTemplates.remove(callerOf(request).businessId, id, request.query));
  });

  const unpause = {
    operationId: "unpauseTemplate",
    summary: "End a template's pause, where WhatsApp lets one",
    params: idParams,
    response,
  };
  api.post("/templates/:id/unpause", { schema: unpause }, async (request) =>
    doneOrThrow(await manageTemplates.unpause(callerOf(request).businessId, requireUuid(request.params.id, "template"))),
  );

  registerArchive(api, manageTemplates);

  const preview = {
    operationId: "previewTemplate",
    summary: "Read what a message of a template would say, and everything that does not fit; nothing is sent",
    params: idParams,
    body: previewBody,
    response: { 200: templatePreviewSchema, ...problemAnswers },
  };
  api.post("/templates/:id/preview", { schema: preview }, async (request) => {
    const found = await templates.find(callerOf(request).businessId, requireUuid(request.params.id, "template"));
    if (found === undefined) throw notFound("template");
    const shown = previewTemplate(found, request.body.components);
    if (shown === null)
      throw new Fault("template_unknown", "Only reports about this template are known: read it first (POST /api/v1/templates/sync).");
    return shown;
  });
}

function registerArchive(api: ApiApp, manageTemplates: ManageTemplates): void {
  const response = { 200: templateSchema, ...problemAnswers };
  const archive = {
    operationId: "archiveTemplate",
    summary: "Archive a template: nothing of it is sent, and WhatsApp deletes it after 28 days",
    params: idParams,
    response,
  };
  api.post("/templates/:id/archive", { schema: archive }, async (request) =>
    doneOrThrow(await manageTemplates.archive(callerOf(request).businessId, requireUuid(request.params.id, "template"), true)),
  );
  const unarchive = { operationId: "unarchiveTemplate", summary: "Take a template out of the archive", params: idParams, response };
  api.post("/templates/:id/unarchive", { schema: unarchive }, async (request) =>
    doneOrThrow(await manageTemplates.archive(callerOf(request).businessId, requireUuid(request.params.id, "template"), false)),
  );
}

function doneOrThrow(outcome: ManageOutcome): TemplateView {
  switch (outcome.outcome) {
    case "done":
      return outcome.template;
    case "not_found":
      throw notFound("template");
    case "refused":
      throw new Fault(outcome.code, outcome.sentence, outcome.problems.length === 0 ? {} : { errors: outcome.problems });
  }
}
