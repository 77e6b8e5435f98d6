// Owns: filling a template with the parameters of a message: the text that the customer reads, and everything that does not fit, each said with its component and its
// parameter (Meta: "Templates", sending). Refuses to know: whether the template may be sent, and to whom.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { fillButtons } from "./fill-template-buttons.ts";
import { typeOf, VARIABLE, type HeaderPart, type TemplateDefinition, type TemplateParts, type TextPart } from "./template-definition.ts";
import { parametersOf, type Filling } from "./template-filling.ts";
import { joinLines, labelled } from "./text-parts.ts";

/** One thing that does not fit. */
export interface TemplateProblem {
  /** The component and the parameter, such as "body.2", "header", "buttons[0]" or "carousel[1].body.1". */
  readonly path: string;
  readonly message: string;
}

export interface FilledTemplate {
  /** What the customer reads; variables that nothing was given for stay as they are. Null: nothing to read. */
  readonly text: string | null;
  readonly problems: readonly TemplateProblem[];
}

const BODY_MAX = 1_024;
const HEADER_MAX = 60;
const CODE_MAX = 15;

/** `node`: the `template` of a message that validate-content.ts let through. Never throws. */
export function fillMessageTemplate(definition: TemplateDefinition, node: JsonObject): FilledTemplate {
  const problems: TemplateProblem[] = [];
  const { format, isAuthentication, offer } = definition;
  const filling: Filling = {
    ...{ path: "", format, isAuthentication, components: (readArray(node, "components") ?? []).filter(isObject) },
    report: (path, message) => problems.push({ path, message }),
  };
  refuseDoubles(filling);
  const lines = [...fillParts(definition, filling), ...fillCards(definition, filling)];
  if (offer !== undefined) checkOffer(offer.expires, filling);
  return { text: joinLines([offer === undefined ? null : offer.text, ...lines]), problems };
}

const partsOf = (components: readonly JsonObject[], type: string): readonly JsonObject[] =>
  components.filter((component) => typeOf(component) === type);

function refuseDoubles({ components, report, path }: Filling): void {
  for (const type of ["HEADER", "BODY", "CAROUSEL"]) {
    if (partsOf(components, type).length > 1)
      report(`${path}${type.toLowerCase()}`, `There is more than one component "${type.toLowerCase()}".`);
  }
}

function fillParts(parts: TemplateParts, filling: Filling): readonly (string | null)[] {
  const { path, components } = filling;
  const [header] = partsOf(components, "HEADER");
  const [body] = partsOf(components, "BODY");
  const bodyText = fillText({ part: parts.body, where: `${path}body`, max: BODY_MAX }, parametersOf(body), filling);
  checkCode(bodyText.values, filling);
  return [
    fillHeader(parts.header, header, filling),
    bodyText.text,
    parts.footer ?? null,
    ...fillButtons(parts.buttons, partsOf(components, "BUTTON"), filling),
  ];
}

/** Meta: the code of an authentication template is short. */
function checkCode(values: readonly string[], { isAuthentication, path, report }: Filling): void {
  const [code] = values;
  if (isAuthentication && code !== undefined && code.length > CODE_MAX)
    report(`${path}body.1`, `The code in the body has ${code.length} characters; WhatsApp takes ${CODE_MAX} at most.`);
}

interface TextPlace {
  readonly part: TextPart | undefined;
  /** "body" or "header", below its card. */
  readonly where: string;
  readonly max: number;
}

interface FilledText {
  readonly text: string | null;
  readonly values: readonly string[];
}

function fillText({ part, where, max }: TextPlace, given: readonly JsonObject[], { format, report }: Filling): FilledText {
  const { text, variables } = part ?? { text: "", variables: [] };
  const isNamed = format === "NAMED";
  const values = new Map<string, string>();
  if (!isNamed && given.length !== variables.length) report(where, countSentence(where, variables, given.length));
  for (const [index, parameter] of given.entries()) {
    const name = isNamed ? (readString(parameter, "parameter_name") ?? "") : (variables[index] ?? String(index + 1));
    const path = `${where}.${name === "" ? String(index + 1) : name}`;
    if (isNamed && !variables.includes(name)) {
      report(path, unknownName(where, name, variables));
      continue;
    }
    if (values.has(name)) report(path, `The parameter "${name}" of the ${where} is given more than once.`);
    const value = valueOf(parameter);
    if (value === undefined) report(path, `The parameter ${shown(name, isNamed)} of the ${where} must be a text that is not empty.`);
    else values.set(name, value);
  }
  const missing = isNamed ? variables.filter((name) => !given.some((parameter) => readString(parameter, "parameter_name") === name)) : [];
  for (const name of missing) report(`${where}.${name}`, `The ${where} needs the parameter "${name}".`);
  const filled = text.replaceAll(VARIABLE, (whole, name: string) => values.get(name) ?? whole);
  if (filled.length > max)
    report(where, `The ${where} has ${filled.length} characters once it is filled in; WhatsApp takes ${max} at most.`);
  return { text: filled === "" ? null : filled, values: [...values.values()] };
}

