// Owns: the SQL that finds the threads of a phone number in any of its spellings.
import { defineQuery } from "../db/query.ts";

export const listThreadsOfPhones = defineQuery({
  name: "identity.list-threads-of-phones",
  role: "app",
  columns: { value: "text", conversation_id: "uuid" },
  params: { phones: "text[]" },
  text: `
select a.value, coalesce(c.merged_into, c.id) as conversation_id
  from aliases a
  join conversations c on c.business_id = :business and c.id = a.conversation_id
 where a.business_id = :business and a.kind = 'phone' and a.value = any (:phones)`,
});
