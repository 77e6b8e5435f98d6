// Owns: the rules for the actions of interactive content about shops, addresses, calls and payments. Refuses to know: the texts around an action.
import {
  checkList,
  checkObject,
  checkOneOf,
  checkOptionalObject,
  checkText,
  firstProblem,
  type ContentPlace,
  type ContentProblem,
} from "./content-check.ts";
import { isArray, isObject, readArray } from "../kernel/read-json.ts";

const ID_MAX = 100;
const MAX_PRODUCTS = 30;
/** 30 days. */
const MAX_CALL_MINUTES = 43_200;

const checkProduct = (place: ContentPlace): ContentProblem => checkText(place, "product_retailer_id", { max: ID_MAX });

export function checkProductAction(action: ContentPlace): ContentProblem {
  return checkText(action, "catalog_id", { max: ID_MAX }) ?? checkProduct(action);
}

export function checkProductListAction(action: ContentPlace): ContentProblem {
  const sections = readArray(action.node, "sections") ?? [];
  const count = sections.reduce<number>(
    (sum, section) => sum + (isObject(section) ? (readArray(section, "product_items") ?? []).length : 0),
    0,
  );
  const each = (section: ContentPlace): ContentProblem =>
    checkText(section, "title", { max: 24, optional: sections.length <= 1 }) ??
    checkList(section, "product_items", { min: 1, max: MAX_PRODUCTS, each: checkProduct });
  return firstProblem(
    () => checkText(action, "catalog_id", { max: ID_MAX }),
    () => checkList(action, "sections", { min: 1, max: 10, each }),
    () => (count > MAX_PRODUCTS ? `${action.path}.sections hold ${count} products; WhatsApp takes ${MAX_PRODUCTS} in all.` : undefined),
  );
}

export function checkCatalogAction(action: ContentPlace): ContentProblem {
  const each = (parameters: ContentPlace): ContentProblem =>
    checkText(parameters, "thumbnail_product_retailer_id", { max: ID_MAX, optional: true });
  return checkOneOf(action, "name", ["catalog_message"]) ?? checkOptionalObject(action, "parameters", each);
}

export function checkAddressAction(action: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkOneOf(action, "name", ["address_message"]),
    () =>
      checkObject(action, "parameters", (parameters) =>
        firstProblem(
          () => checkText(parameters, "country", { max: 2 }),
          () => checkOptionalObject(parameters, "values", () => undefined),
          () => checkOptionalObject(parameters, "validation_errors", () => undefined),
          () => (isListOrMissing(parameters, "saved_addresses") ? undefined : `${parameters.path}.saved_addresses must be a list.`),
        ),
      ),
  );
}

const isListOrMissing = ({ node }: ContentPlace, key: string): boolean => node[key] === undefined || isArray(node[key]);

export function checkCallPermissionAction(action: ContentPlace): ContentProblem {
  return checkOneOf(action, "name", ["call_permission_request"]);
}

export function checkCallAction(action: ContentPlace): ContentProblem {
  const check = (parameters: ContentPlace): ContentProblem =>
    firstProblem(
      () => checkText(parameters, "display_text", { max: 20, optional: true }),
      () => checkText(parameters, "payload", { max: 512, optional: true }),
      () => checkMinutes(parameters),
    );
  return checkOneOf(action, "name", ["voice_call"]) ?? checkOptionalObject(action, "parameters", check);
}

function checkMinutes({ node, path }: ContentPlace): ContentProblem {
  const minutes = node["ttl_minutes"];
  const fits = typeof minutes === "number" && Number.isInteger(minutes) && minutes >= 1 && minutes <= MAX_CALL_MINUTES;
  return minutes === undefined || fits ? undefined : `${path}.ttl_minutes must be a whole number from 1 to ${MAX_CALL_MINUTES}.`;
}

/** `name` is `review_and_pay` or `review_order`. */
export const checkOrderAction =
  (name: string) =>
  (action: ContentPlace): ContentProblem =>
    firstProblem(
      () => checkOneOf(action, "name", [name]),
      () =>
        checkObject(action, "parameters", (parameters) =>
          firstProblem(
            () => checkText(parameters, "reference_id", { max: 35 }),
            () => checkObject(parameters, "order", () => undefined),
          ),
        ),
    );
