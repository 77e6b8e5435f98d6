// Proves that no exported function that takes somebody else's text costs more than linear time in it: each is run over the same hostile strings of
// 100 kB, with a bound far above what is right. A new function that takes a string is found here, and has to be listed or exempted with a reason.
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { checkReply } from "../src/responders/check-reply.ts";
import { renderPrompt } from "../src/responders/render-prompt.ts";
import { parseCloudWebhook } from "../src/whatsapp/parse-webhook.ts";
import { validateOutboundContent } from "../src/whatsapp/validate-content.ts";
import { contextFor, message, settingsFor } from "./support/test-model.ts";

const SOURCE = fileURLToPath(new URL("../src/", import.meta.url));
const LENGTH = 100_000;
/** Quadratic work takes tens of seconds for these, linear work a few milliseconds to half a second. */
const BOUND_MS = 4_000;
/** Tried first: what is quadratic and over the bound for the whole takes 160 ms for this, so that what takes less is seen to be good. */
const FIRST_LENGTH = LENGTH / 5;
const SUSPICIOUS_MS = BOUND_MS / 50;

// One letter each, then pairs that begin something, marks, what is beyond the basic plane, and what grows when it is folded.
const PIECES =
  'a|1| |\n|\t|.|-|_|*|/|@|#|(|)|[|{|<|>|"|\'|`|\\|+|=|&|%|:|a |a.|a/|a@|a+|1 |1.|a\n\n|- a\n|> |**a |__a |~~a |``` |](|[a](|![|<div>|<!--|<think>|{{a|}}|http://|http://a)|a:b\n|BEGIN:VCARD\n|é|e\u0301|\u0301|א|אֱ|ש |👍|\u200B|\u202E|ﷺ|İ|ß|*a* |a,b\n|"a",|a? |a。|&lt;|&#|<a href=|a@b.co |+49|1,|$a$ |\\(|\r\n|\u00A0|\uFE0F|👨\u200D👩\u200D👧|🇩🇪|각'.split(
    "|",
  );
const STRINGS: readonly (readonly [string, (length: number) => string])[] = [
  ...PIECES.map(
    (piece) => [JSON.stringify(piece), (length: number) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length)] as const,
  ),
  ["a heading of blanks", (length) => `# a${" ".repeat(length)}b`],
  ["an address that closes brackets", (length) => `http://a${")".repeat(length)}a`],
  ["a lone surrogate at the end", (length) => `${"a".repeat(length)}\uD800`],
  ["blanks with an end", (length) => `a${" \n".repeat(length / 2)}!`],
];

type Call = (run: (...args: readonly unknown[]) => unknown, text: string) => unknown;
const once: Call = (run, text) => run(text);
const withNumber: Call = (run, text) => run(text, 1_000);
const twice: Call = (run, text) => run(text, text);

/** A webhook with a past message of this text. */
function pastOf(body: string): string {
  const message = { from: "12025550147", id: "wamid.1", timestamp: "1790000000", type: "text", text: { body } };
  const value = { metadata: { phone_number_id: "200000000000001" }, history: [{ threads: [{ id: "12025550147", messages: [message] }] }] };
  return JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "history", value }] }] });
}

