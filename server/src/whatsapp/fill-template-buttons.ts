// Owns: the buttons of a template: what each is filled with, what does not fit, and how they read (Meta: "Templates", buttons). Refuses to know: the rest of it.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { VARIABLE, type ButtonPart } from "./template-definition.ts";
import { parametersOf, type Filling } from "./template-filling.ts";
import { labelled } from "./text-parts.ts";

const PAYLOAD_MAX = 256;
const COUPON_MAX = 15;
const URL_MAX = 2_000;
const MPM_SECTIONS = 10;
const MPM_ITEMS = 30;

/** A line of each button that leads somewhere; the others say themselves what they are on the phone. */
export function fillButtons(buttons: readonly ButtonPart[], given: readonly JsonObject[], filling: Filling): readonly (string | null)[] {
  const { path, report } = filling;
  const byIndex = new Map<number, JsonObject>();
  for (const component of given) {
    const index = Number(readScalar(component, "index"));
    const where = `${path}buttons[${index}]`;
    const button = buttons[index];
    if (byIndex.has(index)) report(where, `The button ${index} is filled in more than once.`);
    else if (button === undefined) report(where, `There is no button ${index}: the template has ${buttons.length}, counted from 0.`);
    else checkKind(button, component, { where, report });
    byIndex.set(index, component);
  }
  return buttons.map((button, index) => fillButton(button, byIndex.get(index), { where: `${path}buttons[${index}]`, report }));
}

interface Place {
  readonly where: string;
  readonly report: Filling["report"];
}

/** A code is copied by a button that is filled in as a link. */
const SUB_TYPES: Readonly<Record<string, readonly string[]>> = {
  otp: ["url", "otp"],
  url: ["url"],
  copy_code: ["copy_code", "coupon_code"],
};

function checkKind({ type, label }: ButtonPart, component: JsonObject, { where, report }: Place): void {
  const subType = readString(component, "sub_type")?.toLowerCase() ?? "";
  if (!(SUB_TYPES[type] ?? [type]).includes(subType))
    report(where, `The button "${label}" is of the type "${type}", and not "${subType}" (sub_type).`);
}

function fillButton(button: ButtonPart, component: JsonObject | undefined, place: Place): string | null {
  const [parameter] = parametersOf(component);
  switch (button.type) {
    case "url":
    case "otp":
      return fillLink(button, parameter, place);
    case "quick_reply":
      checkPayload(button, parameter, place);
      return null;
    case "copy_code":
      return fillCoupon(button, parameter, place);
    case "flow":
      checkFlow(button, parameter, place);
      return null;
    case "mpm":
      checkProducts(button, parameter, place);
      return null;
    case "phone_number":
      return labelled(button.label, button.phone);
    default:
      return null;
  }
}

function fillLink({ type, label, url }: ButtonPart, parameter: JsonObject | undefined, { where, report }: Place): string | null {
  const isFilled = type === "otp" || (url?.variables.length ?? 0) > 0;
  const value = readString(parameter, "text");
  if (!isFilled && parameter !== undefined) report(where, `The address of the button "${label}" takes no parameter.`);
  if (isFilled && (value === undefined || readString(parameter, "type")?.toLowerCase() !== "text")) {
    const what = type === "otp" ? "the code" : "the end of its address";
    report(where, `The button "${label}" needs a parameter of the type "text": ${what}.`);
  }
  if (url === undefined || isCopied(url.text)) return null;
  const address = url.text.replaceAll(VARIABLE, (whole) => value ?? whole);
  if (address.length > URL_MAX)
    report(where, `The address of the button "${label}" has ${address.length} characters; WhatsApp takes ${URL_MAX} at most.`);
  return labelled(label, address);
}

/** How WhatsApp lists the button that copies a code: as a link that nobody sees. */
const isCopied = (url: string): boolean => url.startsWith("https://www.whatsapp.com/otp/");

function checkPayload({ label }: ButtonPart, parameter: JsonObject | undefined, { where, report }: Place): void {
  if (parameter === undefined) return;
  const payload = readString(parameter, "payload");
  if (payload === undefined) report(where, `The parameter of the button "${label}" must be of the type "payload".`);
  else if (payload.length > PAYLOAD_MAX)
    report(where, `The payload of the button "${label}" has ${payload.length} characters; WhatsApp takes ${PAYLOAD_MAX} at most.`);
}

function fillCoupon({ label }: ButtonPart, parameter: JsonObject | undefined, { where, report }: Place): string | null {
  const code = readString(parameter, "coupon_code");
  if (code === undefined) report(where, `The button "${label === "" ? "copy code" : label}" needs a parameter of the type "coupon_code".`);
  else if (code.length > COUPON_MAX) report(where, `The coupon code has ${code.length} characters; WhatsApp takes ${COUPON_MAX} at most.`);
  return labelled(label === "" ? "Code" : label, code);
}

function checkFlow({ label }: ButtonPart, parameter: JsonObject | undefined, { where, report }: Place): void {
  if (parameter === undefined) return;
  const action = readObject(parameter, "action");
  const data = action?.["flow_action_data"];
  if (action === undefined) report(where, `The parameter of the button "${label}" must be of the type "action".`);
  else if (data !== undefined && !isObject(data)) report(where, `flow_action_data of the button "${label}" must be an object.`);
  else if (action["flow_token"] !== undefined && readString(action, "flow_token") === undefined)
    report(where, `flow_token of the button "${label}" must be a text that is not empty.`);
}

function checkProducts({ label }: ButtonPart, parameter: JsonObject | undefined, { where, report }: Place): void {
  const sections = (readArray(readObject(parameter, "action"), "sections") ?? []).filter(isObject);
  const items = sections.reduce((sum, section) => sum + (readArray(section, "product_items")?.length ?? 0), 0);
  if (sections.length === 0 || sections.length > MPM_SECTIONS || items === 0 || items > MPM_ITEMS)
    report(
      where,
      `The button "${label}" needs a parameter of the type "action" with 1 to ${MPM_SECTIONS} sections of together 1 to ${MPM_ITEMS} products.`,
    );
}
