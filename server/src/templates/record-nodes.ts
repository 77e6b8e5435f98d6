// Owns: putting what the platform says of templates into the local copy. Refuses to know: why it was asked.
import type { Queryable } from "../db/query.ts";
import { newId } from "../kernel/ids.ts";
import type { TemplateNode } from "../whatsapp/template-node.ts";
import { recordTemplates } from "./templates.queries.ts";

export interface ReadNodes {
  readonly accountId: string;
  /** When they were asked for, by the database's time; absent: a moment ago. */
  readonly beganAt?: Date;
  readonly templates: readonly TemplateNode[];
}

/** How many were recorded. */
export async function recordNodes(db: Queryable, { accountId, beganAt, templates }: ReadNodes): Promise<number> {
  if (templates.length === 0) return 0;
  const rows = templates.map(({ components, details, ...facts }) => ({
    ...facts,
    id: newId(),
    components: JSON.stringify(components),
    details: JSON.stringify(details),
  }));
  const [row] = await db.run(recordTemplates, { accountId, beganAt, templates: rows });
  return row?.recorded ?? 0;
}
