// Owns: where the files of this package are, for code that runs as it was written as well as for code that was built into one folder.
import { existsSync } from "node:fs";

function findPackage(): URL {
  for (let folder = new URL("./", import.meta.url); ;) {
    if (existsSync(new URL("package.json", folder))) return folder;
    const above = new URL("../", folder);
    if (above.href === folder.href) throw new Error(`No package.json above ${import.meta.url}: the installation is incomplete.`);
    folder = above;
  }
}

/** A file of this package, by its path from the folder of package.json. */
export function packageFile(path: string): URL {
  return new URL(path, findPackage());
}
