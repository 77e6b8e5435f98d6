// Owns: the tools that a business defines: adding, replacing, listing, removing. Refuses to know: how they are called.
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { ValuesOf } from "../db/parameters.ts";
import type { Row } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { instant, uuid } from "../kernel/shapes.ts";
import { BUILT_IN_TOOLS, readDefinition, type ToolDefinition } from "./tool-definition.ts";
import { enableTool, findTool, insertTool, listTools, removeTool, replaceTool } from "./tools.queries.ts";

const kind = z.enum(["http", "mcp"]);

export const newToolSchema = z
  .object({
    name: z.string().describe("What the model calls it: small letters, digits and _. Of an MCP server: the beginning of its tools' names."),
    kind,
    description: z.string().describe("For the model: what it is for and when to call it."),
    definition: z.record(z.string(), z.unknown()).describe("What is asked and how: docs/tools.md."),
    needsApproval: z.boolean().default(false).describe("A person has to approve each call first."),
    isEnabled: z.boolean().default(true),
  })
  .meta({ id: "NewTool" });

export type NewTool = Readonly<Omit<z.output<typeof newToolSchema>, "definition">> & { readonly definition: unknown };

export const toolSchema = z
  .object({
    id: uuid,
    name: z.string(),
    kind,
    description: z.string(),
    definition: z.record(z.string(), z.unknown()),
    needsApproval: z.boolean(),
    isEnabled: z.boolean(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: "Tool" });

export type BusinessTool = ToolDefinition & Readonly<Omit<z.output<typeof toolSchema>, keyof ToolDefinition>>;

export type SaveOutcome =
  | { readonly outcome: "saved"; readonly tool: BusinessTool }
  | { readonly outcome: "invalid"; readonly problems: readonly string[] }
  | { readonly outcome: "name_taken" }
  | { readonly outcome: "not_found" };

export interface BusinessTools {
  /** By name. What another version of the code has written, and this one cannot read, is left out. */
  list(businessId: BusinessId): Promise<readonly BusinessTool[]>;
  find(businessId: BusinessId, id: string): Promise<BusinessTool | undefined>;
  add(businessId: BusinessId, tool: NewTool): Promise<SaveOutcome>;
  replace(businessId: BusinessId, id: string, tool: NewTool): Promise<SaveOutcome>;
  setEnabled(businessId: BusinessId, id: string, isEnabled: boolean): Promise<BusinessTool | undefined>;
  remove(businessId: BusinessId, id: string): Promise<boolean>;
}

const MAX_TOOLS = 50;
const MAX_DESCRIPTION = 2_000;

function toolOf(row: Row<typeof findTool>): readonly BusinessTool[] {
  const read = readDefinition(row.kind === "mcp" ? "mcp" : "http", row.definition);
  if (read.outcome === "invalid") return [];
  const { outcome: _outcome, ...definition } = read;
  return [
    {
      ...definition,
      id: row.id,
      name: row.name,
      description: row.description,
      needsApproval: row.needs_approval,
      isEnabled: row.is_enabled,
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
    },
  ];
}

type StoredFields = Omit<ValuesOf<typeof insertTool.params>, "id">;

function check(tool: NewTool): { readonly problems: readonly string[]; readonly fields?: StoredFields } {
  const problems: string[] = [];
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(tool.name))
    problems.push("name: must have small letters, digits and _ only, begin with a letter, and be at most 40 long");
  if (BUILT_IN_TOOLS.some((name) => name === tool.name)) problems.push(`name: ${tool.name} is built in`);
  if (tool.description.trim() === "" || tool.description.length > MAX_DESCRIPTION)
    problems.push(`description: must tell the model what the tool is for, in at most ${MAX_DESCRIPTION} characters`);
  const read = readDefinition(tool.kind, tool.definition);
  if (read.outcome === "invalid") return { problems: [...problems, ...read.problems] };
  const { name, kind: ofKind, needsApproval, isEnabled } = tool;
  const definition = JSON.stringify(read.definition);
  return { problems, fields: { name, kind: ofKind, description: tool.description.trim(), definition, needsApproval, isEnabled } };
}

export function createBusinessTools(deps: { readonly database: Database }): BusinessTools {
  const open = (businessId: BusinessId) => deps.database.forBusiness(businessId);
  const savedOf = (row: Row<typeof findTool> | undefined): SaveOutcome => {
    const [tool] = row === undefined ? [] : toolOf(row);
    return tool === undefined ? { outcome: "name_taken" } : { outcome: "saved", tool };
  };
  return {
    async list(businessId) {
      return (await open(businessId).run(listTools, {})).flatMap(toolOf);
    },
    async find(businessId, id) {
      return (await open(businessId).run(findTool, { id })).flatMap(toolOf)[0];
    },
    async add(businessId, tool) {
      const { problems, fields } = check(tool);
      if (fields === undefined || problems.length > 0) return { outcome: "invalid", problems };
      const known = await open(businessId).run(listTools, {});
      if (known.length >= MAX_TOOLS) return { outcome: "invalid", problems: [`tools: a business has at most ${MAX_TOOLS}`] };
      const [row] = await open(businessId).run(insertTool, { id: newId(), ...fields });
      return savedOf(row);
    },
    async replace(businessId, id, tool) {
      const { problems, fields } = check(tool);
      if (fields === undefined || problems.length > 0) return { outcome: "invalid", problems };
      const [row] = await open(businessId).run(replaceTool, { id, ...fields });
      if (row !== undefined) return savedOf(row);
      const [known] = await open(businessId).run(findTool, { id });
      return { outcome: known === undefined ? "not_found" : "name_taken" };
    },
    async setEnabled(businessId, id, isEnabled) {
      return (await open(businessId).run(enableTool, { id, isEnabled })).flatMap(toolOf)[0];
    },
    async remove(businessId, id) {
      return (await open(businessId).execute(removeTool, { id })) > 0;
    },
  };
}
