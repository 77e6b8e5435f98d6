// Owns: the routes with which a business says how it wants to be answered for: its row, the document of reply settings, and the secrets of both.
import { z } from "zod";
import { businessSchema } from "../../businesses/businesses.ts";
import { businessChangesSchema, type ChangeBusiness } from "../../businesses/change-business.ts";
import { Fault } from "../../kernel/faults.ts";
import { replySettingsSchema, SECRET_NAME } from "../../settings/reply-settings.ts";
import { storedSecretSchema, type ReplySettingsStore } from "../../settings/reply-settings-store.ts";
import { isObject } from "../../kernel/read-json.ts";
import { notFound, type ApiApp } from "../api-app.ts";
import { pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface ReplySettingsRoutesDeps {
  readonly replySettings: ReplySettingsStore;
  readonly changeBusiness: ChangeBusiness;
}

const replySettingsViewSchema = replySettingsSchema.meta({
  id: "ReplySettings",
  description: "All settings: docs/reply-settings.md.",
});

/** Loose: what is wrong is said by the store, for all settings at once. */
const replySettingsPatchSchema = z
  .record(z.string(), z.unknown())
  .meta({ id: "ReplySettingsPatch", description: "A part of ReplySettings; null sets a setting back to its default." });

const secretNameParams = z.object({
  name: z.string().regex(SECRET_NAME, "must have small letters, digits and _ only, and begin with a letter"),
});
const secretValueSchema = z
  .object({
    value: z
      .string()
      .trim()
      .min(1)
      .max(8_000)
      .regex(/^[^\0]*$/, "must not contain a zero character"),
  })
  .meta({ id: "ReplySecretValue" });
const secretSchema = z.object({ name: z.string() }).meta({ id: "ReplySecretName" });
const secretPageSchema = pageSchema("ReplySecretPage", storedSecretSchema);

export function registerReplySettingsRoutes(api: ApiApp, deps: ReplySettingsRoutesDeps): void {
  registerSettings(api, deps.replySettings);
  registerSecrets(api, deps.replySettings);
  registerBusinessChange(api, deps.changeBusiness);
}

function registerSettings(api: ApiApp, settings: ReplySettingsStore): void {
  const response = { 200: replySettingsViewSchema, ...problemAnswers };
  const readSchema = { operationId: "getReplySettings", summary: "Read how replies are written, with the defaults", response };
  api.get("/reply-settings", { schema: readSchema }, (request) => settings.read(callerOf(request).businessId));
  const changeSchema = {
    operationId: "changeReplySettings",
    summary: "Change how replies are written (JSON merge patch; null sets a setting back to its default)",
    body: replySettingsPatchSchema,
    response,
  };
  api.patch("/reply-settings", { schema: changeSchema }, async (request) => {
    const patch: unknown = request.body;
    const changed = await settings.change(callerOf(request).businessId, isObject(patch) ? patch : {});
    if (changed.outcome === "changed") return changed.settings;
    const errors = changed.problems.map(fieldErrorOf);
    throw new Fault("invalid_settings", `Nothing was changed. ${changed.problems[0] ?? ""}`.trim(), { errors });
  });
}

/** A problem begins with the path of its setting. */
function fieldErrorOf(problem: string): { readonly path: string; readonly message: string } {
  const end = problem.indexOf(": ");
  return { path: `body.${problem.slice(0, end)}`, message: problem.slice(end + 2) };
}

function registerSecrets(api: ApiApp, settings: ReplySettingsStore): void {
  const listSchema = {
    operationId: "listReplySecrets",
    summary: "List the names of the secrets; a value is never shown again",
    response: { 200: secretPageSchema, ...problemAnswers },
  };
  api.get("/reply-secrets", { schema: listSchema }, async (request) => {
    return { data: await settings.listSecrets(callerOf(request).businessId), nextCursor: null };
  });
  const saveSchema = {
    operationId: "saveReplySecret",
    summary: "Store a secret, or replace it: a model's key, the signing secret of the agent's webhook (whsec_…), a tool's header",
    params: secretNameParams,
    body: secretValueSchema,
    response: { 200: secretSchema, ...problemAnswers },
  };
  api.put("/reply-secrets/:name", { schema: saveSchema }, async (request) => {
    const { name } = request.params;
    await settings.saveSecret(callerOf(request).businessId, name, request.body.value);
    return { name };
  });
  const removeSchema = {
    operationId: "removeReplySecret",
    summary: "Remove a secret; what needs it fails until there is another",
    params: secretNameParams,
    response: { 200: secretSchema, ...problemAnswers },
  };
  api.delete("/reply-secrets/:name", { schema: removeSchema }, async (request) => {
    const { name } = request.params;
    if (!(await settings.removeSecret(callerOf(request).businessId, name))) throw notFound("secret");
    return { name };
  });
}

function registerBusinessChange(api: ApiApp, changeBusiness: ChangeBusiness): void {
  const schema = {
    operationId: "changeBusiness",
    summary: "Change the business of the API key: whether the AI answers, how long it waits, what it says when it fetches a person",
    body: businessChangesSchema,
    response: { 200: businessSchema, ...problemAnswers },
  };
  api.patch("/business", { schema }, async (request) => {
    const changed = await changeBusiness(callerOf(request).businessId, request.body);
    switch (changed.outcome) {
      case "changed":
        return changed.business;
      case "not_found":
        throw notFound("business");
      case "invalid": {
        const errors = [{ path: `body.${changed.path}`, message: changed.problem }];
        throw new Fault("invalid_settings", `Nothing was changed. ${changed.problem}`, { errors });
      }
    }
  });
}
