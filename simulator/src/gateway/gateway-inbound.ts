// Owns what can be asked of a gateway's customers, and under which names a gateway shows them: the quirks of linked ids. Knows no webhook form.
import {
  InputError,
  readBoolean,
  readInteger,
  readObject,
  readOneOf,
  readString,
  rejectUnknownKeys,
  requireObject,
} from "../json-object.ts";
import type { JsonObject } from "../json-object.ts";

/**
 * `both`: a linked id with the phone beside it. `swapped`: the phone with the linked id beside it. `lid` and `phone`: one alone (the alternative is
 * missing). `lid-then-phone`: a customer's first message under the linked id alone, all later ones under the phone alone. `twins`: WAHA emits each
 * message under both names.
 */
export const identityModes = ["both", "swapped", "lid", "phone", "lid-then-phone", "twins"] as const;
export type IdentityMode = (typeof identityModes)[number];

export interface GatewayInboundRequest {
  /** Digits of the phone. */
  readonly from: string;
  readonly text?: string;
  /** WhatsApp's own message (its protobuf as JSON) instead of a text. */
  readonly message?: JsonObject;
  readonly id?: string;
  readonly name?: string;
  readonly identity?: IdentityMode;
  /** Address of a group that it is written in. */
  readonly groupId?: string;
  /** Typed on the business's own phone. */
  readonly fromMe?: boolean;
  /** Unix time; now unless given. An old one is what a synchronisation brings. */
  readonly timestamp?: number;
  /** Deliver each webhook this many times. */
  readonly copies?: number;
}

/** The names under which one message shows its counterpart. */
export interface ShownNames {
  readonly jid: string;
  readonly alternative?: string;
}

export interface Counterparts {
  readonly show: (phone: string, mode: IdentityMode) => ShownNames;
  readonly lidOf: (phone: string) => string;
}

/** `phoneServer`: how this gateway spells phones. */
export function createCounterparts(phoneServer: "s.whatsapp.net" | "c.us"): Counterparts {
  const wrote = new Set<string>();
  const lidOf = (phone: string): string => `8${phone.split("").reverse().join("").padEnd(13, "7")}@lid`;
  return {
    lidOf,
    show(phone, mode) {
      const pn = `${phone}@${phoneServer}`;
      const lid = lidOf(phone);
      const isFirst = !wrote.has(phone);
      wrote.add(phone);
      switch (mode) {
        case "both":
        case "twins":
          return { jid: lid, alternative: pn };
        case "swapped":
          return { jid: pn, alternative: lid };
        case "lid":
          return { jid: lid };
        case "phone":
          return { jid: pn };
        case "lid-then-phone":
          return { jid: isFirst ? lid : pn };
      }
    },
  };
}

const keys = ["from", "text", "message", "id", "name", "identity", "groupId", "fromMe", "timestamp", "copies"];

export function readGatewayInbound(value: unknown): GatewayInboundRequest {
  const source = requireObject(value, "The request body");
  rejectUnknownKeys(source, keys, "A customer's message");
  const from = readString(source, "from")?.replace(/\D/g, "");
  if (from === undefined || from === "") throw new InputError('A customer\'s message needs "from", the digits of a phone.');
  const parts = {
    text: readString(source, "text"),
    message: readObject(source, "message"),
    id: readString(source, "id"),
    name: readString(source, "name"),
    identity: readOneOf(source, "identity", identityModes),
    groupId: readString(source, "groupId"),
    fromMe: readBoolean(source, "fromMe"),
    timestamp: readInteger(source, "timestamp", { min: 0 }),
    copies: readInteger(source, "copies", { min: 1, max: 100 }),
  };
  const given = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
  return { from, ...given };
}
