// Owns the message templates that the simulator's accounts have. Data only.
import type { JsonObject } from "./json-object.ts";

export type TemplateCategory = "UTILITY" | "MARKETING" | "AUTHENTICATION";

export interface MessageTemplate {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  /** In the platform's word: APPROVED, PENDING, REJECTED, PAUSED, DISABLED, ARCHIVED … */
  readonly status: string;
  readonly category: TemplateCategory;
  readonly parameter_format: "POSITIONAL" | "NAMED";
  readonly components: readonly JsonObject[];
  /** Further fields of the node, as the platform calls them. */
  readonly extra?: JsonObject;
}

export const defaultTemplates: readonly MessageTemplate[] = [
  {
    id: "1500000000000001",
    name: "order_ready",
    language: "pt_BR",
    status: "APPROVED",
    category: "UTILITY",
    parameter_format: "POSITIONAL",
    components: [
      { type: "HEADER", format: "IMAGE" },
      { type: "BODY", text: "Olá {{1}}, o seu pedido {{2}} está pronto." },
      { type: "FOOTER", text: "Aurora" },
      {
        type: "BUTTONS",
        buttons: [
          { type: "URL", text: "Acompanhar", url: "https://example.com/t/{{1}}" },
          { type: "QUICK_REPLY", text: "Parar" },
        ],
      },
    ],
  },
  {
    id: "1500000000000002",
    name: "order_ready_named",
    language: "en_US",
    status: "APPROVED",
    category: "UTILITY",
    parameter_format: "NAMED",
    components: [{ type: "BODY", text: "Hello {{customer}}, your order is ready." }],
  },
  {
    id: "1500000000000003",
    name: "login_code",
    language: "en_US",
    status: "APPROVED",
    category: "AUTHENTICATION",
    parameter_format: "POSITIONAL",
    components: [
      { type: "BODY", text: "{{1}} is your verification code." },
      { type: "BUTTONS", buttons: [{ type: "URL", text: "Copy code", url: "https://example.com/code/{{1}}" }] },
    ],
  },
  {
    id: "1500000000000004",
    name: "hello_world",
    language: "en_US",
    status: "APPROVED",
    category: "UTILITY",
    parameter_format: "POSITIONAL",
    components: [
      { type: "HEADER", format: "TEXT", text: "Hello World" },
      { type: "BODY", text: "Welcome and congratulations!" },
    ],
  },
  {
    id: "1500000000000005",
    name: "spring_offer",
    language: "en_US",
    status: "PAUSED",
    category: "MARKETING",
    parameter_format: "POSITIONAL",
    components: [{ type: "BODY", text: "Hello {{1}}, spring is here." }],
  },
  {
    id: "1500000000000006",
    name: "winter_offer",
    language: "en_US",
    status: "DISABLED",
    category: "MARKETING",
    parameter_format: "POSITIONAL",
    components: [{ type: "BODY", text: "Hello {{1}}, winter is here." }],
  },
];
