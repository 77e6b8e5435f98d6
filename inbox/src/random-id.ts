// Owns: a random id. crypto.randomUUID is missing on pages that came over plain HTTP from another machine.
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
