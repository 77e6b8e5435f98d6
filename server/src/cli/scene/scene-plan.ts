// Owns: what the customers of a scene write, and in which order. Refuses to know how it is delivered.

export interface SceneOptions {
  readonly customers: number;
  readonly messages: number;
  readonly shuffle: boolean;
  /** The same texts in the same order for the same seed. */
  readonly seed: number;
  /** Who writes: another number, other customers. */
  readonly crowd: number;
}

export interface Customer {
  /** Digits, as WhatsApp writes them. */
  readonly phone: string;
  readonly name: string;
}

export interface PlannedMessage {
  readonly customer: Customer;
  readonly text: string;
}

const FIRST_NAMES = [
  "Ana",
  "Bruno",
  "Chidi",
  "Dara",
  "Elif",
  "Femi",
  "Giulia",
  "Hana",
  "Ivo",
  "Jun",
  "Kofi",
  "Lena",
  "Maya",
  "Nils",
  "Olga",
];
const OPENERS = ["Hi!", "Hello there", "Good morning", "Oi, tudo bem?", "Hey 👋", "Olá"];
const QUESTIONS = [
  "when do you open on Sunday?",
  "do you deliver?",
  "how much is a croissant?",
  "is there anything vegan?",
  "I would like to order a birthday cake",
  "can I pay by card?",
  "onde vocês ficam?",
  "my last order was wrong, can I talk to somebody?",
];

/** A message per customer and round, interleaved as on a busy day; shuffled, also a customer's own messages arrive in any order. */
export function planScene({ customers, messages, shuffle, seed, crowd }: SceneOptions): readonly PlannedMessage[] {
  const random = createRandom(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? "";
  const people = Array.from({ length: customers }, (_, index): Customer => ({
    phone: phoneOf(crowd, index),
    name: `${pick(FIRST_NAMES)} ${String(index + 1)}`,
  }));
  const rounds = Array.from({ length: messages }, (_, round) =>
    inAnyOrder(people, random).map((customer) => ({ customer, text: round === 0 && messages > 1 ? pick(OPENERS) : pick(QUESTIONS) })),
  );
  const all = rounds.flat();
  return shuffle ? inAnyOrder(all, random) : all;
}

/** A North American number that nobody has: area code 999. */
function phoneOf(crowd: number, index: number): string {
  return `1999${String((crowd + index) % 10_000_000).padStart(7, "0")}`;
}

function inAnyOrder<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** mulberry32: small, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
