// Owns: the shapes of the API's tool routes.
import { z } from "zod";

const named = <Schema extends z.ZodType>(id: string, schema: Schema): Schema => schema.meta({ ...schema.meta(), id });
const id = z.string().describe("A UUID.");
const instant = z.string().meta({ description: "ISO 8601, UTC.", format: "date-time" });
const kind = z.enum(["http", "mcp"]);
const definition = z.record(z.string(), z.unknown()).describe("What is asked and how: docs/tools.md.");
const json = z.unknown().describe("Any JSON.");

export const newToolSchema = named(
  "NewTool",
  z.object({
    name: z.string().describe("What the model calls it: small letters, digits and _. Of an MCP server: the beginning of its tools' names."),
    kind,
    description: z.string().describe("For the model: what it is for and when to call it."),
    definition,
    needsApproval: z.boolean().default(false).describe("A person has to approve each call first."),
    isEnabled: z.boolean().default(true),
  }),
);

export const toolSchema = named(
  "Tool",
  z.object({
    id,
    name: z.string(),
    kind,
    description: z.string(),
    definition: z.record(z.string(), z.unknown()),
    needsApproval: z.boolean(),
    isEnabled: z.boolean(),
    createdAt: instant,
    updatedAt: instant,
  }),
);
export const toolListSchema = named("ToolPage", z.object({ data: z.array(toolSchema).readonly(), nextCursor: z.string().nullable() }));

export const tryBodySchema = z.object({
  arguments: z.record(z.string(), z.unknown()).default({}),
  serverTool: z.string().max(200).optional().describe("Of an MCP server: which of its tools; absent: they are listed."),
});
export const tryAnswerSchema = named(
  "ToolTest",
  z.object({
    outcome: z.enum(["done", "failed", "unknown"]).describe("unknown: it left, and nobody knows what became of it."),
    result: json,
    error: z.string().nullable(),
    ms: z.int(),
  }),
);

export const toolCallSchema = named(
  "ToolCall",
  z.object({
    id,
    conversationId: id,
    turnId: id,
    tool: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    state: z
      .string()
      .describe("waiting, approved, denied, running, done, failed, unknown, or expired: its burst was over before it was made."),
    result: json,
    error: z.string().nullable(),
    attempts: z.int(),
    createdAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    decidedAt: instant.nullable(),
    decidedBy: z.string().nullable().describe("The name of the API key, or api, or cli."),
  }),
);
export const toolCallPageSchema = named(
  "ToolCallPage",
  z.object({ data: z.array(toolCallSchema).readonly(), nextCursor: z.string().nullable() }),
);

export const factsSchema = named("CustomerFacts", z.object({ facts: z.record(z.string(), z.string()) }));
export const factsPatchSchema = z.object({ facts: z.record(z.string(), z.string().nullable()) });
