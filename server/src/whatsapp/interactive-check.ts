// Owns: the rules for interactive content that we send: buttons, lists, links, forms, requests, carousels. Refuses to know: what is answered.
import type { JsonObject } from "../kernel/json.ts";
import {
  checkList,
  checkObject,
  checkOneOf,
  checkOptionalObject,
  checkText,
  checkUnique,
  firstProblem,
  type ContentPlace,
  type ContentProblem,
} from "./content-check.ts";
import {
  checkAddressAction,
  checkCallAction,
  checkCallPermissionAction,
  checkCatalogAction,
  checkOrderAction,
  checkProductAction,
  checkProductListAction,
} from "./interactive-trade-check.ts";
import { checkHttpUrl, checkSource } from "./media-check.ts";
import { isArray, isObject, readArray, readObject } from "../kernel/read-json.ts";

type Check = (place: ContentPlace) => ContentProblem;

const BODY_MAX = 1024;
const LIST_BODY_MAX = 4096;
const SHORT_TEXT_MAX = 60;
const LABEL_MAX = 20;
const MAX_ROWS = 10;
const ANY_EMOJI = /\p{Extended_Pictographic}/u;

/** Texts around the action as most kinds have them. */
const framed =
  (check: Check): Check =>
  (place) =>
    checkFrame(place, BODY_MAX) ?? checkObject(place, "action", check);

/** A body and perhaps a footer; no header. */
const plain =
  (check: Check): Check =>
  (place) =>
    firstProblem(
      () => checkBody(place, BODY_MAX),
      () => checkFooter(place),
      () => checkNoHeader(place),
      () => checkObject(place, "action", check),
    );

/** As `check` says, but the body may be missing. */
const bodyOptional =
  (check: Check): Check =>
  (place) =>
    check(place.node["body"] === undefined ? { ...place, node: { ...place.node, body: { text: "-" } } } : place);

const CHECKS = {
  button: framed(checkButtons),
  list: (place) =>
    firstProblem(
      () => checkFrame(place, LIST_BODY_MAX),
      () => checkTextHeaderOnly(place, "list"),
      () => checkObject(place, "action", checkSections),
    ),
  cta_url: framed(checkLinkAction),
  flow: framed(checkFlowAction),
  location_request_message: checkRequest,
  contact_request: checkRequest,
  request_contact_info: checkRequest,
  carousel: (place) =>
    firstProblem(
      () => checkBody(place, BODY_MAX),
      () => checkObject(place, "action", checkCards),
    ),
  product: bodyOptional(plain(checkProductAction)),
  product_list: (place) =>
    firstProblem(
      () => checkObject(place, "header", checkHeader),
      () => checkTextHeaderOnly(place, "product_list"),
      () => framed(checkProductListAction)(place),
    ),
  catalog_message: plain(checkCatalogAction),
  address_message: framed(checkAddressAction),
  call_permission_request: bodyOptional(framed(checkCallPermissionAction)),
  voice_call: framed(checkCallAction),
  order_details: framed(checkOrderAction("review_and_pay")),
  order_status: framed(checkOrderAction("review_order")),
} as const satisfies Readonly<Record<string, Check>>;

export type InteractiveKind = keyof typeof CHECKS;
const ALL_CHECKS: Readonly<Record<string, Check>> = CHECKS;

export function checkInteractive(place: ContentPlace): ContentProblem {
  const problem = checkOneOf(place, "type", Object.keys(CHECKS));
  const type = place.node["type"];
  return problem ?? (typeof type === "string" ? ALL_CHECKS[type]?.(place) : undefined);
}

function checkRequest(place: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkBody(place, BODY_MAX),
    () => checkObject(place, "action", (action) => checkText(action, "name", { max: 64 })),
  );
}

function checkBody(place: ContentPlace, max: number): ContentProblem {
  return checkObject(place, "body", (body) => checkText(body, "text", { max }));
}

function checkFrame(place: ContentPlace, bodyMax: number): ContentProblem {
  return firstProblem(
    () => checkBody(place, bodyMax),
    () => checkFooter(place),
    () => checkOptionalObject(place, "header", checkHeader),
  );
}

function checkFooter(place: ContentPlace): ContentProblem {
  return checkOptionalObject(place, "footer", (footer) => checkText(footer, "text", { max: SHORT_TEXT_MAX }));
}

function checkNoHeader({ node, path }: ContentPlace): ContentProblem {
  return node["header"] === undefined ? undefined : `${path}.header is not possible with this type.`;
}

function checkHeader(header: ContentPlace): ContentProblem {
  const type = header.node["type"];
  if (type === "text") return checkText(header, "text", { max: SHORT_TEXT_MAX });
  return firstProblem(
    () => checkOneOf(header, "type", ["text", "image", "video", "document"]),
    () => (typeof type === "string" ? checkObject(header, type, checkSource) : undefined),
  );
}

