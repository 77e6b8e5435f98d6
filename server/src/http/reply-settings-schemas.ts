// Owns: the shapes of reply settings, secrets and changes of a business in the API.
import { z } from "zod";
import { replySettingsSchema } from "../settings/reply-settings.ts";
import { cleanString } from "../kernel/storable-json.ts";

export const replySettingsViewSchema = replySettingsSchema.meta({
  id: "ReplySettings",
  description: "All settings: docs/reply-settings.md.",
});

/** Loose: what is wrong is said by the store, for all settings at once. */
export const replySettingsPatchSchema = z
  .record(z.string(), z.unknown())
  .meta({ id: "ReplySettingsPatch", description: "A part of ReplySettings; null takes a setting back to its default." });

export const secretNameParams = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, "must have small letters, digits and _ only, and begin with a letter"),
});
export const secretValueSchema = z
  .object({
    value: z
      .string()
      .trim()
      .min(1)
      .max(8_000)
      .regex(/^[^\0]*$/, "must not contain a zero character"),
  })
  .meta({ id: "ReplySecretValue" });
export const secretSchema = z.object({ name: z.string() }).meta({ id: "ReplySecretName" });
export const secretPageSchema = z
  .object({
    data: z
      .array(z.object({ name: z.string(), updatedAt: z.string().meta({ description: "ISO 8601, UTC.", format: "date-time" }) }))
      .readonly(),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: "ReplySecretPage" });

export const businessChangesSchema = z
  .strictObject({
    aiEnabled: z.boolean().optional(),
    quietMs: z.int().min(0).max(60_000).optional().describe("How long a customer must be quiet before the reply."),
    ceilingMs: z.int().min(0).max(300_000).optional().describe("How long a reply waits at most."),
    language: z
      .string()
      .regex(/^[a-z_]{1,60}$/, "must be a text search configuration of PostgreSQL, such as english or simple")
      .optional(),
    handoffText: z
      .string()
      .transform((text) => cleanString(text).trim())
      .pipe(z.string().min(1).max(4_096))
      .optional(),
    handoffPauseMs: z.int().min(0).max(31_536_000_000).nullable().optional().describe("null: until somebody resumes the AI."),
    answersGroups: z.boolean().optional(),
    replyConcurrency: z.int().min(1).max(10_000).nullable().optional().describe("null: an equal share."),
  })
  .meta({ id: "BusinessChanges" });
