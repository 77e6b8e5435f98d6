// Owns the limits of the actions of shops, addresses, calls and payments. Knows nothing of the texts around an action.
import { firstOf, objectIn, objectsIn, optionalText, requiredText } from "./check-node.ts";
import type { Problem } from "./check-node.ts";
import { badValue, missingParameter } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

const action = "interactive['action']";
const parameters = `${action}['parameters']`;
const maxProducts = 30;

const actionOf = (interactive: JsonObject): JsonObject => objectIn(interactive, "action");
const parametersOf = (interactive: JsonObject): JsonObject => objectIn(actionOf(interactive), "parameters");
const named = (interactive: JsonObject, expected: string): Problem =>
  actionOf(interactive)["name"] === expected ? undefined : badValue(`${action}['name'] must be ${expected}`);

const productProblem = (source: JsonObject, name: string): Problem =>
  requiredText(source, "product_retailer_id", { max: 100, name: `${name}['product_retailer_id']` });

function product(interactive: JsonObject): Problem {
  const source = actionOf(interactive);
  return requiredText(source, "catalog_id", { max: 100, name: `${action}['catalog_id']` }) ?? productProblem(source, action);
}

function sectionProblem(section: JsonObject, { name, needsTitle }: { readonly name: string; readonly needsTitle: boolean }): Problem {
  const limit = { max: 24, name: `${name}['title']` };
  const items = objectsIn(section["product_items"]);
  return (
    (needsTitle ? requiredText(section, "title", limit) : optionalText(section, "title", limit)) ??
    (items.length === 0 ? missingParameter(`${name}['product_items']`) : undefined) ??
    firstOf(items, (item, index) => productProblem(item, `${name}['product_items'][${index}]`))
  );
}

function productList(interactive: JsonObject): Problem {
  const source = actionOf(interactive);
  const sections = objectsIn(source["sections"]);
  const count = sections.reduce((sum, section) => sum + objectsIn(section["product_items"]).length, 0);
  if (sections.length < 1 || sections.length > 10) return badValue(`${action}['sections']: there must be 1 to 10 sections`);
  if (count > maxProducts) return badValue(`${action}['sections']: there must be at most ${maxProducts} products in total`);
  return (
    requiredText(source, "catalog_id", { max: 100, name: `${action}['catalog_id']` }) ??
    firstOf(sections, (section, index) =>
      sectionProblem(section, { name: `${action}['sections'][${index}]`, needsTitle: sections.length > 1 }),
    )
  );
}

const catalog = (interactive: JsonObject): Problem =>
  named(interactive, "catalog_message") ??
  optionalText(parametersOf(interactive), "thumbnail_product_retailer_id", {
    max: 100,
    name: `${parameters}['thumbnail_product_retailer_id']`,
  });

function address(interactive: JsonObject): Problem {
  const source = parametersOf(interactive);
  for (const key of ["values", "validation_errors"]) {
    if (source[key] !== undefined && !isJsonObject(source[key])) return badValue(`${parameters}['${key}'] must be an object`);
  }
  const saved = source["saved_addresses"];
  if (saved !== undefined && !Array.isArray(saved)) return badValue(`${parameters}['saved_addresses'] must be an array`);
  return named(interactive, "address_message") ?? requiredText(source, "country", { max: 2, name: `${parameters}['country']` });
}

const callPermission = (interactive: JsonObject): Problem => named(interactive, "call_permission_request");

function voiceCall(interactive: JsonObject): Problem {
  const source = parametersOf(interactive);
  const minutes = source["ttl_minutes"];
  const isDuration = typeof minutes === "number" && Number.isInteger(minutes) && minutes >= 1 && minutes <= 43_200;
  if (minutes !== undefined && !isDuration) return badValue(`${parameters}['ttl_minutes'] must be from 1 to 43200`);
  return (
    named(interactive, "voice_call") ??
    optionalText(source, "display_text", { max: 20, name: `${parameters}['display_text']` }) ??
    optionalText(source, "payload", { max: 512, name: `${parameters}['payload']` })
  );
}

const payment =
  (name: string) =>
  (interactive: JsonObject): Problem =>
    named(interactive, name) ??
    requiredText(parametersOf(interactive), "reference_id", { max: 35, name: `${parameters}['reference_id']` }) ??
    (isJsonObject(parametersOf(interactive)["order"]) ? undefined : missingParameter(`${parameters}['order']`));

/** The first thing that the platform would refuse in the action of each kind. */
export const actionProblems = {
  product,
  productList,
  catalog,
  address,
  callPermission,
  voiceCall,
  orderDetails: payment("review_and_pay"),
  orderStatus: payment("review_order"),
} as const;
