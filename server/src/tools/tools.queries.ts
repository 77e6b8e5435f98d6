// Owns: the SQL of the tools that a business defines, and of what a call may know of its customer.
import { defineQuery } from "../db/query.ts";

const columns = {
  id: "uuid",
  name: "text",
  kind: "text",
  description: "text",
  definition: "jsonb",
  needs_approval: "bool",
  is_enabled: "bool",
  created_at: "timestamptz",
  updated_at: "timestamptz",
} as const;

export const listTools = defineQuery({
  name: "tools.list",
  role: "app",
  columns,
  text: `
select t.id, t.name, t.kind, t.description, t.definition, t.needs_approval, t.is_enabled, t.created_at, t.updated_at
  from tools t where t.business_id = $1 order by t.name`,
});

export const findTool = defineQuery({
  name: "tools.find",
  role: "app",
  columns,
  text: `
select t.id, t.name, t.kind, t.description, t.definition, t.needs_approval, t.is_enabled, t.created_at, t.updated_at
  from tools t where t.business_id = $1 and t.id = $2`,
});

export const insertTool = defineQuery({
  name: "tools.insert",
  role: "app",
  columns,
  text: `
insert into tools (business_id, id, name, kind, description, definition, needs_approval, is_enabled, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, now(), now())
on conflict on constraint uq_tool_name do nothing
returning id, name, kind, description, definition, needs_approval, is_enabled, created_at, updated_at`,
});

// clock_timestamp: two changes within one transaction of a test still differ; what was listed of an MCP server is remembered under this time.
export const replaceTool = defineQuery({
  name: "tools.replace",
  role: "app",
  columns,
  text: `
update tools t set name = $3, kind = $4, description = $5, definition = $6, needs_approval = $7, is_enabled = $8, updated_at = clock_timestamp()
 where t.business_id = $1 and t.id = $2
   and not exists (select from tools o where o.business_id = $1 and o.name = $3 and o.id <> $2)
returning t.id, t.name, t.kind, t.description, t.definition, t.needs_approval, t.is_enabled, t.created_at, t.updated_at`,
});

export const enableTool = defineQuery({
  name: "tools.enable",
  role: "app",
  columns,
  text: `
update tools t set is_enabled = $3, updated_at = clock_timestamp()
 where t.business_id = $1 and t.id = $2
returning t.id, t.name, t.kind, t.description, t.definition, t.needs_approval, t.is_enabled, t.created_at, t.updated_at`,
});

export const removeTool = defineQuery({
  name: "tools.remove",
  role: "app",
  columns: { id: "uuid" },
  text: `delete from tools t where t.business_id = $1 and t.id = $2 returning t.id`,
});

/** Who the customer is, as far as a business's tool may be told. */
export const findToolCustomer = defineQuery({
  name: "tools.find-customer",
  role: "app",
  columns: { phone: "text?", lead_id: "text?" },
  text: `
select (select a.value from aliases a
         where a.business_id = $1 and a.conversation_id = c.id and a.kind = 'phone' order by a.created_at desc, a.value limit 1) as phone,
       c.lead_id
  from conversations c where c.business_id = $1 and c.id = $2`,
});