/** Functions that need more than the text. */
const CALLS: Readonly<Record<string, Call>> = {
  "adopt/read-identifier.ts readCanonicalKey": (run, text) => run(text, "0190a000-0000-7000-8000-000000000000"),
  "adopt/adopted-id.ts adoptedId": (run, text) => run("0190a000-0000-7000-8000-000000000000", "message", text),
  "campaigns/hours.ts hoursOf": (run, text) => run(text, { timeZone: "UTC", from: "21:00", to: "08:00" }, 1_790_000_000_000),
  // Words of a question and of a text have at most 40 letters; nothing longer is compared.
  "kernel/edit-distance.ts editDistance": (run, text) => run(text.slice(0, 40), text.slice(0, 40), 2),
  "kernel/local-time.ts readLocalTime": (run, text) => run(text, "Europe/Madrid"),
  "media/media-kinds.ts kindOfFile": twice,
  "media/media-kinds.ts typeOfFile": (run, text) => run(text, text, text),
  "models/frame-text.ts cleanText": (run, text) => run(text, "0123456789"),
  "models/frame-text.ts frameText": (run, text) => run(text, { kind: "message", mark: "0123456789", attributes: { name: text } }),
  "models/model-prompt.ts promptOf": (run, text) => run(text, [{ role: "user", content: text }]),
  "models/tidy-reply.ts tidyReply": (run, text) => run(text, LENGTH),
  "outside/bound-fetch.ts boundStream": withNumber,
  "outside/bound-fetch.ts tooLong": withNumber,
  "responders/check-reply.ts withoutDoubtfulLinks": (run, text) =>
    run(text, { context: contextFor(settingsFor("http://127.0.0.1:1/v1", {}), {}), found: [] }),
  "responders/find-links.ts separateSentences": (run, text) => run(text, () => false),
  "responders/find-links.ts isUnder": twice,
  "whatsapp/direct-send.ts checkDirectSend": (run, text) =>
    run("text", { text: { body: text }, category: "utility", direct_send_config: { template_name: text } }),
  "whatsapp/history.ts readPastMessages": (run, text) => [...(run(pastOf(text), new Date(0)) as Iterable<unknown>)],
  "words/handoff-keywords.ts findHandoffKeyword": (run, text) => run([text], ["a person", "agent"]),
  "responders/split-reply.ts fitsReply": (run, text) => run(text, { maxMessages: 10, maxMessageLength: 4_096 }),
  "responders/split-reply.ts splitReply": (run, text) => run(text, { maxMessages: 10, maxMessageLength: 4_096 }),
  "sessions/extractive-summarizer.ts clip": withNumber,
  "tools/fill-template.ts fillTemplate": (run, text) => run(text, () => Promise.resolve("")),
  "tools/mcp-tools.ts toolNameOf": twice,
  "tools/trim-result.ts trimResult": withNumber,
  "whatsapp/vcard.ts readVcard": (run, text) => run(text, text),
  "whatsapp/text-parts.ts labelled": (run, text) => run("Photo", text),
  "replies/changed-meaning.ts changesMeaning": twice,
  "businesses/channel-directory.ts channelDirectoryKey": (run, text) => run("cloud", text),
  "http/api-app.ts requireUuid": (run, text) => run(text, "text"),
  "whatsapp/graph-answer.ts refusedHere": twice,
  "whatsapp/signal.ts aspectOf": twice,
  "whatsapp/signal-words.ts sayWord": twice,
};

/** What nobody outside writes: folders, programs and addresses of the operator's own. By file, or by function. */
const NOT_FROM_OUTSIDE = [
  /^(?:cli|compose|config|db|demo|embedded)\//,
  /^adopt\/(?:mapping|source)\.ts /,
  /^kernel\/fail-points\.ts /,
  /^whatsapp\/fixtures\//,
  // Takes the name of an environment's or the API's own thing.
  /^http\/(?:api-app\.ts notFound|api-schemas\.ts pageSchema|problem\.ts )/,
  /^kernel\/shapes\.ts named/,
  // Take the reason of an ending, the names of secrets, and ids, not texts.
  /^replies\/endings\.ts /,
  /^tools\/tool-secrets\.ts /,
  /^whatsapp\/gateways\/baileys-content\.ts (?:editOf|revokeOf|placeholderOf)/,
  // Takes the name of a field of the protocol.
  /^whatsapp\/gateways\/baileys-kinds\.ts convertKind/,
  // Reads a file of test questions that the operator wrote.
  /^knowledge\/evaluate\.ts /,
  // Take names of files that we have made.
  /^media\/(?:read-picture|local-store|spool-file)\.ts /,
  // The calendar: takes the name of a time zone that was checked when it was saved.
  /^sessions\/next-midnight\.ts /,
];

interface TextFunction {
  readonly file: string;
  readonly name: string;
  readonly required: number;
}

const isText = (type: ts.TypeNode | undefined): boolean =>
  /^(?:string(?: \| (?:undefined|null))*|readonly \(?string[^;]*\)?\[\])$/.test(type?.getText() ?? "");

function functionsOf(statement: ts.Statement): readonly (readonly [string, ts.FunctionDeclaration | ts.ArrowFunction])[] {
  if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isFunctionDeclaration(statement)) return [[statement.name?.text ?? "", statement]];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name, initializer }) =>
    initializer !== undefined && ts.isArrowFunction(initializer) ? [[name.getText(), initializer] as const] : [],
  );
}

