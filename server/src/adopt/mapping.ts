// Owns: the form of a mapping: which table and column of the older database holds what. Refuses to know: what is done with the values.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { packageFile } from "../kernel/package-files.ts";

const lookup = z.strictObject({ table: z.string().min(1), key: z.string().min(1), column: z.string().min(1) });
const column = z.strictObject({
  column: z.string().min(1),
  /** Versions of the old system are without it: nothing then, instead of a misfit. */
  mayBeMissing: z.literal(true).optional(),
  /** Into a JSON column. */
  path: z.array(z.string()).min(1).optional(),
  /** The column is a key; the value is in another table. */
  lookup: lookup.optional(),
  as: z.enum(["epoch_seconds"]).optional(),
  /** The old word to ours; words that are not listed stay as they are. */
  values: z.record(z.string(), z.string()).optional(),
});
const field = z.union([
  z.string().min(1),
  column,
  z.strictObject({ first: z.array(column).min(1) }),
  z.strictObject({ value: z.string() }),
]);
const only = z.strictObject({
  column: z.string().min(1),
  path: z.array(z.string()).min(1).optional(),
  lookup: lookup.optional(),
  is: z.array(z.string()).min(1),
});
const optional = field.optional();

function table<Fields extends z.ZodRawShape>(fields: Fields) {
  return z.strictObject({ table: z.string().min(1), only: z.array(only).default([]), fields: z.strictObject(fields) });
}

const mappingSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, "lower-case letters, digits and hyphens"),
  about: z.string(),
  /** False where what stands in the place of a lead is only the old system's own contact: proof of a person, but no id of a CRM. */
  keepLeadIds: z.boolean(),
  businesses: table({ id: field, name: field }).optional(),
  conversations: table({
    id: field,
    businessId: field,
    customerWaId: optional,
    customerNumber: optional,
    provider: optional,
    channelKey: optional,
    leadId: optional,
    canonicalKey: optional,
    isOpen: optional,
    startedAt: optional,
    lastMessageAt: optional,
    createdAt: optional,
    summary: optional,
  }),
  messages: table({
    id: field,
    businessId: field,
    createdAt: field,
    conversationId: optional,
    /** The other side of the chat, whoever wrote. */
    customer: optional,
    /** Whom the message was sent to: of an inbound one that is the business itself. */
    toNumber: optional,
    leadId: optional,
    direction: field,
    author: optional,
    body: optional,
    type: optional,
    /** What kind of file came with it. */
    attachment: optional,
    /** "true": it was taken back; what stands there is not what was written. */
    isRevoked: optional,
    quotedId: optional,
    /** The message as WhatsApp Web knows it (protobuf as JSON), as the gateways keep it. */
    webMessage: optional,
    /** What such a system keeps of the message beside it: the quote, the advertisement. */
    webContext: optional,
    /** Of a group: who of its members wrote it, by one id or by two, and the name that they gave themselves. */
    member: optional,
    otherMember: optional,
    memberName: optional,
    providerMessageId: optional,
    status: optional,
    provider: optional,
    channelKey: optional,
  }),
  leads: table({ id: field, businessId: field, phone: optional, name: optional }).optional(),
});

export type Mapping = z.infer<typeof mappingSchema>;
export type MappedTable = {
  readonly table: string;
  readonly only: readonly MappedFilter[];
  readonly fields: Readonly<Record<string, MappedField | undefined>>;
};
export type MappedField = z.infer<typeof field>;
export type MappedFilter = z.infer<typeof only>;

export const SHIPPED_MAPPINGS = ["legacy", "chatwoot", "evolution"] as const;

export type LoadedMapping = { readonly ok: true; readonly mapping: Mapping } | { readonly ok: false; readonly problem: string };

/** `nameOrFile`: one of SHIPPED_MAPPINGS, or a path. The problem is a sentence that names the field. */
export async function loadMapping(nameOrFile: string): Promise<LoadedMapping> {
  const shipped = SHIPPED_MAPPINGS.find((name) => name === nameOrFile);
  const file = shipped === undefined ? nameOrFile : packageFile(`mappings/${shipped}.json`);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return { ok: false, problem: `There is no mapping ${nameOrFile}: use ${SHIPPED_MAPPINGS.join(", ")}, or the path of a mapping file.` };
  }
  return parseMapping(text, nameOrFile);
}

function parseMapping(text: string, where: string): LoadedMapping {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problem: `The mapping ${where} is not JSON.` };
  }
  const parsed = mappingSchema.safeParse(json);
  if (parsed.success) return { ok: true, mapping: parsed.data };
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  return { ok: false, problem: `The mapping ${where} is wrong at ${path === "" ? "its top" : path}: ${issue?.message ?? "unknown"}.` };
}
