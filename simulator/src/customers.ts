// Owns who the customers are, what they wrote, and hence whether the 24 h window is open. Knows nothing of webhooks.
import type { CustomerJournal, WrittenMessage } from "./customer-journal.ts";
import { otherSpellingOf } from "./number-variants.ts";

export interface Customer {
  readonly phone: string | undefined;
  readonly userId: string | undefined;
  parentUserId: string | undefined;
  username: string | undefined;
  name: string | undefined;
  /** By phone number id of the business, milliseconds. */
  readonly lastWroteAtMs: Map<string, number>;
  /** Likewise: when they last came by an ad, and the free conversation that the answer to that began. */
  readonly cameByAdAtMs: Map<string, number>;
  readonly entryWindows: Map<string, EntryWindow>;
}

export interface EntryWindow {
  readonly id: string;
  readonly untilMs: number;
}

export interface CustomerFacts {
  readonly phone?: string | undefined;
  readonly userId?: string | undefined;
  readonly parentUserId?: string | undefined;
  readonly username?: string | undefined;
  readonly name?: string | undefined;
}

export interface CustomerMessage {
  readonly customer: Customer;
  readonly phoneNumberId: string;
}

export interface Customers {
  /** The one customer with these identifiers; a phone that comes with another user id is another person. */
  readonly remember: (facts: CustomerFacts) => Customer;
  /** By phone in either national spelling. */
  readonly findByPhone: (phone: string) => Customer | undefined;
  /** By user id or parent user id. */
  readonly findByUserId: (userId: string) => Customer | undefined;
  readonly recordMessage: (
    message: CustomerMessage & { readonly wamid: string; readonly atMs: number; readonly opensWindow: boolean },
  ) => void;
  readonly findMessage: (wamid: string) => CustomerMessage | undefined;
  readonly count: () => number;
  readonly forgetAll: () => void;
}

const keptMessages = 500_000;
const hourMs = 3_600_000;

export const isWindowOpen = (customer: Customer | undefined, phoneNumberId: string, nowMs: number): boolean =>
  nowMs - (customer?.lastWroteAtMs.get(phoneNumberId) ?? Number.NEGATIVE_INFINITY) < 24 * hourMs;

const entryMs = 7 * 24 * hourMs;

/** The free conversation of an ad, which the answer begins that comes within 24 hours; undefined: there is none. */
export function entryWindowOf(
  customer: Customer | undefined,
  phoneNumberId: string,
  { nowMs, newId }: { readonly nowMs: number; readonly newId: () => string },
): EntryWindow | undefined {
  if (customer === undefined) return undefined;
  const cameAtMs = customer.cameByAdAtMs.get(phoneNumberId);
  if (cameAtMs !== undefined) {
    customer.cameByAdAtMs.delete(phoneNumberId);
    if (nowMs - cameAtMs < 24 * hourMs) customer.entryWindows.set(phoneNumberId, { id: newId(), untilMs: nowMs + entryMs });
  }
  const found = customer.entryWindows.get(phoneNumberId);
  return found !== undefined && found.untilMs > nowMs ? found : undefined;
}

export function createCustomers(journal: CustomerJournal): Customers {
  const byPhone = new Map<string, Customer>();
  const byUserId = new Map<string, Customer>();
  const byParentUserId = new Map<string, Customer>();
  const messages = new Map<string, CustomerMessage>();

  const find = ({ phone, userId }: CustomerFacts): Customer | undefined => {
    const ofUser = userId === undefined ? undefined : byUserId.get(userId);
    if (ofUser !== undefined && (phone === undefined || ofUser.phone === phone)) return ofUser;
    const ofPhone = phone === undefined ? undefined : byPhone.get(phone);
    if (ofPhone !== undefined && (userId === undefined || ofPhone.userId === userId)) return ofPhone;
    return undefined;
  };

  /** A user known only by id so far who now shows a phone, or the reverse, stays the same person. */
  const windowsBefore = ({ phone, userId }: CustomerFacts): Map<string, number> | undefined => {
    const ofUser = userId === undefined ? undefined : byUserId.get(userId);
    if (ofUser !== undefined) return ofUser.lastWroteAtMs;
    const ofPhone = phone === undefined ? undefined : byPhone.get(phone);
    return ofPhone !== undefined && ofPhone.userId === undefined ? ofPhone.lastWroteAtMs : undefined;
  };

  const remember = (facts: CustomerFacts): Customer => {
    let customer = find(facts);
    if (customer === undefined) {
      customer = {
        phone: facts.phone,
        userId: facts.userId,
        parentUserId: undefined,
        username: undefined,
        name: undefined,
        lastWroteAtMs: windowsBefore(facts) ?? new Map<string, number>(),
        cameByAdAtMs: new Map<string, number>(),
        entryWindows: new Map<string, EntryWindow>(),
      };
      if (facts.phone !== undefined) byPhone.set(facts.phone, customer);
      if (facts.userId !== undefined) byUserId.set(facts.userId, customer);
    }
    customer.parentUserId = facts.parentUserId ?? customer.parentUserId;
    customer.username = facts.username ?? customer.username;
    customer.name = facts.name ?? customer.name;
    if (customer.parentUserId !== undefined) byParentUserId.set(customer.parentUserId, customer);
    return customer;
  };

  const keep = (message: WrittenMessage, customer: Customer): void => {
    messages.set(message.wamid, { customer, phoneNumberId: message.phoneNumberId });
    if (messages.size > keptMessages) {
      const oldest = messages.keys().next().value;
      if (oldest !== undefined) messages.delete(oldest);
    }
    if (!message.opens) return;
    const before = customer.lastWroteAtMs.get(message.phoneNumberId) ?? 0;
    if (message.atMs > before) customer.lastWroteAtMs.set(message.phoneNumberId, message.atMs);
  };

  for (const message of journal.remembered) keep(message, remember(message));

  return {
    remember,
    findByPhone(phone) {
      const exact = byPhone.get(phone);
      if (exact !== undefined) return exact;
      const other = otherSpellingOf(phone);
      return other === undefined ? undefined : byPhone.get(other);
    },
    findByUserId: (userId) => byUserId.get(userId) ?? byParentUserId.get(userId),
    recordMessage({ customer, phoneNumberId, wamid, atMs, opensWindow }) {
      const message: WrittenMessage = {
        phoneNumberId,
        wamid,
        atMs,
        opens: opensWindow,
        ...(customer.phone !== undefined && { phone: customer.phone }),
        ...(customer.userId !== undefined && { userId: customer.userId }),
      };
      keep(message, customer);
      journal.append(message);
    },
    findMessage: (wamid) => messages.get(wamid),
    count: () => new Set([...byPhone.values(), ...byUserId.values()]).size,
    forgetAll() {
      byPhone.clear();
      byUserId.clear();
      byParentUserId.clear();
      messages.clear();
    },
  };
}
