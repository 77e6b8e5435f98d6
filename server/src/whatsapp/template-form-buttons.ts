// Owns: whether WhatsApp would take the buttons of a new template (Meta: "Templates", buttons). Refuses to know: the rest of the form.
import type { JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readArray, readString } from "../kernel/read-json.ts";
import { textPartOf, typeOf } from "./template-definition.ts";
import type { FormPlace } from "./template-form-place.ts";

const MOST_BUTTONS = 10;
const LABEL_MAX = 25;
const URL_MAX = 2_000;
const CODE_MAX = 15;
/** At most so many of each. */
const MOST: Readonly<Record<string, number>> = { URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1 };
/** At most one of all these. */
const ALONE = ["FLOW", "CATALOG", "MPM", "SPM", "VOICE_CALL", "CALL_PERMISSION_REQUEST", "REQUEST_CONTACT_INFO", "APP"];
const TYPES = ["QUICK_REPLY", ...Object.keys(MOST), ...ALONE];

export function checkFormButtons(component: JsonObject, { path, report }: FormPlace): void {
  const buttons = (readArray(component, "buttons") ?? []).filter(isObject);
  const types = buttons.map(typeOf);
  if (buttons.length === 0 || buttons.length > MOST_BUTTONS)
    report(path, `There must be 1 to ${MOST_BUTTONS} buttons; there are ${buttons.length}.`);
  for (const [type, most] of Object.entries(MOST)) {
    const count = types.filter((one) => one === type).length;
    if (count > most) report(path, `There may be ${most} of the type ${type} at most; there are ${count}.`);
  }
  if (types.filter((type) => ALONE.includes(type)).length > 1)
    report(path, `There may be one button of these types at most: ${ALONE.join(", ")}.`);
  const turns = types.filter((type, index) => index > 0 && (type === "QUICK_REPLY") !== (types[index - 1] === "QUICK_REPLY")).length;
  if (turns > 1) report(path, "Quick replies must stand together, before or after the other buttons.");
  for (const [index, button] of buttons.slice(0, MOST_BUTTONS).entries())
    checkButton(button, { path: `${path}.buttons[${index}]`, report });
}

type ButtonPlace = Pick<FormPlace, "path" | "report">;

function checkButton(button: JsonObject, place: ButtonPlace): void {
  const type = typeOf(button);
  if (!TYPES.includes(type)) place.report(place.path, `The type must be one of: ${TYPES.join(", ")}.`);
  else if (type === "COPY_CODE") checkCode(button, place);
  else checkLabel(readString(button, "text") ?? "", place);
  if (type === "URL") checkUrl(button, place);
  if (type === "PHONE_NUMBER" && !/^\+?\d{5,20}$/.test(readString(button, "phone_number") ?? ""))
    place.report(place.path, "phone_number must be a number of 5 to 20 digits.");
}

function checkLabel(label: string, { path, report }: ButtonPlace): void {
  if (label === "") report(path, "The text of the button must not be empty.");
  if (label.length > LABEL_MAX) report(path, `The text of the button has ${label.length} characters; WhatsApp takes ${LABEL_MAX} at most.`);
  if (label.includes("{{")) report(path, "The text of a button has no variables.");
}

function checkUrl(button: JsonObject, { path, report }: ButtonPlace): void {
  const url = readString(button, "url") ?? "";
  const { variables } = textPartOf(url);
  if (!/^https?:\/\/\S+$/.test(url)) report(path, "url must be an http or https address.");
  if (url.length > URL_MAX) report(path, `url has ${url.length} characters; WhatsApp takes ${URL_MAX} at most.`);
  if (variables.length > 1 || (variables.length === 1 && !url.endsWith("}}"))) report(path, "url may have one variable, at its end.");
  const { example } = button;
  const hasExample = typeof (isArray(example) ? example[0] : example) === "string";
  if (variables.length === 1 && !hasExample) report(path, "url has a variable and needs an example.");
}

function checkCode({ example }: JsonObject, { path, report }: ButtonPlace): void {
  const code = isArray(example) ? example[0] : example;
  if (typeof code !== "string" || code === "" || code.length > CODE_MAX)
    report(path, `The example of the code must have 1 to ${CODE_MAX} characters.`);
}
