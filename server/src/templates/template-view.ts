// Owns: a template, its versions and its account as the API shows them. JSON; instants as ISO 8601 text.
import { z } from "zod";
import type { Row } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { instant, isoOf, jsonObject, uuid } from "../kernel/shapes.ts";
import { isObject, readArray, readString } from "../kernel/read-json.ts";
import type { listTemplateAccounts } from "./template-accounts.queries.ts";
import type { findTemplate, listTemplateVersions } from "./templates.queries.ts";

const components = z.array(jsonObject).readonly();

export const templateSchema = z
  .object({
    id: uuid,
    providerId: z.string().nullable().describe("WhatsApp's id of it."),
    accountId: z.string().describe("The WhatsApp Business Account that it belongs to."),
    name: z.string(),
    language: z.string(),
    category: z
      .string()
      .nullable()
      .describe("MARKETING, UTILITY or AUTHENTICATION: the latest that is known, which decides how it is sent."),
    nextCategory: z.string().nullable().describe("The category that WhatsApp has announced."),
    nextCategoryAt: instant.nullable(),
    status: z
      .string()
      .nullable()
      .describe("In WhatsApp's word: APPROVED, PENDING, REJECTED, PAUSED, DISABLED, ARCHIVED, DELETED and more."),
    obstacle: z
      .string()
      .nullable()
      .describe(
        "Why it cannot be sent now: template_paused, template_disabled, template_rejected, template_deleted, template_archived, category_stopped; null: it can.",
      ),
    reason: z.string().nullable().describe("Why it was rejected or paused, in WhatsApp's word."),
    pausedUntil: instant.nullable().describe("When the pause ends, where WhatsApp's rules say so."),
    quality: z.string().nullable().describe("GREEN, YELLOW, RED or UNKNOWN."),
    parameterFormat: z.string().nullable().describe("POSITIONAL or NAMED."),
    components: components
      .nullable()
      .describe("As WhatsApp lists them; null: only reports about it are known, and it has not been read yet."),
    details: jsonObject.describe("Further fields of WhatsApp, such as message_send_ttl_seconds, sub_category, source."),
    version: z.int().describe("Of its content, from 1."),
    contentAt: instant.nullable().describe("Since when its content is known."),
    syncedAt: instant.nullable().describe("When it was last read from WhatsApp."),
  })
  .meta({ id: "Template" });
export type TemplateView = Readonly<z.output<typeof templateSchema>>;

export const templateVersionSchema = z
  .object({
    version: z.int(),
    fromAt: instant.describe("What was sent from then on, until the next version, said this."),
    category: z.string().nullable().describe("At that time."),
    parameterFormat: z.string(),
    components,
  })
  .meta({ id: "TemplateVersion" });
export type TemplateVersionView = Readonly<z.output<typeof templateVersionSchema>>;

export const templateAccountSchema = z
  .object({
    accountId: z.string(),
    isReading: z.boolean().describe("Its templates are being read: what is listed may not be all."),
    syncedAt: instant.nullable().describe("When the last whole reading began."),
    failedAt: instant.nullable().describe("The last reading failed; it is tried again."),
    error: z.string().nullable(),
    templateCount: z.int().nullable(),
    templateLimit: z.int().nullable().describe("How many templates the account may have."),
    marketingStatus: z.string().nullable().describe("ONBOARDED: marketing templates go through /marketing_messages."),
    stoppedCategories: z
      .array(
        z.object({
          category: z.string(),
          since: instant,
          until: instant.describe("A message of after that is tried again; a person may resume it before."),
          reason: z.string(),
        }),
      )
      .readonly()
      .describe("Categories of which WhatsApp refuses this account every template for now (131064)."),
  })
  .meta({ id: "TemplateAccount" });
export type TemplateAccountView = Readonly<z.output<typeof templateAccountSchema>>;

/** Our own statements wrote it. */
export function componentsOf(content: JsonObject | null): readonly JsonObject[] | null {
  return content === null ? null : (readArray(content, "components") ?? []).filter(isObject);
}

export function templateViewOf(row: Row<typeof findTemplate>): TemplateView {
  return {
    id: row.id,
    providerId: row.provider_id,
    accountId: row.account_id,
    name: row.name,
    language: row.language,
    category: row.category,
    nextCategory: row.next_category,
    nextCategoryAt: isoOf(row.next_category_at),
    status: row.status,
    obstacle: row.obstacle,
    reason: row.reason,
    pausedUntil: isoOf(row.paused_until),
    quality: row.quality,
    parameterFormat: row.parameter_format,
    components: componentsOf(row.content),
    details: row.details,
    version: row.version,
    contentAt: isoOf(row.content_at),
    syncedAt: isoOf(row.seen_at),
  };
}

export function templateVersionOf(row: Row<typeof listTemplateVersions>): TemplateVersionView {
  return {
    version: row.version,
    fromAt: row.from_at.toISOString(),
    category: row.category,
    parameterFormat: row.parameter_format,
    components: componentsOf(row.content) ?? [],
  };
}

/** Our own statement wrote it; PostgreSQL writes an instant with its offset. */
function stopOf(node: JsonObject): TemplateAccountView["stoppedCategories"][number] {
  const text = (key: string): string => readString(node, key) ?? "";
  const at = (key: string): string => new Date(text(key)).toISOString();
  return { category: text("category"), since: at("since"), until: at("until"), reason: text("reason") };
}

export function templateAccountOf(row: Row<typeof listTemplateAccounts>): TemplateAccountView {
  return {
    accountId: row.account_id,
    isReading: row.is_reading,
    syncedAt: isoOf(row.synced_at),
    failedAt: isoOf(row.failed_at),
    error: row.error_text,
    templateCount: row.template_count,
    templateLimit: row.template_limit,
    marketingStatus: row.marketing_status,
    stoppedCategories: (readArray(row.stops ?? undefined, "list") ?? []).filter(isObject).map(stopOf),
  };
}
