// Owns what happens to a send: refused for a reason of state, or accepted, put in the outbox and followed by statuses.
// Knows nothing of HTTP.
import type { VirtualClock } from "./clock.ts";
import { entryWindowOf, isWindowOpen } from "./customers.ts";
import type { Customer, Customers } from "./customers.ts";
import type { MessageTemplate } from "./default-templates.ts";
import { directCategoryOf, directSendProblem, generatedForm } from "./direct-send.ts";
import type { FailureResponse } from "./failure-rules.ts";
import { badValue, notEmulated } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import type { Identifiers } from "./identifiers.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { MediaStore } from "./media-store.ts";
import type { Outbox } from "./outbox.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { BusinessNumber, Settings, StatusLevel } from "./settings.ts";
import type { PlannedStatus, StatusSchedule } from "./status-schedule.ts";
import type { TemplateStore } from "./template-store.ts";
import type { ThreadKey, Threads } from "./threads.ts";
import type { Typing } from "./typing.ts";
import { validateMessage } from "./validate-message.ts";
import type { Address, ValidMessage } from "./validate-message.ts";
import { findTemplate, templateProblem } from "./validate-template.ts";

export type SendOutcome = { readonly answer: JsonObject } | { readonly problem: GraphProblem };

export interface SendAcceptor {
  /** Resolves at once, unless the rule wants a status delivered first. */
  readonly send: (number: BusinessNumber, body: JsonObject, how: SendManner) => Promise<SendOutcome>;
}

export interface SendManner {
  readonly rule: FailureResponse | undefined;
  /** The address that it was sent to. */
  readonly edge: "messages" | "marketing_messages";
}

const windowClosed: GraphProblem = {
  code: 131047,
  details: "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
};
/** What `/marketing_messages` takes beside a template. */
function marketingProblem(body: JsonObject): GraphProblem | undefined {
  const { product_policy: policy, message_activity_sharing: sharing } = body;
  if (body["type"] !== "template") return { code: 131051, details: "/marketing_messages sends templates only" };
  if (body["to"] !== undefined && body["recipient"] !== undefined) return badValue("exactly one of to and recipient");
  if (policy !== undefined && policy !== "CLOUD_API_FALLBACK" && policy !== "STRICT")
    return badValue("product_policy must be one of {CLOUD_API_FALLBACK, STRICT}");
  return sharing === undefined || typeof sharing === "boolean" ? undefined : badValue("message_activity_sharing must be a boolean");
}

const keyOf = ({ phoneNumberId }: BusinessNumber, { kind, value }: Address): ThreadKey =>
  kind === "phone" ? { phoneNumberId, phone: value } : { phoneNumberId, userId: value };

const callbackDataOf = ({ biz_opaque_callback_data: data }: JsonObject): string | undefined =>
  typeof data === "string" ? data : undefined;

const groupTypes = ["text", "image", "video", "audio", "document", "sticker", "template", "pin"];
const levels: Readonly<Record<StatusLevel, readonly string[]>> = {
  none: [],
  sent: ["sent"],
  delivered: ["sent", "delivered"],
  read: ["sent", "delivered", "read"],
};

