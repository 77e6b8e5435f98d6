// Holds docs/design/walks.md to the code: its files exist, the names beside them are declared there, and its signs say what the table at its top promises.
import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

const PAGE = new URL("../docs/design/walks.md", import.meta.url);
const LINKS = /(⤴ )?\[[^\]]+\]\(([^)]+)\)([^[⤴]*)/g;

interface LinkedFile {
  readonly path: string;
  readonly names: readonly string[];
  readonly looksIntoCompose: boolean;
}

interface Stop {
  readonly number: number;
  readonly comesBack: boolean;
  /** The stop's own file first. */
  readonly files: readonly LinkedFile[];
}

function filesIn(item: string): readonly LinkedFile[] {
  return [...item.matchAll(LINKS)].map(([, sign, path = "", rest = ""]) => ({
    path,
    names: [...rest.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    looksIntoCompose: sign !== undefined,
  }));
}

/** One list for each `##` heading. */
function readWalks(): readonly (readonly Stop[])[] {
  const [, ...walks] = readFileSync(PAGE, "utf8").split(/^## /m);
  return walks.map((walk) =>
    [...walk.matchAll(/^(\d+)\. (.*(?:\n +.*)*)/gm)].map(([, number, item = ""]) => ({
      number: Number(number),
      comesBack: item.startsWith("↩ "),
      files: filesIn(item),
    })),
  );
}

function nameOf(node: ts.Node): ts.Node | undefined {
  if (ts.isPropertyAssignment(node))
    return ts.isFunctionLike(node.initializer) || ts.isObjectLiteralExpression(node.initializer) ? node.name : undefined;
  const declares =
    ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isVariableDeclaration(node) || ts.isClassDeclaration(node);
  return declares ? node.name : undefined;
}

/** Functions, methods, classes, constants, and properties that are functions or objects; at any depth, but no types. */
function declaredIn(path: string): ReadonlySet<string> {
  const source = ts.createSourceFile(path, readFileSync(new URL(path, PAGE), "utf8"), ts.ScriptTarget.Latest);
  const names = new Set<string>();
  const look = (node: ts.Node): void => {
    const name = nameOf(node);
    if (name !== undefined && ts.isIdentifier(name)) names.add(name.text);
    ts.forEachChild(node, look);
  };
  look(source);
  return names;
}

const walks = readWalks();

test("there are two walks, and their stops are numbered", () => {
  expect(walks).toHaveLength(2);
  for (const walk of walks) {
    expect(walk.length).toBeGreaterThan(10);
    expect(walk.map(({ number }) => number)).toEqual(walk.map((_, at) => at + 1));
  }
});

test("every file of a stop exists, and every name beside it is declared there", () => {
  const missing = walks.flat().flatMap(({ number, files }) =>
    files.flatMap(({ path, names }) => {
      const declared = declaredIn(path);
      return names.filter((name) => !declared.has(name)).map((name) => `stop ${String(number)}: ${path} has no ${name}`);
    }),
  );
  expect(missing).toEqual([]);
});

test("every stop has a file, and every file a name", () => {
  for (const { files } of walks.flat()) expect(files).not.toHaveLength(0);
  expect(walks.flat().flatMap(({ files }) => files.filter(({ names }) => names.length === 0))).toEqual([]);
});

test("what stays in one file is one stop, and ↩ marks exactly those that come back", () => {
  for (const walk of walks) {
    const seen = new Set<string>();
    const signs = walk.map(({ files }) => {
      const [own] = files;
      const comesBack = own?.looksIntoCompose === false && seen.has(own.path);
      for (const { path } of files) seen.add(path);
      return { path: own?.path, comesBack };
    });
    expect(walk.map(({ files, comesBack }) => ({ path: files[0]?.path, comesBack }))).toEqual(signs);
    expect(signs.filter(({ path }, at) => path === signs[at + 1]?.path)).toEqual([]);
  }
});

test("⤴ marks exactly the looks into compose/", () => {
  const wrong = walks
    .flat()
    .flatMap(({ files }) => files.filter(({ path, looksIntoCompose }) => path.includes("/compose/") !== looksIntoCompose));
  expect(wrong).toEqual([]);
});
