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
const ALL = "t.id, t.name, t.kind, t.description, t.definition, t.needs_approval, t.is_enabled, t.created_at, t.updated_at";

const written = {
  id: "uuid",
  name: "text",
  kind: "text",
  description: "text",
  definition: "jsonb",
  needsApproval: "bool",
  isEnabled: "bool",
} as const;

export const listTools = defineQuery({
  name: "tools.list",
  role: "app",
  columns,
  params: {},
  text: `select ${ALL} from tools t where t.business_id = :business order by t.name`,
});

export const findTool = defineQuery({
  name: "tools.find",
  role: "app",
  columns,
  params: { id: "uuid" },
  text: `select ${ALL} from tools t where t.business_id = :business and t.id = :id`,
});

export const insertTool = defineQuery({
  name: "tools.insert",
  role: "app",
  columns,
  params: written,
  text: `
insert into tools as t (business_id, id, name, kind, description, definition, needs_approval, is_enabled, created_at, updated_at)
values (:business, :id, :name, :kind, :description, :definition, :needsApproval, :isEnabled, now(), now())
on conflict on constraint uq_tool_name do nothing
returning ${ALL}`,
});

// clock_timestamp: two changes within one transaction of a test still differ; what was listed of an MCP server is remembered under this time.
export const replaceTool = defineQuery({
  name: "tools.replace",
  role: "app",
  columns,
  params: written,
  text: `
update tools t set name = :name, kind = :kind, description = :description, definition = :definition, needs_approval = :needsApproval,
       is_enabled = :isEnabled, updated_at = clock_timestamp()
 where t.business_id = :business and t.id = :id
   and not exists (select from tools o where o.business_id = :business and o.name = :name and o.id <> :id)
returning ${ALL}`,
});

export const enableTool = defineQuery({
  name: "tools.enable",
  role: "app",
  columns,
  params: { id: "uuid", isEnabled: "bool" },
  text: `
update tools t set is_enabled = :isEnabled, updated_at = clock_timestamp() where t.business_id = :business and t.id = :id
returning ${ALL}`,
});

export const removeTool = defineQuery({
  name: "tools.remove",
  role: "app",
  columns: {},
  params: { id: "uuid" },
  text: `delete from tools t where t.business_id = :business and t.id = :id`,
});

/** Who the customer is, as far as a business's tool may know. */
export const findToolCustomer = defineQuery({
  name: "tools.find-customer",
  role: "app",
  columns: { phone: "text?", lead_id: "text?" },
  params: { conversationId: "uuid" },
  text: `
select (select a.value from aliases a
         where a.business_id = :business and a.conversation_id = c.id and a.kind = 'phone' order by a.created_at desc, a.value limit 1) as phone,
       c.lead_id
  from conversations c where c.business_id = :business and c.id = :conversationId`,
});