const shown = (name: string, isNamed: boolean): string => (isNamed ? `"${name}"` : `{{${name}}}`);

function countSentence(where: string, variables: readonly string[], given: number): string {
  if (variables.length === 0) return `The ${where} takes no parameters; ${given} were given.`;
  const names = variables.map((name) => `{{${name}}}`).join(", ");
  const needs = variables.length === 1 ? `1 parameter (${names})` : `${variables.length} parameters (${names})`;
  return `The ${where} takes ${needs}; ${given} ${given === 1 ? "was" : "were"} given.`;
}

function unknownName(where: string, name: string, variables: readonly string[]): string {
  const known = variables.length === 0 ? "takes no parameters" : `takes ${variables.map((one) => `"${one}"`).join(", ")}`;
  return name === ""
    ? `Each parameter of the ${where} needs its "parameter_name": it ${known}.`
    : `The ${where} has no parameter "${name}": it ${known}.`;
}

/** Money and times are shown by the phone in its own language; their fallback is what everybody can read. */
function valueOf(parameter: JsonObject): string | undefined {
  const type = readString(parameter, "type")?.toLowerCase();
  if (type === "text") return readString(parameter, "text");
  if (type === "currency" || type === "date_time") return readString(readObject(parameter, type), "fallback_value");
  return undefined;
}

/** What a header of these formats is filled with. */
const MEDIA: ReadonlyMap<string, { readonly types: readonly string[]; readonly label: string }> = new Map([
  ["image", { types: ["image"], label: "Photo" }],
  ["video", { types: ["video"], label: "Video" }],
  ["gif", { types: ["video", "gif"], label: "GIF" }],
  ["document", { types: ["document"], label: "Document" }],
]);

function fillHeader(header: HeaderPart | undefined, component: JsonObject | undefined, filling: Filling): string | null {
  const where = `${filling.path}header`;
  const given = parametersOf(component);
  const media = header === undefined ? undefined : MEDIA.get(header.format);
  if (media !== undefined) {
    checkMediaHeader(where, { types: media.types, given }, filling);
    return labelled(media.label, readString(readObject(given[0], "document"), "filename"));
  }
  if (header?.format === "location") {
    const place = readObject(given[0], "location");
    if (given.length !== 1 || readScalar(place, "latitude") === undefined || readScalar(place, "longitude") === undefined)
      filling.report(where, 'The header needs one parameter of the type "location", with latitude and longitude.');
    return labelled("Location", readString(place, "name") ?? readString(place, "address"));
  }
  // A product, or a format of next year: left to WhatsApp.
  if (header !== undefined && header.format !== "text") return null;
  return fillText({ part: header?.text, where, max: HEADER_MAX }, given, filling).text;
}

interface GivenMedia {
  readonly types: readonly string[];
  readonly given: readonly JsonObject[];
}

function checkMediaHeader(where: string, { types, given }: GivenMedia, { report }: Filling): void {
  const [wanted = ""] = types;
  const [parameter, ...others] = given;
  const type = readString(parameter, "type")?.toLowerCase();
  if (parameter === undefined || others.length > 0) {
    report(where, `The header needs one parameter of the type "${wanted}"; ${given.length} were given.`);
  } else if (type === undefined || !types.includes(type)) {
    report(where, `The header needs a parameter of the type "${wanted}", and not of the type "${type ?? ""}".`);
  } else {
    const node = readObject(parameter, type);
    const hasOne = (readString(node, "id") === undefined) !== (readString(node, "link") === undefined);
    if (!hasOne) report(where, `The ${type} of the header needs either "id" (of an uploaded file) or "link".`);
  }
}

function fillCards({ cards }: TemplateDefinition, filling: Filling): readonly (string | null)[] {
  const [carousel] = partsOf(filling.components, "CAROUSEL");
  const given = (readArray(carousel, "cards") ?? []).filter(isObject);
  if (given.length !== cards.length) {
    const takes = cards.length === 0 ? "no cards" : `${cards.length} cards`;
    filling.report("carousel", `The template has ${takes}; ${given.length} ${given.length === 1 ? "was" : "were"} given.`);
  }
  return cards.flatMap((card, index) => {
    const own = given.filter((one) => readScalar(one, "card_index") === String(index));
    const path = `carousel[${index}]`;
    if (own.length !== 1 && given.length === cards.length)
      filling.report(path, `The carousel needs exactly one card with the card_index ${index}.`);
    const components: readonly Json[] = readArray(own[0], "components") ?? [];
    if (own.length === 0) return [card.body?.text ?? null];
    return fillParts(card, { ...filling, path: `${path}.`, components: components.filter(isObject) });
  });
}

function checkOffer(expires: boolean, { components, report }: Filling): void {
  const [parameter] = parametersOf(partsOf(components, "LIMITED_TIME_OFFER")[0]);
  const end = readScalar(readObject(parameter, "limited_time_offer"), "expiration_time_ms");
  if (expires && !/^\d{1,15}$/.test(end ?? ""))
    report("limited_time_offer", 'The offer needs a parameter of the type "limited_time_offer" with "expiration_time_ms".');
}
