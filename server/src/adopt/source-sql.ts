// Owns: from a mapping to the statements that read an older database. Its names come from a file, so each is quoted here and nowhere else.
import pg from "pg";
import type { MappedField, MappedFilter, MappedTable, Mapping } from "./mapping.ts";

const { escapeIdentifier, escapeLiteral } = pg;

type MappedColumn = Exclude<Exclude<MappedField, string>, { readonly first: unknown } | { readonly value: string }>;

/** `public.messages` is two names. */
function tableName(name: string): string {
  return name.split(".").map(escapeIdentifier).join(".");
}

/** Some systems keep an object as JSON text inside of JSON. */
function objectOf(sql: string): string {
  const text = `(${sql}::jsonb #>> '{}')`;
  return `(case when jsonb_typeof(${sql}::jsonb) = 'string' and ${text} like '{%' then ${text}::jsonb else ${sql}::jsonb end)`;
}

function columnOf({ column, mayBeMissing, path, lookup, as, values }: MappedColumn): string {
  let sql = mayBeMissing === true ? `(to_jsonb(t) #>> array[${escapeLiteral(column)}])` : `t.${escapeIdentifier(column)}`;
  if (lookup !== undefined) {
    sql = `(select l.${escapeIdentifier(lookup.column)} from ${tableName(lookup.table)} l where l.${escapeIdentifier(lookup.key)} = ${sql} limit 1)`;
  }
  if (path !== undefined) sql = `(${objectOf(sql)} #>> array[${path.map(escapeLiteral).join(", ")}])`;
  if (as === "epoch_seconds") sql = `to_timestamp(${sql}::double precision)`;
  if (values === undefined) return sql;
  const cases = Object.entries(values).map(([from, to]) => `when ${escapeLiteral(from)} then ${escapeLiteral(to)}`);
  return `(case ${sql}::text ${cases.join(" ")} else ${sql}::text end)`;
}

function expressionOf(field: MappedField): string {
  if (typeof field === "string") return columnOf({ column: field });
  if ("value" in field) return escapeLiteral(field.value);
  if ("first" in field) return `coalesce(${field.first.map((one) => `nullif(${columnOf(one)}::text, '')`).join(", ")})`;
  return columnOf(field);
}

function conditionOf({ is, ...column }: MappedFilter): string {
  return `${columnOf(column)}::text in (${is.map(escapeLiteral).join(", ")})`;
}

const TIMES = new Set(["createdAt", "startedAt", "lastMessageAt"]);

/** Times as timestamptz first (the session's zone is UTC), so that every one reaches us in the same form. */
function selectList(fields: MappedTable["fields"], names: readonly string[]): string {
  return names
    .map((name) => {
      const field = fields[name];
      if (field === undefined) return `null::text as ${escapeIdentifier(name)}`;
      const cast = TIMES.has(name) ? "::timestamptz::text" : "::text";
      return `(${expressionOf(field)})${cast} as ${escapeIdentifier(name)}`;
    })
    .join(", ");
}

function fromTable({ table, only, fields }: MappedTable, conditions: readonly string[] = []): string {
  const ofBusiness = fields["businessId"] === undefined ? [] : conditions;
  const all = [...only.map(conditionOf), ...ofBusiness];
  return `from ${tableName(table)} t${all.length === 0 ? "" : ` where ${all.join(" and ")}`}`;
}

/** How many rows of a table the mapping leaves out, by the first condition that they do not meet; undefined: it leaves out none. */
export function leftOutSql({ table, only }: MappedTable): string | undefined {
  if (only.length === 0) return undefined;
  const cases = only.map((filter) => {
    const { is: _is, ...column } = filter;
    return `when (${conditionOf(filter)}) is not true then ${escapeLiteral(`${filter.column} is `)} || coalesce(${columnOf(column)}::text, 'empty')`;
  });
  return `select why, count(*)::text as rows from (select case ${cases.join(" ")} end as why from ${tableName(table)} t) r where why is not null group by 1 order by 1`;
}

