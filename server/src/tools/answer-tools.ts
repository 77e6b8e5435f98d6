// Owns: the tools with which a model's answer holds more than text, off unless the business names them: what it may ask for, and the message that comes of it.
// Nothing is done by them: each adds to the answer of its turn, which is committed whole or not at all. So no call of theirs is recorded before it is made,
// and none can be made twice. Refuses to know: whether the message may be sent (the check of answers/), and who receives it: always this conversation.
import { textContent, type PartDraft } from "../answers/answer-part.ts";
import { readLocalTime } from "../kernel/local-time.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readString } from "../kernel/read-json.ts";
import type { AnswerToolName, ReplySettings } from "../settings/reply-settings.ts";
import { compileArguments, type CheckArguments } from "./check-arguments.ts";

export type Drafted =
  | { readonly outcome: "drafted"; readonly draft: PartDraft }
  | { readonly outcome: "refused"; readonly problem: string };

export interface AnswerTool {
  readonly name: AnswerToolName;
  readonly description: string;
  readonly parameters: JsonObject;
  readonly check: CheckArguments;
  /** Pure. */
  readonly draft: (args: JsonObject) => Drafted;
}

type Settings = Pick<ReplySettings, "tools" | "timeZone">;

interface Definition {
  readonly describe: (settings: Settings) => string;
  readonly properties: JsonObject;
  readonly required: readonly string[];
  readonly draft: (args: JsonObject, settings: Settings) => Drafted;
}

const words = (maxLength: number, description: string): JsonObject => ({ type: "string", minLength: 1, maxLength, description });
const drafted = (content: JsonObject): Drafted => ({ outcome: "drafted", draft: { content } });
const refused = (problem: string): Drafted => ({ outcome: "refused", problem });
const textsOf = (value: Json | undefined): readonly string[] => (isArray(value) ? value.filter((one) => typeof one === "string") : []);
const given = (args: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.flatMap((key) => (args[key] === undefined ? [] : [[key, args[key]]])));

const TOOLS: Readonly<Record<AnswerToolName, Definition>> = {
  send_buttons: {
    describe: () =>
      "Adds a question with one to three buttons to your answer. Call it when the customer has to choose between a few things.",
    properties: {
      text: words(1_024, "The question, as the customer reads it above the buttons."),
      buttons: { type: "array", minItems: 1, maxItems: 3, items: words(20, "What stands on the button."), description: "All different." },
    },
    required: ["text", "buttons"],
    draft: ({ text = null, buttons }) =>
      interactive("button", text, {
        buttons: textsOf(buttons).map((title, index) => ({ type: "reply", reply: { id: `option-${index + 1}`, title } })),
      }),
  },
  send_list: {
    describe: () => "Adds a question with a list of up to ten options to your answer. Call it when buttons are too few.",
    properties: {
      text: words(4_096, "The question, as the customer reads it above the list."),
      label: words(20, "What stands on the button that opens the list."),
      options: {
        type: "array",
        minItems: 1,
        maxItems: 10,
        items: {
          type: "object",
          properties: {
            title: words(24, "Short, and different from the others."),
            description: words(72, "A little more, under the title."),
          },
          required: ["title"],
          additionalProperties: false,
        },
      },
    },
    required: ["text", "label", "options"],
    draft: ({ text = null, label = null, options }) => {
      const rows = (isArray(options) ? options.filter(isObject) : []).map((row, index) => ({ id: `option-${index + 1}`, ...row }));
      return interactive("list", text, { button: label, sections: [{ rows }] });
    },
  },
  send_media: {
    describe: ({ tools: { mediaHosts, mediaFiles } }) =>
      `Adds a picture, a video, a recording or a document of the business to your answer: one of its files, or a link. ${filesOf(mediaFiles)} Only links to ${listed(mediaHosts)} can be sent, and only those that a text of the business or a tool gave you.`,
    properties: {
      kind: { type: "string", enum: ["image", "video", "audio", "document"] },
      file: words(64, "The id of one of the files; instead of a link."),
      link: words(2_048, "The https address of the file; instead of a file."),
      caption: words(1_024, "What the customer reads below it; not for audio."),
      filename: words(240, "Of a document: what it is called."),
    },
    required: ["kind"],
    draft: (args, { tools }) => {
      const { source, problem = "" } = sourceOf(args, tools);
      if (source === undefined) return refused(`${problem} Nothing was added.`);
      const kind = readString(args, "kind") ?? "";
      return drafted({ type: kind, [kind]: { ...source, ...given(args, kind === "document" ? ["caption", "filename"] : ["caption"]) } });
    },
  },
  send_template: {
    describe: ({ tools: { templates } }) =>
      `Adds one of the business's approved templates to your answer. There are: ${listed(templates)}.`,
    properties: {
      name: words(512, "The template's name."),
      language: words(16, "Its language, such as en or pt_BR."),
      values: {
        type: "array",
        maxItems: 32,
        items: words(1_024, "A value."),
        description: "What is filled into {{1}}, {{2}}, … of its body, in this order.",
      },
      named: {
        type: "object",
        additionalProperties: { type: "string", minLength: 1, maxLength: 1_024 },
        description: "Instead of values, for a template whose parameters have names.",
      },
    },
    required: ["name", "language"],
    draft: (args, { tools: { templates } }) => {
      const name = readString(args, "name") ?? "";
      if (!templates.includes(name)) return refused(`Only these templates can be sent: ${listed(templates)}. Nothing was added.`);
      const named = Object.entries(isObject(args["named"]) ? args["named"] : {});
      const parameters = [
        ...textsOf(args["values"]).map((text) => ({ type: "text", text })),
        ...named.map(([parameter_name, text]) => ({ type: "text", parameter_name, text })),
      ];
      const components = parameters.length === 0 ? {} : { components: [{ type: "body", parameters }] };
      return drafted({ type: "template", template: { name, language: { code: args["language"] ?? null }, ...components } });
    },
  },
  schedule_message: {
    describe: ({ timeZone, tools: { scheduledYields } }) =>
      `Schedules a message to this customer for later, such as a reminder that they asked for.${scheduledYields ? " It is dropped when they write before that." : ""} Say in your answer that you will write then. Times are those of ${timeZone}.`,
    properties: {
      text: words(4_096, "The message, as the customer will read it then."),
      at: words(40, "When, such as 2027-01-07T09:00 (the business's time) or 2027-01-07T09:00:00+02:00."),
    },
    required: ["text", "at"],
    draft: (args, { timeZone }) => {
      const sendAt = readLocalTime(readString(args, "at") ?? "", timeZone);
      if (sendAt === undefined) return refused("The time cannot be read. Write it like 2027-01-07T09:00. Nothing was scheduled.");
      return { outcome: "drafted", draft: { content: textContent(readString(args, "text") ?? ""), sendAt } };
    },
  },
};

