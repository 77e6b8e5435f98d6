// Owns: reading one template as the Graph API lists it (Meta: "Templates", read fields). Refuses to know: what its components mean, and what is kept of it.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { cleanObject, isDeeperThan } from "../kernel/storable-json.ts";
import { isSmall } from "../kernel/write-json.ts";

/** A template as the platform describes it. */
export interface TemplateNode {
  /** Digits. */
  readonly providerId: string;
  readonly name: string;
  readonly language: string;
  /** In the platform's words, upper case. */
  readonly status: string;
  readonly category: string | undefined;
  readonly parameterFormat: "POSITIONAL" | "NAMED";
  readonly components: readonly JsonObject[];
  readonly quality: string | undefined;
  /** Why it was rejected. */
  readonly reason: string | undefined;
  /** Further fields, as the platform calls them. */
  readonly details: JsonObject;
}

/** What is asked for. */
export const TEMPLATE_FIELDS =
  "id,name,language,status,category,correct_category,previous_category,parameter_format,components,quality_score,rejected_reason,message_send_ttl_seconds,library_template_name,sub_category,cta_url_link_tracking_opted_out,degrees_of_freedom_spec,optimization_spec,source";

const DETAILS = [
  ...["correct_category", "previous_category", "message_send_ttl_seconds", "library_template_name", "sub_category"],
  ...["cta_url_link_tracking_opted_out", "degrees_of_freedom_spec", "optimization_spec", "source"],
];

const DEPTH_LIMIT = 20;
/** Ten cards with their buttons are some 20 KB. */
const MAX_COMPONENTS = 131_072;
const ID = /^\d{1,32}$/;
const MAX_NAME = 512;
const MAX_LANGUAGE = 16;
const MAX_WORD = 200;

/** Undefined for what names no template. Never throws. */
export function readTemplateNode(given: Json | undefined): TemplateNode | undefined {
  if (!isObject(given) || isDeeperThan(given, DEPTH_LIMIT) || !isSmall(given, MAX_COMPONENTS)) return undefined;
  const node = cleanObject(given);
  const [providerId, name, language] = [readScalar(node, "id") ?? "", readString(node, "name") ?? "", readString(node, "language") ?? ""];
  const status = readWord(node, "status");
  if (!ID.test(providerId) || name === "" || name.length > MAX_NAME || language === "" || language.length > MAX_LANGUAGE) return undefined;
  if (status === undefined) return undefined;
  const reason = readWord(node, "rejected_reason");
  return {
    ...{ providerId, name, language, status },
    category: readWord(node, "category"),
    parameterFormat: readWord(node, "parameter_format") === "NAMED" ? "NAMED" : "POSITIONAL",
    components: (readArray(node, "components") ?? []).filter(isObject).map(withoutHandles),
    quality: readWord(readObject(node, "quality_score"), "score") ?? readWord(node, "quality_score"),
    reason: reason === "NONE" ? undefined : reason,
    details: Object.fromEntries(
      DETAILS.flatMap((key) => {
        const value = node[key];
        return value === undefined || value === null ? [] : [[key, value]];
      }),
    ),
  };
}

function readWord(node: JsonObject | undefined, key: string): string | undefined {
  return readString(node, key)?.toUpperCase().slice(0, MAX_WORD);
}

/** The example of a media header is a signed address that is another one in every list: nothing of the content. */
function withoutHandles({ example, cards, ...component }: JsonObject): JsonObject {
  const bare = isObject(example) ? Object.fromEntries(Object.entries(example).filter(([key]) => key !== "header_handle")) : example;
  const isEmpty = bare === undefined || (isObject(bare) && Object.keys(bare).length === 0);
  return {
    ...component,
    ...(isEmpty ? {} : { example: bare }),
    ...(cards === undefined ? {} : { cards: isArray(cards) ? cards.filter(isObject).map(cardWithoutHandles) : cards }),
  };
}

function cardWithoutHandles(card: JsonObject): JsonObject {
  const components = readArray(card, "components");
  return components === undefined ? card : { ...card, components: components.filter(isObject).map(withoutHandles) };
}
