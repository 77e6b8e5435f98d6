// Owns: turning an OpenAPI 3.1 description into TypeScript. Covers what our own description uses, and throws at everything else.
import { format } from "oxfmt";
import { z } from "zod";

interface Schema {
  readonly $ref?: string | undefined;
  readonly description?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: Schema | boolean | undefined;
  /** False behind a tuple: nothing more. */
  readonly items?: Schema | boolean | undefined;
  readonly prefixItems?: readonly Schema[] | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    description: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(schema).optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([schema, z.boolean()]).optional(),
    items: z.union([schema, z.boolean()]).optional(),
    prefixItems: z.array(schema).optional(),
  }),
);

const operation = z.object({
  operationId: z.string(),
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean().optional(), description: z.string().optional(), schema }))
    .optional(),
  requestBody: z.object({ content: z.object({ "application/json": z.object({ schema }).optional() }) }).optional(),
});

const description = z.object({
  components: z.object({ schemas: z.record(z.string(), schema) }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
});

const HEADER =
  "// Generated from sdk/openapi.json by scripts/generate-sdk-types.ts. Change the schemas of the routes instead.\n/* oxlint-disable max-lines -- generated from the whole API */\n\n";

/** The text of sdk/src/schema.ts. */
export async function renderSdkTypes(document: unknown): Promise<string> {
  const { components, paths } = description.parse(document);
  const shapes = Object.entries(components.schemas).map(([name, shape]) => declare(name, shape));
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(declareOperation));
  const { code, errors } = await format("schema.ts", HEADER + [...shapes, ...operations].join("\n\n"), {
    printWidth: 140,
    trailingComma: "all",
  });
  if (errors.length > 0) throw new Error(`The types cannot be formatted: ${errors.map(({ message }) => message).join("; ")}`);
  return code;
}

function declareOperation({ operationId, parameters, requestBody }: z.infer<typeof operation>): readonly string[] {
  const name = operationId.charAt(0).toUpperCase() + operationId.slice(1);
  const query = (parameters ?? []).filter((parameter) => parameter.in === "query");
  const properties = Object.fromEntries(
    query.map((parameter) => [parameter.name, { ...parameter.schema, description: parameter.description }]),
  );
  const required = query.flatMap((parameter) => (parameter.required === true ? [parameter.name] : []));
  // A form with a file has no shape of its own.
  const body = requestBody?.content["application/json"]?.schema;
  return [
    ...(query.length === 0 ? [] : [declare(`${name}Query`, { type: "object", properties, required })]),
    ...(body === undefined || body.$ref !== undefined ? [] : [declare(`${name}Body`, body)]),
  ];
}

function declare(name: string, shape: Schema): string {
  return `${comment(shape)}export type ${name} = ${render(shape)};`;
}

function comment({ description: text }: Schema): string {
  return text === undefined ? "" : `/** ${text.replaceAll("*/", "* /")} */\n`;
}

function render(shape: Schema): string {
  if (shape.$ref !== undefined) return shape.$ref.replace("#/components/schemas/", "");
  if (shape.enum !== undefined) return shape.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (shape.anyOf !== undefined) return shape.anyOf.map(render).join(" | ");
  if (shape.type === undefined) return "unknown";
  if (typeof shape.type !== "string") return shape.type.map((type) => render({ ...shape, type })).join(" | ");
  return renderType(shape, shape.type);
}

function renderType(shape: Schema, type: string): string {
  switch (type) {
    case "object":
      return renderObject(shape);
    case "array":
      return renderArray(shape);
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return type;
    default:
      throw new Error(`scripts/render-sdk-types.ts does not know the type ${type}: teach it.`);
  }
}

function renderArray({ items = {}, prefixItems }: Schema): string {
  if (prefixItems === undefined) return `readonly (${typeof items === "object" ? render(items) : "unknown"})[]`;
  if (items !== false) throw new Error("scripts/render-sdk-types.ts knows tuples only when nothing more may follow: teach it.");
  return `readonly [${prefixItems.map(render).join(", ")}]`;
}

function renderObject({ properties = {}, required = [], additionalProperties }: Schema): string {
  const lines = Object.entries(properties).map(([key, shape]) => {
    const isRequired = required.includes(key);
    return `${comment(shape)}readonly ${JSON.stringify(key)}${isRequired ? "" : "?"}: ${render(shape)}${isRequired ? "" : " | undefined"};`;
  });
  const rest = typeof additionalProperties === "object" ? [`readonly [key: string]: ${render(additionalProperties)};`] : [];
  return `{\n${[...lines, ...rest].join("\n")}\n}`;
}
