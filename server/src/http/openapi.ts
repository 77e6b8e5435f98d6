// Owns: generating the OpenAPI description from the schemas of the routes.
import swagger from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readObject, readString } from "../kernel/read-json.ts";
import type { ApiApp } from "./api-app.ts";

/** Must be registered before the routes that it describes, in the same scope. */
export async function registerOpenApi(api: ApiApp, version: string): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Onethread API",
        version,
        description:
          "One thread per WhatsApp customer. Lists are {data, nextCursor}; errors are RFC 9457 problem details with a stable code.",
      },
      components: { securitySchemes: { apiKey: { type: "http", scheme: "bearer" } } },
      security: [{ apiKey: [] }],
    },
    transform: describeStreams,
    transformObject: jsonSchemaTransformObject,
  });
}

/** What a route reads a piece at a time is checked by no schema: a file in a form; or a table, where a body of another type has its schema. */
const describeStreams: typeof jsonSchemaTransform = (given) => {
  const made = jsonSchemaTransform(given);
  if (given.route.config?.streamsBody !== true) return made;
  const file = { type: "object", required: ["file"], properties: { file: { type: "string", format: "binary" } } };
  const { body: schema } = made.schema;
  const body = schema === undefined ? file : { content: { "application/json": { schema }, "text/csv": { schema: { type: "string" } } } };
  return { ...made, schema: { ...made.schema, body } };
};

/**
 * The description, its shapes by name, without those that nothing refers to (the generator writes each one twice, for requests and for answers, in the order
 * in which modules are loaded).
 */
export function describeApi(api: ApiApp): JsonObject {
  // Through text: what is handed out is JSON, whatever the generator's types say.
  const document: unknown = JSON.parse(JSON.stringify(api.swagger()), withoutClosedShapes);
  if (!isObject(document)) throw new Error("the OpenAPI generator answered no object");
  const components = readObject(document, "components");
  const schemas = readObject(components, "schemas");
  if (schemas === undefined) return document;
  const used = namesUsedBy({ ...document, components: {} }, schemas);
  const kept = Object.fromEntries([...used].toSorted().flatMap((name) => (schemas[name] === undefined ? [] : [[name, schemas[name]]])));
  return { ...document, components: { ...components, schemas: kept } };
}

/** A promise that no key is ever added to an answer would make every addition a breaking change. */
function withoutClosedShapes(key: string, value: unknown): unknown {
  const isPromise = (key === "additionalProperties" && value === false) || (key === "readOnly" && value === true);
  return isPromise ? undefined : value;
}

const REFERENCE = "#/components/schemas/";

function namesUsedBy(start: Json, schemas: JsonObject): ReadonlySet<string> {
  const used = new Set<string>();
  const visit = (value: Json | undefined): void => {
    if (isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    const reference = readString(value, "$ref");
    const name = reference?.startsWith(REFERENCE) === true ? reference.slice(REFERENCE.length) : undefined;
    if (name !== undefined && !used.has(name)) {
      used.add(name);
      visit(schemas[name]);
    }
    Object.values(value).forEach(visit);
  };
  visit(start);
  return used;
}
