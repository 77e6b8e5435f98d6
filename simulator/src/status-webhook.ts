// Owns the shape of status webhooks. Knows nothing of when they are sent.
import type { Customer } from "./customers.ts";
import { webhookError } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import type { JsonObject } from "./json-object.ts";
import { entriesOf, envelopeOf, messagesChange, uniqueContacts } from "./messages-webhook.ts";
import type { BusinessNumber } from "./settings.ts";

/** One status of one message. */
export interface StatusNotice {
  readonly number: BusinessNumber;
  readonly wamid: string;
  readonly status: string;
  /** Unix seconds. */
  readonly timestamp: string;
  readonly address: { readonly kind: "phone" | "user" | "group"; readonly value: string };
  readonly customer: Customer | undefined;
  readonly callbackData: string | undefined;
  readonly category: string;
  /** The free conversation of an ad that it is part of. */
  readonly entry?: { readonly id: string; readonly untilMs: number };
  /** Of what was sent by Direct Send: the template that was made of it. */
  readonly templateId?: string;
  readonly problem?: GraphProblem;
}

function recipientOf({ address, customer, status }: StatusNotice): JsonObject {
  if (address.kind === "group") return { recipient_id: address.value, recipient_type: "group" };
  if (address.kind === "phone") {
    const userId = status === "failed" ? undefined : customer?.userId;
    return { recipient_id: address.value, ...(userId !== undefined && { recipient_user_id: userId }) };
  }
  return {
    recipient_user_id: address.value,
    ...(customer?.parentUserId !== undefined && { recipient_parent_user_id: customer.parentUserId }),
  };
}

function contactOf({ address, customer, status }: StatusNotice): JsonObject | undefined {
  // The platform sends no contacts with failed statuses, and never the username with `sent`.
  if (status === "failed" || address.kind === "group") return undefined;
  const username = status === "sent" ? undefined : customer?.username;
  const userId = address.kind === "user" ? address.value : customer?.userId;
  return {
    profile: { name: customer?.name ?? customer?.phone ?? address.value, ...(username !== undefined && { username }) },
    ...(address.kind === "phone" && { wa_id: address.value }),
    ...(userId !== undefined && { user_id: userId }),
  };
}

/** Its end stands on `sent` only. */
const conversationOf = ({ id, untilMs }: NonNullable<StatusNotice["entry"]>, status: string): JsonObject => ({
  id,
  ...(status === "sent" && { expiration_timestamp: String(Math.floor(untilMs / 1000)) }),
  origin: { type: "referral_conversion" },
});

const pricingOf = ({ category, entry }: StatusNotice): JsonObject =>
  entry === undefined
    ? { billable: true, pricing_model: "PMP", type: "regular", category }
    : { billable: false, pricing_model: "PMP", type: "free_entry_point", category: "referral_conversion" };

const statusOf = (notice: StatusNotice): JsonObject => ({
  id: notice.wamid,
  status: notice.status,
  timestamp: notice.timestamp,
  ...recipientOf(notice),
  ...(notice.templateId !== undefined && { template_id: notice.templateId }),
  ...(notice.callbackData !== undefined && { biz_opaque_callback_data: notice.callbackData }),
  ...(notice.entry !== undefined && notice.status !== "failed" && { conversation: conversationOf(notice.entry, notice.status) }),
  ...((notice.status === "sent" || notice.status === "delivered") && { pricing: pricingOf(notice) }),
  ...(notice.problem !== undefined && { errors: [webhookError(notice.problem)] }),
});

/** One webhook with all these statuses, gathered by number. */
export function statusesWebhook(notices: readonly StatusNotice[]): JsonObject {
  const changes = [...Map.groupBy(notices, (notice) => notice.number.phoneNumberId).values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const change = messagesChange(first.number, { contacts: uniqueContacts(list.map(contactOf)), statuses: list.map(statusOf) });
    return [{ wabaId: first.number.wabaId, change }];
  });
  return envelopeOf(entriesOf(changes));
}
