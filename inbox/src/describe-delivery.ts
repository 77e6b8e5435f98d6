// Owns: what the state of one of our messages means to the person who reads the thread.
import type { Message } from "./inbox-client.ts";

export interface Delivery {
  readonly mark: "clock" | "one-tick" | "two-ticks" | "two-ticks-read" | "question" | "cross";
  /** For a screen reader, and when the pointer rests on the mark. */
  readonly label: string;
  /** Shown in full: there is something that a person should know. */
  readonly sentence?: string;
}

const UNKNOWN =
  "It is not known whether WhatsApp accepted this message. It is not sent again automatically unless your settings say so, because the customer could get it twice. A delivery report settles it, or you can.";

const HELD =
  "WhatsApp has accepted this message and holds it until it has seen how others of its template are received. It is sent then, or not at all; no time is promised.";

type DeliveryOf = Pick<Message, "direction" | "status" | "error" | "isHeld">;

/** Undefined for what the customer wrote. */
export function describeDelivery({ direction, status, error, isHeld }: DeliveryOf): Delivery | undefined {
  if (direction === "in") return undefined;
  switch (status) {
    case "queued":
      if (error === null) return { mark: "clock", label: "Waiting to be sent" };
      return {
        mark: "clock",
        label: "Waiting to be sent again",
        sentence: error.text ?? "WhatsApp has not accepted it yet. It will be sent again.",
      };
    case "sending":
      return { mark: "clock", label: "Being sent" };
    case "accepted":
      if (isHeld) return { mark: "clock", label: "Held by WhatsApp", sentence: HELD };
      return { mark: "one-tick", label: "Accepted by WhatsApp" };
    case "sent":
      return { mark: "one-tick", label: "Sent" };
    case "delivered":
      return { mark: "two-ticks", label: "Delivered" };
    case "read":
      return { mark: "two-ticks-read", label: "Read" };
    case "played":
      return { mark: "two-ticks-read", label: "Played" };
    case "failed":
      return {
        mark: "cross",
        label: "Not delivered",
        sentence: `Not delivered. ${error?.text ?? `WhatsApp gave the code ${error?.code ?? "unknown"}.`}`,
      };
    case "cancelled":
      return { mark: "cross", label: "Cancelled", sentence: "Cancelled before it was sent." };
    default:
      return { mark: "question", label: "Outcome unknown", sentence: describeUnknown(error) };
  }
}

/** Where the business wants such messages sent again, and this one is not: why. */
function describeUnknown(error: Message["error"]): string {
  return error?.code === "not_sent_again" && error.text !== null ? `${error.text} A delivery report settles it, or you can.` : UNKNOWN;
}
