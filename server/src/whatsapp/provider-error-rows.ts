// Owns: what each error code of the Cloud API means for a message that we sent, as one table (Meta: "Cloud API error codes"). Refuses to know: errors without a code.
// Only what was certainly not processed is `backoff`; what may have gone out is `reconcile`; all else is final.
import type { Hold, RetryAdvice, SendStop } from "./transport.ts";

export interface ProviderErrorVerdict {
  readonly advice: RetryAdvice;
  readonly minDelayMs?: number;
  readonly delayFactor?: number;
  /** Nothing more can be sent on the channel until a person acts. Receiving goes on. */
  readonly stopsChannel: boolean;
  readonly sentence: string;
  /** What else of the channel has to wait. */
  readonly hold?: Hold;
  readonly stops?: SendStop;
}

export type Codes = readonly (number | readonly [from: number, to: number])[];

export interface ErrorRow extends Partial<Omit<ProviderErrorVerdict, "advice" | "sentence">> {
  readonly codes: Codes;
  readonly subcode?: number;
  readonly advice: RetryAdvice;
  readonly sentence: string;
}

const SECOND_MS = 1000;

/** The first row that fits decides, so rows with a subcode and single codes stand above the ranges that hold them. */
export const ERROR_ROWS: readonly ErrorRow[] = [
  {
    codes: [190],
    subcode: 463,
    advice: "never",
    stopsChannel: true,
    sentence: "WhatsApp refused the access token because it has expired. The message is kept unsent. Enter a new token for this channel.",
  },
  {
    codes: [0, 190],
    advice: "never",
    stopsChannel: true,
    sentence: "WhatsApp refused the access token. The message is kept unsent. Enter a valid token for this channel.",
  },
  {
    codes: [3, 10, [200, 299], 131005],
    advice: "never",
    stopsChannel: true,
    sentence:
      "WhatsApp refused because the token lacks a permission. The message is kept unsent. Grant whatsapp_business_messaging to the app and the system user.",
  },
  {
    codes: [368, 131031],
    advice: "never",
    stopsChannel: true,
    sentence:
      "WhatsApp has blocked or locked this account. The message is kept unsent. Look for the reason in WhatsApp Manager and appeal there.",
  },
  {
    codes: [130497],
    advice: "never",
    sentence: "WhatsApp does not let this business write to that country. The message is kept unsent. Reach this customer another way.",
  },
  {
    codes: [33],
    advice: "never",
    sentence:
      "WhatsApp does not know the number or the media any more. The message is kept unsent. Check the channel, and upload the media again.",
  },
  {
    codes: [100],
    subcode: 33,
    advice: "never",
    sentence:
      "WhatsApp does not know the number or the media any more. The message is kept unsent. Check the channel, and upload the media again.",
  },
  {
    codes: [100, 131008, 131009, 135000],
    advice: "never",
    sentence: "WhatsApp refused a value in the message. The message is kept unsent. Correct what the details name and send a new message.",
  },
  {
    codes: [1, 131000],
    advice: "reconcile",
    sentence:
      "WhatsApp answered with an unknown error. It may have sent the message, so it is not sent again. Wait for its status, or decide by hand.",
  },
  {
    codes: [2, 131016, 133004],
    advice: "reconcile",
    sentence:
      "WhatsApp is out of service for the moment. It may have sent the message, so it is not sent again. Wait for its status, or decide by hand.",
  },
  {
    codes: [131057, 2494100],
    advice: "reconcile",
    hold: { forMs: 60 * SECOND_MS, slowsForMs: 0, reason: "WhatsApp is working on this number." },
    sentence:
      "WhatsApp is working on this number. It may have sent the message, so it is not sent again. Wait for its status, or decide by hand.",
  },
  {
    codes: [4, 80007],
    advice: "backoff",
    minDelayMs: 60 * SECOND_MS,
    hold: { forMs: 60 * SECOND_MS, slowsForMs: 0, reason: "The app has reached its limit of calls to WhatsApp." },
    sentence:
      "The app has reached its limit of calls to WhatsApp. The message is kept and is sent again later. If this returns, send less.",
  },
  {
    codes: [130429],
    advice: "backoff",
    minDelayMs: SECOND_MS,
    hold: { forMs: SECOND_MS, slowsForMs: 30 * SECOND_MS, reason: "This number has reached its limit of messages per second." },
    sentence:
      "This number has reached its limit of messages per second. The message is kept and is sent again shortly. Nothing needs to be done.",
  },
  {
    codes: [131064],
    advice: "never",
    stops: "category",
    sentence:
      "WhatsApp has cut this account's limit because templates were filed under a wrong category. The message is kept unsent. Correct the categories; the limit is lifted automatically.",
  },
  {
    codes: [131056],
    advice: "backoff",
    minDelayMs: SECOND_MS,
    delayFactor: 4,
    sentence:
      "Too many messages went to this customer in a short time. The message is kept and is sent again shortly. Nothing needs to be done.",
  },
  {
    codes: [131048],
    advice: "never",
    hold: {
      forMs: 4 * 3_600 * SECOND_MS,
      slowsForMs: 24 * 3_600 * SECOND_MS,
      reason: "WhatsApp limits this number because customers reported it as spam.",
    },
    sentence:
      "WhatsApp limits this number because customers reported it as spam. The message is kept unsent. Send fewer messages that nobody asked for, and try again in hours.",
  },
  {
    codes: [131047],
    advice: "after-window",
    stops: "entry-window",
    sentence: "The customer has not written for 24 hours. The message is kept unsent. Send a template, or wait until the customer writes.",
  },
  {
    codes: [131026],
    advice: "never",
    sentence: "The customer cannot be reached on WhatsApp. The message is kept unsent. Reach this customer another way.",
  },
  {
    codes: [131049],
    advice: "never",
    sentence:
      "WhatsApp held this marketing message back. The message is kept unsent. Send it anew after a day at the earliest; a sooner try prolongs the pause.",
  },
  {
    codes: [131050],
    advice: "never",
    stops: "marketing",
    sentence:
      "The customer has stopped marketing messages of this business. The message is kept unsent. Write only when the customer asks.",
  },
  {
    codes: [130472],
    advice: "never",
    sentence: "WhatsApp keeps marketing from this customer for an experiment. The message is kept unsent. Wait until the customer writes.",
  },
  {
    codes: [131021],
    advice: "never",
    sentence: "The recipient is the channel's own number. The message is kept unsent. Choose another recipient.",
  },
  {
    codes: [131051],
    advice: "never",
    sentence: "WhatsApp does not support this type of message. The message is kept unsent. Send it as another type.",
  },
  {
    codes: [131061],
    advice: "never",
    sentence:
      "This template has a maximum price and cannot be sent on this address. The message is kept unsent. Use a template without one.",
  },
  {
    codes: [131063],
    advice: "never",
    sentence:
      "WhatsApp has switched marketing templates off for the messages address of this account. The message is kept unsent. Switch them on in WhatsApp Manager.",
  },
  {
    codes: [131055, 134100, 134102],
    advice: "never",
    sentence:
      "WhatsApp does not take this template as marketing. The message is kept unsent. Look at its category in WhatsApp Manager, or use another template.",
  },
  {
    codes: [134101],
    advice: "never",
    sentence:
      "WhatsApp is still getting this template ready for marketing. The message is kept unsent. Send it anew in ten minutes or more.",
  },
  {
    codes: [131065],
    advice: "never",
    sentence:
      "A template with a maximum price cannot be sent to this customer's country. The message is kept unsent. Use a template without one.",
  },
  {
    codes: [131062],
    advice: "never",
    sentence:
      "This message needs a phone number, and only the user id is known. The message is kept unsent. Ask the customer for the number first.",
  },
  {
    codes: [131052],
    advice: "never",
    sentence: "WhatsApp could not fetch the customer's file. The message is kept without it. Ask the customer to send the file again.",
  },
  {
    codes: [137000],
    advice: "never",
    sentence:
      "The customer's identity is not the one that was asked for: they have a new device or installed WhatsApp anew. The message is kept unsent. Make sure who they are, then send it without the old identity.",
  },
  {
    codes: [131030],
    advice: "never",
    sentence:
      "This is a test number, and the customer is not on its list of allowed numbers. The message is kept unsent. Add them to the list in the Meta app.",
  },
  {
    codes: [130403],
    advice: "never",
    sentence: "This business has blocked the customer. The message is kept unsent. Unblock the customer first.",
  },
  {
    codes: [131070],
    advice: "never",
    sentence:
      "Another app answers in this thread at the moment. The message is kept unsent. Send a template, or take the thread over first.",
  },
  {
    codes: [2494191],
    advice: "never",
    sentence:
      "Only the app that people are handed over to may take this thread. The message is kept unsent. Ask for the thread to be passed on.",
  },
  {
    codes: [131053],
    advice: "never",
    sentence:
      "WhatsApp could not use the file. The message is kept unsent. Convert the file to a supported type and size, then send it again.",
  },
  {
    codes: [131037],
    advice: "never",
    stopsChannel: true,
    sentence: "The display name of this number is not approved. The message is kept unsent. Have the name approved in WhatsApp Manager.",
  },
  {
    codes: [131045],
    advice: "never",
    stopsChannel: true,
    sentence: "The certificate of this number is not valid. The message is kept unsent. Register the number again.",
  },
  {
    codes: [133010],
    advice: "never",
    stopsChannel: true,
    sentence: "This number is not registered with the Cloud API. The message is kept unsent. Register the number.",
  },
  {
    codes: [131042, 131044],
    advice: "never",
    stopsChannel: true,
    sentence: "WhatsApp has a problem with the payment method. The message is kept unsent. Correct the payment method in WhatsApp Manager.",
  },
  {
    codes: [132000, 132005, 132007, 132008, 132012, 132018],
    advice: "never",
    sentence:
      "The template's parameters do not fit the template. The message is kept unsent. Correct their number, form, length or content.",
  },
  {
    codes: [132001],
    advice: "never",
    sentence: "No approved template has this name and language. The message is kept unsent. Check both, or wait for the approval.",
  },
  {
    codes: [132015],
    advice: "never",
    sentence:
      "WhatsApp has paused this template. The message is kept unsent. Improve the template, or use another one until it is released.",
  },
  {
    codes: [132016],
    advice: "never",
    sentence: "WhatsApp has disabled this template for good. The message is kept unsent. Use another template.",
  },
  {
    codes: [132068],
    advice: "never",
    sentence: "WhatsApp has blocked this form (flow). The message is kept unsent. Correct the flow in WhatsApp Manager.",
  },
  {
    codes: [132069],
    advice: "never",
    sentence: "WhatsApp limits how often this form (flow) is sent. The message is kept unsent. Send it anew in an hour or more.",
  },
  {
    codes: [132021],
    advice: "never",
    sentence:
      "A template that you made yourselves has the name that this message was to count for. The message is kept unsent. Give its template_name another value.",
  },
  {
    codes: [139200],
    advice: "never",
    stops: "direct-send",
    sentence: "WhatsApp has closed Direct Send for this account. The message is kept unsent. Send a template instead.",
  },
  {
    codes: [2388019],
    advice: "never",
    sentence:
      "The account has as many templates as it may have. Nothing was sent, and what was asked for is kept unsent. Delete a template first.",
  },
  {
    codes: [2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 2388318, 2388330],
    advice: "never",
    sentence: "WhatsApp refused the template for its form. It is kept unsent. Correct what the details name.",
  },
  {
    codes: [131020, 131041, 131059, [131201, 131215]],
    advice: "never",
    sentence:
      "WhatsApp refused this for a group. The message is kept unsent. Look at the group and its members, or write to the customer alone.",
  },
  {
    codes: [[133000, 133016], 134011, 136024],
    advice: "never",
    sentence:
      "The registration or the payment terms of this number are not in order. The message is kept unsent. Finish them in WhatsApp Manager.",
  },
  {
    codes: [
      [138000, 138038],
      [139100, 139103],
      [147001, 147005],
      [2494164, 2494179],
      [2593107, 2593109],
    ],
    advice: "never",
    sentence:
      "WhatsApp refused something that is no sending of messages (calls, the block list, the user name, sign-up or import). The message is kept unsent. Read the details and decide.",
  },
];
