// Owns: what is true of each kind of message, whoever provides it: one table, in which no kind and no column can be forgotten. Refuses to know: how any
// kind is read, sent or shown (a Record over MessageType does that, wherever it is needed).

export interface MessageKind {
  /** What it is called where its words do not say it all: for models, in summaries and quotes. Never the name of the type, which is no word for people. */
  readonly label: string;
  /** What its text is: all that it says; a caption beside what was sent; what was sent, in words. */
  readonly text: "words" | "caption" | "details";
  /** What it asks for when the customer wrote no words of their own. `shared`: a place, a card or a file; `unreadable`: a person has to look at it. */
  readonly asks: "nothing" | "shared" | "unreadable" | "order";
  /** `change`: it changes or marks another message, and says nothing of its own. `notice`: nobody wrote it. Neither is part of what was said. */
  readonly role: "message" | "change" | "notice";
  /** From a customer, it opens the 24-hour window and reopens the thread. `opens_window()` has the same rule in SQL; a test compares them. */
  readonly opens: boolean;
  /** The key of its node that names another message. Whatever names one is shown with that message, and not in the list of the thread. */
  readonly target: "message_id" | "original_message_id" | null;
  /** What somebody who is given its text only cannot do with it. */
  readonly sense: "see" | "hear" | "read" | null;
}

export const MESSAGE_KINDS = {
  text: { label: "an empty message", text: "words", asks: "nothing", role: "message", opens: true, target: null, sense: null },
  image: { label: "a picture", text: "caption", asks: "unreadable", role: "message", opens: true, target: null, sense: "see" },
  video: { label: "a video", text: "caption", asks: "unreadable", role: "message", opens: true, target: null, sense: "see" },
  audio: { label: "a voice message", text: "details", asks: "unreadable", role: "message", opens: true, target: null, sense: "hear" },
  document: { label: "a file", text: "caption", asks: "shared", role: "message", opens: true, target: null, sense: "read" },
  sticker: { label: "a sticker", text: "words", asks: "nothing", role: "message", opens: true, target: null, sense: null },
  location: { label: "a location", text: "words", asks: "shared", role: "message", opens: true, target: null, sense: null },
  contacts: { label: "a contact card", text: "words", asks: "shared", role: "message", opens: true, target: null, sense: null },
  interactive: {
    label: "a message with buttons, a list or a form",
    text: "words",
    asks: "nothing",
    role: "message",
    opens: true,
    target: null,
    sense: null,
  },
  button: { label: "a button", text: "words", asks: "nothing", role: "message", opens: true, target: null, sense: null },
  reaction: { label: "a reaction", text: "words", asks: "nothing", role: "change", opens: false, target: "message_id", sense: null },
  order: { label: "an order", text: "words", asks: "order", role: "message", opens: true, target: null, sense: null },
  poll: { label: "a poll", text: "words", asks: "nothing", role: "message", opens: true, target: null, sense: null },
  /** A tap on a poll that was sent before. */
  poll_vote: { label: "a vote in a poll", text: "words", asks: "nothing", role: "message", opens: false, target: null, sense: null },
  /** It names its message, and is shown in the list of the thread nevertheless. */
  pin: { label: "a pinned message", text: "words", asks: "nothing", role: "change", opens: true, target: null, sense: null },
  edit: {
    label: "a change of an earlier message",
    text: "words",
    asks: "nothing",
    role: "change",
    opens: false,
    target: "original_message_id",
    sense: null,
  },
  revoke: {
    label: "an earlier message taken back",
    text: "words",
    asks: "nothing",
    role: "change",
    opens: false,
    target: "original_message_id",
    sense: null,
  },
  /** The log of a call. */
  call: { label: "a call", text: "words", asks: "nothing", role: "message", opens: true, target: null, sense: null },
  /** Something came that only the phone can show. */
  placeholder: {
    label: "something that can be seen on the phone only",
    text: "words",
    asks: "nothing",
    role: "message",
    opens: true,
    target: null,
    sense: null,
  },
  /** About the customer, such as a change of number. */
  system: { label: "a notice of WhatsApp", text: "words", asks: "nothing", role: "notice", opens: false, target: null, sense: null },
  template: { label: "a message from a template", text: "words", asks: "nothing", role: "message", opens: true, target: null, sense: null },
  /** See UNSUPPORTED_CHANGES too. */
  unsupported: {
    label: "something that WhatsApp does not pass on",
    text: "words",
    asks: "unreadable",
    role: "message",
    opens: true,
    target: null,
    sense: null,
  },
  /** Of a kind that this version does not know. */
  unknown: {
    label: "something that cannot be shown",
    text: "words",
    asks: "unreadable",
    role: "message",
    opens: true,
    target: null,
    sense: null,
  },
} as const satisfies Readonly<Record<string, MessageKind>>;

export type MessageType = keyof typeof MESSAGE_KINDS;
export const MESSAGE_TYPES = Object.keys(MESSAGE_KINDS) as readonly MessageType[];

const KINDS: ReadonlyMap<string, MessageKind> = new Map(Object.entries(MESSAGE_KINDS));

/** A type that is none of ours is `unknown`. */
export function kindOf(type: string): MessageKind {
  return KINDS.get(type) ?? MESSAGE_KINDS.unknown;
}

/** By `unsupported.type`: what WhatsApp names but does not show, and what asks for nothing. */
export const UNSUPPORTED_CHANGES: ReadonlyMap<string, Pick<MessageKind, "opens">> = new Map([
  ["edit", { opens: false }],
  ["revoke", { opens: false }],
  ["reaction", { opens: false }],
  ["poll_update", { opens: false }],
  ["pin", { opens: true }],
  ["keep", { opens: true }],
  ["ephemeral", { opens: true }],
]);
