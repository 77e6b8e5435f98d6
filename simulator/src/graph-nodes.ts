// Owns what can be read of numbers, accounts, templates and media: their nodes, the fields asked for, pages. Knows no route.
import type { MessageTemplate } from "./default-templates.ts";
import type { GraphOutcome } from "./graph-answer.ts";
import { notEmulated, unknownField } from "./graph-problem.ts";
import type { JsonObject } from "./json-object.ts";
import type { BusinessNumber } from "./settings.ts";

export interface GraphNode {
  /** As the platform calls it in its errors. */
  readonly kind: string;
  readonly node: JsonObject;
}

interface KnownFields {
  /** That the platform has, whether or not this simulator has a value for them. */
  readonly fields: readonly string[];
  /** That lead to other nodes. */
  readonly edges: readonly string[];
}

const numberKind = "WhatsAppBusinessPhoneNumber";
const accountKind = "WhatsAppBusinessAccount";
const templateKind = "WhatsAppMessageTemplate";
const mediaKind = "WhatsAppBusinessPhoneNumberMedia";

const known: Readonly<Record<string, KnownFields>> = {
  [numberKind]: {
    fields: [
      ...["account_mode", "certificate", "new_certificate", "new_name_status", "new_display_name", "country_dial_code", "health_status"],
      ...["conversational_automation", "eligibility_for_api_business_global_search", "host_platform", "is_official_business_account"],
      ...[
        "is_on_biz_app",
        "is_pin_enabled",
        "is_preverified_number",
        "last_onboarded_time",
        "messaging_limit_tier",
        "official_business_account",
      ],
      ...["quality_score", "search_visibility", "unified_cert_status", "username", "username_status", "last_updated_time"],
    ],
    edges: [
      "whatsapp_business_profile",
      "message_history",
      "message_qrdls",
      "settings",
      "groups",
      "block_users",
      "whatsapp_commerce_settings",
    ],
  },
  [accountKind]: {
    fields: [
      ...["account_review_status", "analytics", "auth_international_rate_eligibility", "business_verification_status", "country"],
      ...["creation_time", "currency", "health_status", "is_enabled_for_insights", "is_shared_with_partners", "linked_commerce_account"],
      ...["marketing_messages_lite_api_status", "on_behalf_of_business_info", "owner_business"],
      ...["owner_business_info", "ownership_type", "primary_business_location", "primary_funding_id", "purchase_order_number", "status"],
      ...["conversation_analytics", "pricing_analytics", "template_analytics", "whatsapp_business_manager_messaging_limit"],
    ],
    edges: [
      "phone_numbers",
      "message_templates",
      "subscribed_apps",
      "assigned_users",
      "product_catalogs",
      "flows",
      "activities",
      "solutions",
    ],
  },
  [templateKind]: {
    fields: [
      ...["quality_score", "rejected_reason", "previous_category", "correct_category", "sub_category", "message_send_ttl_seconds"],
      ...[
        "library_template_name",
        "last_updated_time",
        "cta_url_link_tracking_opted_out",
        "degrees_of_freedom_spec",
        "is_primary_device_delivery_only",
        "optimization_spec",
        "source",
      ],
    ],
    edges: [],
  },
  [mediaKind]: { fields: [], edges: [] },
};

export const numberNode = (number: BusinessNumber): GraphNode => ({
  kind: numberKind,
  node: {
    id: number.phoneNumberId,
    display_phone_number: number.displayPhoneNumber,
    verified_name: number.verifiedName ?? "Onethread Simulator",
    quality_rating: "GREEN",
    platform_type: "CLOUD_API",
    throughput: { level: number.throughput ?? "STANDARD" },
    ...(number.isOnApp === undefined ? {} : { is_on_biz_app: number.isOnApp }),
    status: number.status ?? "CONNECTED",
    code_verification_status: "VERIFIED",
    name_status: "APPROVED",
    whatsapp_business_manager_messaging_limit: "TIER_250",
    webhook_configuration: {},
  },
});

export const accountNode = ({ wabaId, verifiedName }: BusinessNumber, marketingMessages: string): GraphNode => ({
  kind: accountKind,
  node: {
    id: wabaId,
    name: verifiedName ?? "Onethread Simulator",
    timezone_id: "1",
    message_template_namespace: `namespace_${wabaId}`,
    marketing_messages_onboarding_status: marketingMessages,
  },
});

export const templateNode = ({
  id,
  name,
  language,
  status,
  category,
  parameter_format,
  components,
  extra,
}: MessageTemplate): GraphNode => ({
  kind: templateKind,
  node: { name, parameter_format, components, language, status, category, ...extra, id },
});

export const mediaNode = (node: JsonObject): GraphNode => ({ kind: mediaKind, node });

/** The names at the top of `a,b{c,d},e.limit(2)`. */
function namesIn(fields: string): readonly string[] {
  let depth = 0;
  let top = "";
  for (const letter of fields) {
    if (letter === "{" || letter === "(") depth += 1;
    if (depth === 0) top += letter;
    if (letter === "}" || letter === ")") depth -= 1;
  }
  return top
    .split(",")
    .flatMap((part) => part.split(".")[0]?.trim() ?? [])
    .filter((name) => name !== "");
}

/** The fields asked for; `id` is always among them. One that the node does not have is error 100, as on the platform. */
export function pickFields({ kind, node }: GraphNode, fields: string | undefined): GraphOutcome {
  const names = namesIn(fields ?? "");
  if (names.length === 0) return { answer: node };
  const others = known[kind];
  const strange = names.find((name) => !Object.hasOwn(node, name) && others?.fields.includes(name) !== true);
  if (strange !== undefined) {
    const isEdge = others?.edges.includes(strange) === true;
    return { problem: isEdge ? notEmulated(`the edge ${strange} as a field of a ${kind}`) : unknownField(strange, kind) };
  }
  const wanted = new Set(["id", ...names]);
  return { answer: Object.fromEntries(Object.entries(node).filter(([key]) => wanted.has(key))) };
}

type Query = Readonly<Record<string, string | undefined>>;

/** One page of nodes with the fields asked for. `address` is where the list itself is read. */
export function pageOf(nodes: readonly GraphNode[], query: Query, address: string): GraphOutcome {
  const limit = Math.min(Math.max(Number(query["limit"] ?? 25) || 25, 1), 1000);
  const { after, before, fields } = query;
  const positionOf = (cursor: string): number => Math.max(Number(Buffer.from(cursor, "base64url").toString()) || 0, 0);
  const cursorOf = (position: number): string => Buffer.from(String(position)).toString("base64url");
  const end = after === undefined && before !== undefined ? positionOf(before) : undefined;
  const start = end === undefined ? (after === undefined ? 0 : positionOf(after)) : Math.max(end - limit, 0);
  const page = nodes.slice(start, end ?? start + limit);
  const picked: JsonObject[] = [];
  for (const node of page) {
    const outcome = pickFields(node, fields);
    if (!("answer" in outcome)) return outcome;
    picked.push(outcome.answer);
  }
  const linkTo = (direction: string, cursor: string): string =>
    `${address}?${new URLSearchParams({ ...(fields !== undefined && { fields }), limit: String(limit), [direction]: cursor }).toString()}`;
  const cursors = { before: cursorOf(start), after: cursorOf(start + page.length) };
  return {
    answer: {
      data: picked,
      paging: {
        cursors,
        ...(start + page.length < nodes.length && { next: linkTo("after", cursors.after) }),
        ...(start > 0 && { previous: linkTo("before", cursors.before) }),
      },
    },
  };
}