/** Only those that the business has named. */
export function createAnswerTools(settings: Settings): readonly AnswerTool[] {
  return [...new Set(settings.tools.offer)].map((name) => {
    const { describe, properties, required, draft } = TOOLS[name];
    const parameters: JsonObject = { type: "object", properties, required: [...required], additionalProperties: false };
    return {
      name,
      description: describe(settings),
      parameters,
      check: compileArguments(parameters),
      draft: (args) => draft(args, settings),
    };
  });
}

function interactive(type: string, text: Json, action: JsonObject): Drafted {
  return drafted({ type: "interactive", interactive: { type, body: { text }, action } });
}

interface Source {
  /** What a message is given of the file. */
  readonly source?: JsonObject;
  /** A sentence: it is none that may be sent. */
  readonly problem?: string;
}

function sourceOf(args: JsonObject, { mediaHosts, mediaFiles }: Settings["tools"]): Source {
  const [file, link] = [readString(args, "file"), readString(args, "link")];
  if ((file === undefined) === (link === undefined)) return { problem: 'Give either "file" or "link".' };
  if (link !== undefined)
    return isOnHosts(link, mediaHosts) ? { source: { link } } : { problem: `Only https links to ${listed(mediaHosts)} can be sent.` };
  const known = mediaFiles.find(({ id }) => id === file?.toLowerCase());
  return known === undefined ? { problem: filesOf(mediaFiles) } : { source: { id: known.id } };
}

function filesOf(files: Settings["tools"]["mediaFiles"]): string {
  return `Its files are: ${listed(files.map(({ id, about }) => `${id} (${about})`))}.`;
}

function isOnHosts(link: string, hosts: readonly string[]): boolean {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return false;
  const host = url.hostname.replace(/\.$/, "");
  return hosts.map((allowed) => allowed.toLowerCase()).some((allowed) => host === allowed || host.endsWith(`.${allowed}`));
}

const listed = (names: readonly string[]): string => (names.length === 0 ? "(none)" : names.join(", "));
