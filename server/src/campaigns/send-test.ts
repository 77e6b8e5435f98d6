// Owns: one message of a campaign to a number that somebody names, as its customers get it: into the ordinary way of sending, of no row and in no count. Refuses to know: pace,
// and what may leave (outbound/deliver.queries.ts).
import { findMessage } from "../conversations/message-reads.queries.ts";
import { messageViewOf, type MessageView } from "../conversations/message-view.ts";
import type { ResolveConversation } from "../conversations/resolve-conversation.ts";
import { onSurvivor } from "../conversations/surviving-conversation.ts";
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { readWrittenPhone } from "../kernel/written-phone.ts";
import { findCampaign } from "./campaigns.queries.ts";
import { columnName, columnsOf, fillPlaceholders } from "./fill-placeholders.ts";
import { findDefinition, problemOfContent, textOf } from "./find-definition.ts";
import { findFields } from "./recipients.queries.ts";
import { refused, refuseForNow, refuseTemplate, type Missing, type Refused } from "./refusals.ts";
import { insertTestMessage, lockRecipients } from "./release.queries.ts";

export interface TestRequest {
  /** A number as people write it, with its country code. */
  readonly to: string;
  /** Filled in as for this row of the list. Absent, and without `fields`: as for the first one. */
  readonly line?: number | undefined;
  /** By column; they count more than those of the row. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

export type TestOutcome = { readonly outcome: "queued"; readonly message: MessageView } | Missing | Refused;

/** Each call is a message of its own. */
export type SendTest = (businessId: BusinessId, campaignId: string, request: TestRequest) => Promise<TestOutcome>;

interface SendTestDeps {
  readonly database: Database;
  readonly resolveConversation: ResolveConversation;
  readonly wake: (kind: "send") => void;
}

type Campaign = Row<typeof findCampaign>;
const LAST_LINE = 2_147_483_647;

export function createSendTest({ database, resolveConversation, wake }: SendTestDeps): SendTest {
  return async (businessId, campaignId, request) => {
    const db = database.forBusiness(businessId);
    const [campaign] = await db.run(findCampaign, { id: campaignId });
    if (campaign === undefined) return { outcome: "not_found" };
    const phone = readWrittenPhone(request.to);
    if (phone.outcome === "refused") return refused("bad_request", `The number cannot be read: ${phone.reason}`);
    const made = await makeContent(db, campaign, request);
    if ("outcome" in made) return made;
    const person = await resolveConversation({ businessId, identity: { phone: phone.digits } });
    if (person.outcome !== "resolved") return refused("no_address", "The number belongs to more than one customer.");
    const outcome = await insert(db, { campaign, conversationId: person.conversationId, ...made });
    if (outcome.outcome === "queued") wake("send");
    return outcome;
  };
}

interface Made {
  readonly content: JsonObject;
  readonly text: string | null;
}

async function makeContent(db: Queryable, campaign: Campaign, request: TestRequest): Promise<Made | Refused> {
  const { template, channel_id: channelId } = campaign;
  const known = await findDefinition(db, channelId, template);
  const refusal = refuseTemplate(known) ?? refuseForNow(known);
  if (refusal !== undefined) return refusal;
  const fields = await readFields(db, campaign, request);
  if (fields === undefined) return refused("bad_request", "There is no such line in its list, or it gets no message.");
  const missing = columnsOf(template).filter((column) => !Object.hasOwn(fields, column));
  if (missing.length > 0) {
    const names = missing.map((name) => JSON.stringify(name.slice(0, 100))).join(", ");
    return refused("template_parameters", `The template is filled in with ${names}: neither \`fields\` nor a row of the list has it.`);
  }
  const content = fillPlaceholders(template, fields);
  const problem = problemOfContent(known?.definition, content);
  return problem === undefined ? { content, text: textOf(known?.definition, content) } : refused("template_parameters", problem);
}

/** Undefined: there is no such row. */
async function readFields(db: Queryable, { id }: Campaign, { line, fields }: TestRequest): Promise<JsonObject | undefined> {
  const given = Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [columnName(name), cleanString(value)]));
  if (line === undefined && fields !== undefined) return given;
  const [row] = await db.run(findFields, { id, from: line ?? 0, to: line ?? LAST_LINE });
  return row === undefined && line !== undefined ? undefined : { ...row?.fields, ...given };
}

/** As a slice does it, with one row that is none: under the lock of the conversation, what forbids it is looked at. */
async function insert(
  db: BusinessDatabase,
  { campaign, conversationId, content, text }: Made & { readonly campaign: Campaign; readonly conversationId: string },
): Promise<TestOutcome> {
  const { channel_id: channelId, template } = campaign;
  const names = { template: readString(template, "name") ?? "", language: readString(readObject(template, "language"), "code") ?? "" };
  const outcome = await db.transaction((tx) =>
    onSurvivor(tx, conversationId, async (id): Promise<TestOutcome | undefined> => {
      const [locked] = await tx.run(lockRecipients, { ids: [id], channelId, ...names });
      if (locked === undefined) return undefined;
      if (locked.obstacle !== null) return refuseCustomer(locked.obstacle);
      const messageId = newId();
      const row = { conversationId: id, messageId, text, content: JSON.stringify(content) };
      await tx.run(insertTestMessage, { channelId, rows: [row] });
      const [message] = await tx.run(findMessage, { messageId });
      return message === undefined ? undefined : { outcome: "queued", message: messageViewOf(message, []) };
    }),
  );
  return outcome ?? { outcome: "not_found" };
}

function refuseCustomer(obstacle: string): Refused {
  switch (obstacle) {
    case "opted_out":
      return refused("opted_out", "This customer asked not to be written to.");
    case "marketing_stopped":
      return refused("opted_out", "The customer stopped marketing in WhatsApp, and this template is not known to be anything else.");
    default:
      return refused("no_address", "Nothing is known to send this message to.");
  }
}
