// Owns: the files of ours that a template's form names as the examples of its headers: each becomes a handle of the platform before the form is handed over. Refuses to know:
// where the files are, and how a handle is made.
import type { BusinessId } from "../kernel/ids.ts";
import { isUuid } from "../kernel/ids.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import type { FormProblem } from "../whatsapp/template-form.ts";
import type { AccountAccess, ExampleFile, PlatformFailure, TemplatePlatform } from "../whatsapp/template-platform.ts";

/** A file that the business uploaded (POST /api/v1/media). Undefined: it has none of this id, or it is not there any more. */
export type FindExampleFile = (businessId: BusinessId, mediaId: string) => Promise<ExampleFile | undefined>;

export type ExamplesEnd =
  | { readonly outcome: "ready"; readonly components: readonly JsonObject[] }
  | { readonly outcome: "misfit"; readonly problem: FormProblem }
  | PlatformFailure;

export interface ExampleDeps {
  readonly platform: TemplatePlatform;
  readonly findFile: FindExampleFile;
}

const MB = 1024 * 1024;
/** What the Resumable Upload API takes (platform sheet, section 6.12), and how large such a header may be (6.12, 7). */
const FITTING: Readonly<Record<string, { readonly types: readonly string[]; readonly maxBytes: number }>> = {
  IMAGE: { types: ["image/jpeg", "image/png"], maxBytes: 5 * MB },
  VIDEO: { types: ["video/mp4"], maxBytes: 16 * MB },
  GIF: { types: ["video/mp4"], maxBytes: 3.5 * MB },
  DOCUMENT: { types: ["application/pdf"], maxBytes: 100 * MB },
};

interface Example {
  readonly mediaId: string;
  readonly format: string;
  readonly path: string;
}

/** Costs a form that names none nothing. A file that several headers name is uploaded once. */
export async function withExampleHandles(
  { platform, findFile }: ExampleDeps,
  { businessId, access }: { readonly businessId: BusinessId; readonly access: AccountAccess },
  components: readonly JsonObject[],
): Promise<ExamplesEnd> {
  const handles = new Map<string, string>();
  for (const example of listExamples(components, "components")) {
    const file = await findFile(businessId, example.mediaId);
    const message = whyNotFitting(file, example);
    if (file === undefined || message !== undefined)
      return { outcome: "misfit", problem: { path: example.path, message: message ?? "The file is not there." } };
    if (handles.has(example.mediaId)) continue;
    const end = await platform.uploadExample(access, file);
    if (end.outcome !== "uploaded") return end;
    handles.set(example.mediaId, end.handle);
  }
  return { outcome: "ready", components: handles.size === 0 ? components : components.map((component) => withHandles(component, handles)) };
}

function whyNotFitting(file: ExampleFile | undefined, { mediaId, format }: Example): string | undefined {
  if (file === undefined) return `${mediaId} is no file of this business, or it is not there any more. Upload it with POST /api/v1/media.`;
  const { types, maxBytes } = FITTING[format] ?? { types: [], maxBytes: 0 };
  if (!types.includes(file.mimeType))
    return `This file is ${file.mimeType}; as the example of ${format} WhatsApp takes ${types.join(", ")}.`;
  return file.bytes > maxBytes
    ? `This file has ${String(file.bytes)} bytes; as ${format} WhatsApp takes ${String(maxBytes)} at most.`
    : undefined;
}

const upper = (node: JsonObject, key: string): string => (readString(node, key) ?? "").toUpperCase();

/** Of the headers, those on cards too. */
function listExamples(components: readonly Json[], path: string): readonly Example[] {
  return components.flatMap((component, index) => {
    if (!isObject(component)) return [];
    const place = `${path}[${String(index)}]`;
    const cards = readArray(component, "cards") ?? [];
    const format = upper(component, "format");
    const given = upper(component, "type") === "HEADER" ? (readArray(readObject(component, "example"), "header_handle") ?? []) : [];
    return [
      ...given.flatMap((mediaId) =>
        typeof mediaId === "string" && isUuid(mediaId) ? [{ mediaId, format, path: `${place}.example.header_handle` }] : [],
      ),
      ...cards.flatMap((card, at) =>
        isObject(card) ? listExamples(readArray(card, "components") ?? [], `${place}.cards[${String(at)}].components`) : [],
      ),
    ];
  });
}

function withHandles(component: JsonObject, handles: ReadonlyMap<string, string>): JsonObject {
  const example = readObject(component, "example");
  const given = example?.["header_handle"];
  const { cards } = component;
  const handleOf = (one: Json): Json => (typeof one === "string" ? (handles.get(one) ?? one) : one);
  const ofCard = (card: Json): Json => {
    const parts = isObject(card) ? card["components"] : undefined;
    if (!isObject(card) || !isArray(parts)) return card;
    return { ...card, components: parts.map((part) => (isObject(part) ? withHandles(part, handles) : part)) };
  };
  return {
    ...component,
    ...(isArray(given) ? { example: { ...example, header_handle: given.map(handleOf) } } : {}),
    ...(isArray(cards) ? { cards: cards.map(ofCard) } : {}),
  };
}