function checkTextHeaderOnly({ node, path }: ContentPlace, type: string): ContentProblem {
  const header = readObject(node, "header");
  return header === undefined || header["type"] === "text" ? undefined : `${path}.header of a ${type} must be of the type "text".`;
}

function checkButtons(action: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkList(action, "buttons", { min: 1, max: 3, each: checkButton }),
    () => checkUnique(action.node["buttons"], `The titles of ${action.path}.buttons`, (button) => readObject(button, "reply")?.["title"]),
    () => checkUnique(action.node["buttons"], `The ids of ${action.path}.buttons`, (button) => readObject(button, "reply")?.["id"]),
  );
}

function checkButton(button: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkOneOf(button, "type", ["reply"]),
    () =>
      checkObject(button, "reply", (reply) =>
        firstProblem(
          () => checkText(reply, "id", { max: 256 }),
          () => checkText(reply, "title", { max: LABEL_MAX }),
        ),
      ),
  );
}

function checkSections(action: ContentPlace): ContentProblem {
  const sections = readArray(action.node, "sections") ?? [];
  const rows = sections.flatMap((section) => (isObject(section) ? (readArray(section, "rows") ?? []) : []));
  return firstProblem(
    () => checkText(action, "button", { max: LABEL_MAX }),
    () => checkList(action, "sections", { min: 1, max: 10, each: (section) => checkSection(section, sections.length > 1) }),
    () => (rows.length > MAX_ROWS ? `${action.path}.sections hold ${rows.length} rows; WhatsApp takes ${MAX_ROWS} in all.` : undefined),
    () => checkUnique(rows, `The row ids of ${action.path}.sections`, (row) => row["id"]),
  );
}

function checkSection(section: ContentPlace, needsTitle: boolean): ContentProblem {
  return firstProblem(
    () => checkText(section, "title", { max: 24, optional: !needsTitle }),
    () => checkList(section, "rows", { min: 1, max: MAX_ROWS, each: checkRow }),
  );
}

function checkRow(row: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkText(row, "id", { max: 200 }),
    () => checkText(row, "title", { max: 24 }),
    () => checkText(row, "description", { max: 72, optional: true }),
  );
}

function checkLinkAction(action: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkOneOf(action, "name", ["cta_url"]),
    () =>
      checkObject(action, "parameters", (parameters) =>
        firstProblem(
          () => checkText(parameters, "display_text", { max: LABEL_MAX }),
          () => checkHttpUrl(parameters, "url"),
        ),
      ),
  );
}

function checkFlowAction(action: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkOneOf(action, "name", ["flow"]),
    () => checkObject(action, "parameters", checkFlow),
  );
}

function checkFlow({ node, path }: ContentPlace): ContentProblem {
  const place = { node, path };
  const label = node["flow_cta"];
  if ((node["flow_id"] === undefined) === (node["flow_name"] === undefined)) return `${path} needs either "flow_id" or "flow_name".`;
  return firstProblem(
    () => checkText(place, "flow_message_version", { max: 8 }),
    () => checkText(place, "flow_cta", { max: LABEL_MAX }),
    () => (typeof label === "string" && ANY_EMOJI.test(label) ? `${path}.flow_cta must hold no emoji.` : undefined),
    () => (node["flow_action"] === undefined ? undefined : checkOneOf(place, "flow_action", ["navigate", "data_exchange"])),
    () => checkFlowPayload(place),
  );
}

function checkFlowPayload(place: ContentPlace): ContentProblem {
  if (place.node["flow_action_payload"] === undefined) return undefined;
  if (place.node["flow_action"] === "data_exchange") return `${place.path}.flow_action_payload is not possible with "data_exchange".`;
  return checkObject(place, "flow_action_payload", (payload) => {
    const data = payload.node["data"];
    const isEmpty = isObject(data) && Object.keys(data).length === 0;
    return checkText(payload, "screen", { max: 256 }) ?? (isEmpty ? `${payload.path}.data must not be empty; leave it out.` : undefined);
  });
}

function checkCards(action: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkList(action, "cards", { min: 2, max: 10, each: checkCard }),
    () => checkUnique(action.node["cards"], `The card_index of ${action.path}.cards`, (card) => card["card_index"]),
  );
}

function checkCard(card: ContentPlace): ContentProblem {
  const hasIndex = Number.isInteger(card.node["card_index"]);
  return firstProblem(
    () => (hasIndex ? undefined : `${card.path}.card_index must be a whole number.`),
    () => checkObject(card, "header", checkHeader),
    () => (isMediaHeader(card.node) ? undefined : `${card.path}.header must be an image or a video.`),
    () => checkObject(card, "action", (action) => (isArray(action.node["buttons"]) ? undefined : checkLinkAction(action))),
  );
}

function isMediaHeader(card: JsonObject): boolean {
  const type = readObject(card, "header")?.["type"];
  return type === "image" || type === "video";
}