function listTextFunctions(): readonly TextFunction[] {
  const files = globSync("**/*.ts", { cwd: SOURCE }).filter(
    (file) => !/\.(?:test|d)\.ts$|-worker\.ts$|-thread\.ts$|-process\.ts$|^main\.ts$/.test(file),
  );
  return files.flatMap((file) => {
    const parsed = ts.createSourceFile(file, readFileSync(`${SOURCE}${file}`, "utf8"), ts.ScriptTarget.Latest, true);
    return parsed.statements.flatMap(functionsOf).flatMap(([name, { parameters }]) => {
      const required = parameters.filter(
        (parameter) => parameter.initializer === undefined && parameter.questionToken === undefined,
      ).length;
      return isText(parameters[0]?.type) ? [{ file, name, required }] : [];
    });
  });
}

const functions = listTextFunctions()
  .filter(({ file, name }) => !NOT_FROM_OUTSIDE.some((pattern) => pattern.test(`${file} ${name}`)))
  .toSorted((a, b) => `${a.file} ${a.name}`.localeCompare(`${b.file} ${b.name}`));

/** Of this process, in ms; undefined when it overflowed the stack. */
async function costOf(call: (text: string) => unknown, text: string): Promise<number | undefined> {
  const before = process.cpuUsage();
  try {
    await call(text);
  } catch (error) {
    // Refusing such a text is fine; being cut off by the stack is not.
    if (error instanceof RangeError && error.message.includes("call stack")) return undefined;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function costs(call: (text: string) => unknown): Promise<readonly string[]> {
  const slow: string[] = [];
  for (const [what, make] of STRINGS) {
    let ms = await costOf(call, make(FIRST_LENGTH));
    if (ms !== undefined && ms > SUSPICIOUS_MS) ms = await costOf(call, make(LENGTH));
    if (ms === undefined) slow.push(`${what}: overflows the stack`);
    else if (ms > BOUND_MS) slow.push(`${what}: ${String(Math.round(ms))} ms`);
  }
  return slow;
}

test("the text functions are found", () => {
  expect(functions.length).toBeGreaterThan(30);
  const known = new Set(functions.map(({ file, name }) => `${file} ${name}`));
  const listed = Object.keys(CALLS).filter((key) => !known.has(key) && !ownNames.has(key));
  expect(listed, "listed here, and gone from the code").toEqual([]);
});

/** Their text is not the first parameter. */
const ownNames = new Set(["adopt/adopted-id.ts adoptedId", "businesses/channel-directory.ts channelDirectoryKey"]);

test.each(functions)(
  "$file $name takes linear time",
  async ({ file, name, required }) => {
    const key = `${file} ${name}`;
    const call = CALLS[key] ?? (required === 1 ? once : undefined);
    if (call === undefined) throw new Error(`${key} takes a text and more: say in CALLS how it is called, or exempt it with a reason.`);
    const module = (await import(`${SOURCE}${file}`)) as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
    const run = module[name];
    if (run === undefined) throw new Error(`${key} is not exported`);
    expect(await costs((text) => call(run, text))).toEqual([]);
  },
  120_000,
);

const webhookOf = (node: object): object => ({
  object: "whatsapp_business_account",
  entry: [
    {
      id: "300000000000001",
      changes: [
        {
          field: "messages",
          value: {
            messaging_product: "whatsapp",
            metadata: { display_phone_number: "15550100200", phone_number_id: "200000000000001" },
            messages: [{ from: "12025550147", id: "wamid.1", timestamp: "1790000000", ...node }],
          },
        },
      ],
    },
  ],
});

test("a customer's message is parsed in linear time, whatever it holds", async () => {
  const parse = (node: object): unknown => parseCloudWebhook(Buffer.from(JSON.stringify(webhookOf(node))));
  expect(await costs((text) => parse({ type: "text", text: { body: text } }))).toEqual([]);
  expect(await costs((text) => parse({ type: "contacts", contacts: [{ name: { formatted_name: text }, vcard: text }] }))).toEqual([]);
}, 120_000);

test("what the API is asked to send is checked in linear time", async () => {
  expect(await costs((text) => validateOutboundContent({ type: "text", text: { body: text } }))).toEqual([]);
}, 120_000);

test("a reply is checked in linear time, whatever the model and the customer wrote", async () => {
  const settings = settingsFor("http://127.0.0.1:1/v1", {});
  const check = (text: string): unknown => {
    const context = contextFor(settings, { burst: [message(text)] });
    const { mark, rules } = renderPrompt(context, { tools: [] });
    return checkReply({ text, context, mark, rules, tools: [], found: [text] });
  };
  expect(await costs(check)).toEqual([]);
}, 180_000);
