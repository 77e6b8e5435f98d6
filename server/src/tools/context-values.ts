// Owns: what the server may tell a call about its customer. Refuses to know: which tool asks.
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { ContextName } from "./fill-template.ts";
import { findToolCustomer } from "./tools.queries.ts";

export type ContextValue = (name: ContextName) => Promise<string | undefined>;

interface ContextValuesOptions {
  readonly database: Database;
  readonly businessId: BusinessId;
  readonly conversationId: string;
}

/** Looks the customer up only when a tool wants to know about them. */
export function createContextValues({ database, businessId, conversationId }: ContextValuesOptions): (callId: string) => ContextValue {
  const findCustomer = async () => (await database.forBusiness(businessId).run(findToolCustomer, { conversationId }))[0];
  return (callId) => async (name) => {
    switch (name) {
      case "business_id":
        return businessId;
      case "conversation_id":
        return conversationId;
      case "tool_call_id":
        return callId;
      case "customer_phone":
        return (await findCustomer())?.phone ?? undefined;
      case "lead_id":
        return (await findCustomer())?.lead_id ?? undefined;
    }
  };
}