function requiredOf(table: MappedTable, name: string): string {
  const field = table.fields[name];
  if (field === undefined) throw new RangeError(`the mapping of ${table.table} has no ${name}`);
  return expressionOf(field);
}

function ofBusiness(table: MappedTable): string {
  return `(${requiredOf(table, "businessId")})::text = $1`;
}

/** Every business that a conversation or a message names; a row of "no business" has the id null. */
export function listBusinessesSql({ businesses, conversations, messages }: Mapping): string {
  const countBy = (table: MappedTable): string =>
    `select (${requiredOf(table, "businessId")})::text as id, count(*) as n ${fromTable(table)} group by 1`;
  const name =
    businesses === undefined
      ? "null::text"
      : `(select min((${requiredOf(businesses, "name")})::text) ${fromTable(businesses, [])}${businesses.only.length === 0 ? " where" : " and"} (${requiredOf(businesses, "id")})::text = b.id)`;
  return `with m as (${countBy(messages)}), c as (${countBy(conversations)}), b as (select id from m union select id from c)
select b.id, ${name} as name, coalesce((select n from m where m.id is not distinct from b.id), 0)::text as messages,
  coalesce((select n from c where c.id is not distinct from b.id), 0)::text as conversations
from b order by 1`;
}

const CONVERSATION = [
  "id",
  "customerWaId",
  "customerNumber",
  "provider",
  "channelKey",
  "leadId",
  "canonicalKey",
  "isOpen",
  "startedAt",
  "lastMessageAt",
  "createdAt",
  "summary",
];
const MESSAGE = [
  ...["id", "createdAt", "conversationId", "customer", "toNumber", "leadId", "direction", "author", "body", "type"],
  ...["attachment", "isRevoked", "quotedId", "webMessage", "webContext"],
  ...["member", "otherMember", "memberName"],
  ...["providerMessageId", "status", "provider", "channelKey"],
];

export function listConversationsSql({ conversations }: Mapping): string {
  return `select ${selectList(conversations.fields, CONVERSATION)} ${fromTable(conversations, [ofBusiness(conversations)])} order by (${requiredOf(conversations, "id")})`;
}

export function listLeadsSql({ leads }: Mapping): string | undefined {
  if (leads === undefined) return undefined;
  return `select ${selectList(leads.fields, ["id", "phone", "name"])} ${fromTable(leads, [ofBusiness(leads)])}`;
}

/** In the order (created_at, id), after a given row; rows without a time come first and are recognised later. */
export function messagesSql({ messages }: Mapping, after: boolean): string {
  const id = `(${requiredOf(messages, "id")})`;
  const at = sortAt(messages);
  const conditions = [ofBusiness(messages), ...(after ? [`(${at}, ${id}) > ($2::timestamptz, $3)`] : [])];
  return `select ${selectList(messages.fields, MESSAGE)}, (${at})::text as "sortAt" ${fromTable(messages, conditions)} order by ${at}, ${id}`;
}

export function messagesByIdSql({ messages }: Mapping): string {
  const at = sortAt(messages);
  const byId = `(${requiredOf(messages, "id")})::text = any($2::text[])`;
  return `select ${selectList(messages.fields, MESSAGE)}, (${at})::text as "sortAt" ${fromTable(messages, [ofBusiness(messages), byId])} order by ${at}, (${requiredOf(messages, "id")})`;
}

export function messagesOfNobodySql({ messages }: Mapping): string {
  return `select (${requiredOf(messages, "id")})::text as id ${fromTable(messages, [`(${requiredOf(messages, "businessId")}) is null`])} order by 1`;
}

/** The provider's ids that more than one row carries: the same message, stored again. */
export function repeatedProviderIdsSql({ messages }: Mapping): string | undefined {
  if (messages.fields.providerMessageId === undefined) return undefined;
  return `select (${requiredOf(messages, "providerMessageId")})::text as id ${fromTable(messages, [ofBusiness(messages)])} group by 1 having count(*) > 1`;
}

function sortAt(messages: MappedTable): string {
  return `coalesce((${requiredOf(messages, "createdAt")})::timestamptz, 'epoch'::timestamptz)`;
}