export function createSendAcceptor(deps: {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly identifiers: Identifiers;
  readonly customers: Customers;
  readonly media: MediaStore;
  readonly outbox: Outbox;
  readonly statuses: StatusSchedule;
  readonly rates: RateLimits;
  readonly typing: Typing;
  readonly templates: TemplateStore;
  readonly threads: Threads;
}): SendAcceptor {
  const { settings, clock, identifiers, customers, media, outbox, statuses, rates, typing, templates, threads } = deps;

  const customerOf = ({ kind, value }: Address): Customer | undefined => {
    if (kind === "phone") return customers.findByPhone(value);
    return kind === "user" ? customers.findByUserId(value) : undefined;
  };

  const mediaIdProblem = (number: BusinessNumber, type: string, node: JsonObject): GraphProblem | undefined => {
    const { id } = node;
    if (!["image", "video", "audio", "document", "sticker"].includes(type) || typeof id !== "string") return undefined;
    const found = media.find(id);
    // An id is good for the number that it was uploaded to.
    if (found !== undefined && (found.phoneNumberId ?? number.phoneNumberId) === number.phoneNumberId) return undefined;
    return { code: 100, message: `(#100) Param ${type}['id'] is not a valid whatsapp business account media attachment ID` };
  };

  /** What only one of the two addresses takes (Meta: "Marketing Messages API"). */
  const edgeProblem = ({ category, extra }: MessageTemplate, edge: SendManner["edge"], address: Address): GraphProblem | undefined => {
    const hasPrice = extra?.["optimization_spec"] !== undefined;
    if (edge === "messages") {
      if (hasPrice) return { code: 131061, details: "A template with a max price is sent through /marketing_messages" };
      const isOff = category === "MARKETING" && !settings.marketingOnMessages;
      return isOff ? { code: 131063, details: "Marketing messages are switched off on /messages" } : undefined;
    }
    if (settings.marketingMessages !== "ONBOARDED")
      return { code: 131005, details: "The account is not onboarded to the Marketing Messages API" };
    if (category !== "MARKETING") return { code: 131055, details: "Only marketing templates are sent through /marketing_messages" };
    if (address.kind === "group") return { code: 131051, details: "/marketing_messages sends to no groups" };
    return hasPrice && address.kind === "user"
      ? { code: 131062, details: "A template with a max price cannot be sent to a user ID" }
      : undefined;
  };

  const templateOf = (
    number: BusinessNumber,
    { node, address, edge }: { readonly node: JsonObject; readonly address: Address; readonly edge: SendManner["edge"] },
  ): { readonly template: MessageTemplate } | { readonly problem: GraphProblem } => {
    const found = findTemplate(templates.listOf(number.wabaId), node);
    if ("problem" in found) return found;
    const elsewhere = edgeProblem(found.template, edge, address);
    if (elsewhere !== undefined) return { problem: elsewhere };
    if (found.template.category === "AUTHENTICATION" && address.kind === "user") {
      return { problem: { code: 131062, details: "Authentication templates cannot be sent to a business-scoped user ID." } };
    }
    const problem = templateProblem(found.template, node);
    return problem === undefined ? found : { problem };
  };

  const stateProblem = (number: BusinessNumber, address: Address, type: string): GraphProblem | undefined => {
    if ((number.status ?? "CONNECTED") !== "CONNECTED")
      return { code: 133010, details: "The phone number is not registered on the Cloud API." };
    if (address.kind === "phone" && address.value === number.displayPhoneNumber.replace(/\D/g, "")) {
      return { code: 131021, details: "Sender and recipient phone number is the same." };
    }
    if (address.kind !== "group" && type === "pin")
      return notEmulated("a pin outside of a group: what the platform answers is not documented");
    if (address.kind === "group" && !groupTypes.includes(type))
      return { code: 131051, details: `Message type ${type} cannot be sent to a group` };
    return undefined;
  };

  const isClosed = (
    number: BusinessNumber,
    { address, type, isDirect }: ValidMessage & { readonly isDirect: boolean },
    customer: Customer | undefined,
  ): boolean =>
    settings.windowCheck !== false &&
    type !== "template" &&
    !isDirect &&
    address.kind !== "group" &&
    !isWindowOpen(customer, number.phoneNumberId, clock.nowMs());

  const failureAfter = (type: string, node: unknown, closed: boolean): GraphProblem | undefined => {
    if (closed) return windowClosed;
    if (type !== "reaction" || !isJsonObject(node)) return undefined;
    const target = String(node["message_id"]);
    const sent = outbox.find(target);
    const known = customers.findMessage(target) !== undefined || (sent !== undefined && sent.type !== "reaction");
    return known ? undefined : badValue("The message to react to does not exist, is a reaction or is too old.");
  };

  const planOf = (type: string, failure: GraphProblem | undefined, rule: FailureResponse | undefined): readonly string[] => {
    if (rule?.silent === true || (rule?.held === true && type === "template")) return [];
    if (rule?.statuses !== undefined) return rule.statuses;
    if (failure !== undefined) return ["failed"];
    const usual = levels[settings.statuses];
    return type === "reaction" ? usual.slice(0, 1) : usual;
  };

  const follow = async (
    planned: Omit<PlannedStatus, "status">,
    steps: readonly string[],
    rule: FailureResponse | undefined,
  ): Promise<void> => {
    const withStep = (status: string): PlannedStatus => {
      const { problem, ...rest } = planned;
      return status === "failed" && problem !== undefined ? { ...rest, status, problem } : { ...rest, status };
    };
    const [first, ...later] = steps;
    if (first === undefined) return;
    if (rule?.statusBeforeResponse === true) await statuses.now(withStep(first)).firstAttempt;
    else statuses.after(settings.statusDelayMs, withStep(first));
    later.forEach((status, index) => statuses.after(settings.statusDelayMs * (index + 2), withStep(status)));
  };

  /** What the state of the conversation and of the number refuses, once the body is right. */
  const refusalOf = (
    number: BusinessNumber,
    { address, type }: ValidMessage,
    { closed, isDirect }: { readonly closed: boolean; readonly isDirect: boolean },
  ): GraphProblem | undefined => {
    if (closed && settings.windowCheck === true) return windowClosed;
    const isForOwner = type !== "template" && !isDirect && address.kind !== "group";
    return (isForOwner ? threads.refuseSend(keyOf(number, address)) : undefined) ?? rates.take(number.phoneNumberId, address.value);
  };

  /** Of Direct Send: the template behind it, or why it fails later. */
  const generatedOf = (
    number: BusinessNumber,
    body: JsonObject,
    { type, node }: ValidMessage,
  ): { readonly templateId?: string; readonly problem?: GraphProblem } =>
    directCategoryOf(body) === undefined
      ? {}
      : templates.generate(number.wabaId, generatedForm(body, { type, node: isJsonObject(node) ? node : {} }));

  const answerOf = (
    { address, type }: ValidMessage,
    { waId, wamid, rule }: { readonly waId: string; readonly wamid: string; readonly rule: FailureResponse | undefined },
  ): JsonObject => ({
    messaging_product: "whatsapp",
    contacts: [address.kind === "user" ? { input: address.input, user_id: address.value } : { input: address.input, wa_id: waId }],
    messages: [
      {
        id: wamid,
        ...(type === "template" && { message_status: rule?.held === true ? "held_for_quality_assessment" : "accepted" }),
        ...(address.kind === "group" && { group_id: address.value }),
      },
    ],
  });

  return {
    async send(number, body, { rule, edge }) {
      const message = validateMessage(body);
      if ("problem" in message) return message;
      const { address, type, node } = message;
      const marketing = edge === "marketing_messages" ? marketingProblem(body) : undefined;
      if (marketing !== undefined) return { problem: marketing };
      const direct = directCategoryOf(body);
      const indirect = directSendProblem(body, message, settings.directSend);
      if (indirect !== undefined) return { problem: indirect };
      const object = isJsonObject(node) ? node : {};
      const wrong = stateProblem(number, address, type) ?? mediaIdProblem(number, type, object);
      if (wrong !== undefined) return { problem: wrong };
      const found = type === "template" ? templateOf(number, { node: object, address, edge }) : undefined;
      if (found !== undefined && "problem" in found) return found;
      const customer = customerOf(address);
      const entry = entryWindowOf(customer, number.phoneNumberId, { nowMs: clock.nowMs(), newId: () => identifiers.wamid() });
      const isFree = entry !== undefined && settings.entryWindowOpens;
      const closed = !isFree && isClosed(number, { ...message, isDirect: direct !== undefined }, customer);
      const refused = refusalOf(number, message, { closed, isDirect: direct !== undefined });
      if (refused !== undefined) return { problem: refused };

      const wamid = identifiers.wamid();
      const waId = address.kind === "phone" ? (customer?.phone ?? address.value) : address.value;
      outbox.add({
        id: wamid,
        phoneNumberId: number.phoneNumberId,
        ...(address.kind === "user" ? { recipient: address.value } : { to: address.value }),
        type,
        body,
        ...(edge === "marketing_messages" && { edge }),
        acceptedAt: clock.nowIso(),
        statuses: [],
      });
      typing.end(number.phoneNumberId, customer?.phone ?? customer?.userId ?? address.value);
      const generated = generatedOf(number, body, message);
      const failure = rule?.failStatus ?? generated.problem ?? failureAfter(type, node, closed);
      const planned = {
        number,
        wamid,
        address: { kind: address.kind, value: waId },
        customer,
        callbackData: callbackDataOf(body),
        category: edge === "marketing_messages" ? "marketing_lite" : (found?.template.category.toLowerCase() ?? direct ?? "service"),
        ...(entry !== undefined && { entry }),
        ...(generated.templateId !== undefined && { templateId: generated.templateId }),
        ...(failure !== undefined && { problem: failure }),
      };
      await follow(planned, planOf(type, failure, rule), rule);
      return { answer: answerOf(message, { waId, wamid, rule }) };
    },
  };
}
