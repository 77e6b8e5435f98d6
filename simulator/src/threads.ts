// Owns whose each thread is, where several apps answer on one number (Meta: "Conversation routing"): roles, and what calls, sends and customers change. Knows nothing of HTTP and
// webhooks. Without a routing every thread is the business's own.
import type { VirtualClock } from "./clock.ts";
import type { Customers } from "./customers.ts";
import { badValue, missingParameter, tooLong } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { Settings } from "./settings.ts";
import { threadRoles } from "./settings.ts";

export const threadOwners = ["us", "other", "nobody"] as const;
export type ThreadOwner = (typeof threadOwners)[number];

export interface Thread {
  readonly phoneNumberId: string;
  /** Phone or user id. */
  readonly customer: string;
  readonly owner: ThreadOwner;
  /** Of its owner; null: of nobody, or not told. */
  readonly role: string | null;
}

/** A thread by any identifier of its customer. */
export interface ThreadKey {
  readonly phoneNumberId: string;
  readonly phone?: string | undefined;
  readonly userId?: string | undefined;
}

export interface Threads {
  /** Whose it is for a message of the customer that comes now: an idle one goes to the primary app. */
  readonly ofInbound: (key: ThreadKey) => ThreadOwner;
  readonly find: (key: ThreadKey) => Thread;
  readonly set: (key: ThreadKey, owner: ThreadOwner, role?: string) => Thread;
  /** Of a service message of ours: why it may not be sent. The escalation partner's takes the thread. */
  readonly refuseSend: (key: ThreadKey) => GraphProblem | undefined;
  readonly control: (phoneNumberId: string, body: JsonObject) => { readonly answer: JsonObject } | { readonly problem: GraphProblem };
  readonly list: () => readonly Thread[];
  readonly clear: () => void;
}

const dayMs = 86_400_000;
const noteMax = 2_000;
const owned: GraphProblem = { code: 131070, details: "Another responder owns this thread." };

interface Wish {
  readonly key: ThreadKey;
  readonly action: "pass" | "release" | "take";
  readonly role: string | undefined;
}

function readWish(phoneNumberId: string, body: JsonObject): Wish | GraphProblem {
  if (body["messaging_product"] !== "whatsapp") return missingParameter("messaging_product");
  const { to, recipient, metadata, control_pass: pass } = body;
  const action = (["pass", "release", "take"] as const).find((known) => known === body["action"]);
  if (action === undefined) return badValue("action must be one of {pass, release, take}");
  if ((to === undefined) === (recipient === undefined)) return badValue("exactly one of to and recipient");
  const named = to ?? recipient;
  if (typeof named !== "string" || named === "") return badValue("to and recipient are texts");
  if (metadata !== undefined && typeof metadata !== "string") return badValue("metadata must be a text");
  if ((metadata?.length ?? 0) > noteMax) return tooLong("metadata", noteMax);
  const key = to === undefined ? { phoneNumberId, userId: named } : { phoneNumberId, phone: named.replace(/[+\s()-]/g, "") };
  if (pass === undefined) return { key, action, role: undefined };
  const role = isJsonObject(pass) ? threadRoles.find((known) => known === pass["target_role"]) : undefined;
  if (action !== "pass") return badValue("control_pass is for pass only");
  return role === undefined ? badValue(`control_pass['target_role'] must be one of {${threadRoles.join(", ")}}`) : { key, action, role };
}

export function createThreads({
  settings,
  clock,
  customers,
}: {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly customers: Customers;
}): Threads {
  const states = new Map<string, Thread & { readonly atMs: number }>();
  let requests = 0;

  const nameOf = ({ phone, userId }: ThreadKey): string => {
    const known = phone === undefined ? customers.findByUserId(userId ?? "") : customers.findByPhone(phone);
    return known?.phone ?? known?.userId ?? phone ?? userId ?? "";
  };
  const find = (key: ThreadKey): Thread & { readonly atMs: number } => {
    const customer = nameOf(key);
    const state = states.get(`${key.phoneNumberId} ${customer}`);
    const isIdle = state === undefined || clock.nowMs() - state.atMs >= dayMs;
    return isIdle ? { phoneNumberId: key.phoneNumberId, customer, owner: "nobody", role: null, atMs: 0 } : state;
  };
  const set = (key: ThreadKey, owner: ThreadOwner, role?: string): Thread => {
    const customer = nameOf(key);
    const own = owner === "us" ? (settings.routing?.role ?? null) : null;
    const state = { phoneNumberId: key.phoneNumberId, customer, owner, role: role ?? own, atMs: clock.nowMs() };
    states.set(`${key.phoneNumberId} ${customer}`, state);
    return shown(state);
  };

  return {
    ofInbound(key) {
      if (settings.routing === undefined) return "us";
      const { owner, role } = find(key);
      // Each message of the customer keeps its owner for another day.
      return set(key, owner === "nobody" ? settings.routing.primary : owner, role ?? undefined).owner;
    },
    find: (key) => shown(find(key)),
    set,
    refuseSend(key) {
      const { routing } = settings;
      if (routing === undefined || find(key).owner === "us") return undefined;
      if (find(key).owner === "other" && routing.role !== "escalation") return owned;
      set(key, "us");
      return undefined;
    },
    control(phoneNumberId, body) {
      const { routing } = settings;
      if (routing === undefined) return { problem: { code: 131005, details: "This number has no conversation routing." } };
      const wish = readWish(phoneNumberId, body);
      if ("code" in wish) return { problem: wish };
      const { key, action, role = "escalation" } = wish;
      const { owner } = find(key);
      if (action === "take" && routing.role !== "escalation")
        return { problem: { code: 2494191, details: "Only the escalation partner may take a thread." } };
      if (action === "pass" && owner !== "us") return { problem: owned };
      if (action === "pass" && role === routing.role) return { problem: badValue("control_pass['target_role'] is the role of this app") };
      if (action === "release" && owner === "other") return { problem: owned };
      set(key, action === "pass" ? "other" : action === "take" ? "us" : "nobody", action === "pass" ? role : undefined);
      requests += 1;
      return { answer: { messaging_product: "whatsapp", request_id: `req-${String(requests)}` } };
    },
    list: () => [...states.values()].map(shown),
    clear: () => states.clear(),
  };
}

const shown = ({ phoneNumberId, customer, owner, role }: Thread): Thread => ({ phoneNumberId, customer, owner, role });
