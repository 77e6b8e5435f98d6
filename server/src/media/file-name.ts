// Owns: the name of a file as somebody else gave it, made harmless.

const LONGEST_NAME = 200;

/** Without what leads elsewhere or cannot be seen; undefined when nothing is left. */
export function plainFileName(given: string | undefined): string | undefined {
  const plain = given
    ?.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replaceAll(/[\\/:*?"<>|]/g, "_")
    .trim()
    .slice(0, LONGEST_NAME);
  return plain === "" || plain === undefined ? undefined : plain.toWellFormed();
}
