import { expect, test } from "vitest";
import { outgoingParts } from "./outgoing-parts.ts";

const file = (kind: "audio" | "document" | "image" | "sticker") => ({ id: kind, kind });
const outgoingContents = (...given: Parameters<typeof outgoingParts>) => outgoingParts(...given).map(({ content }) => content);
const text = (body: string) => ({ type: "text", text: { body } });

test("a text alone is a text, and a file alone has no caption", () => {
  expect(outgoingContents("Hello", [])).toEqual([text("Hello")]);
  expect(outgoingContents("", [file("image")])).toEqual([{ type: "image", image: { id: "image" } }]);
});

test("the text stands below the first file that can have it", () => {
  expect(outgoingContents("Menu", [file("audio"), file("image"), file("document")])).toEqual([
    { type: "audio", audio: { id: "audio" } },
    { type: "image", image: { id: "image", caption: "Menu" } },
    { type: "document", document: { id: "document" } },
  ]);
});

test("a text that no file can have, or that is too long for a caption, is a message of its own, after them", () => {
  expect(outgoingContents("Listen", [file("audio"), file("sticker")]).at(-1)).toEqual(text("Listen"));
  const long = "x".repeat(1_025);
  expect(outgoingContents(long, [file("image")])).toEqual([{ type: "image", image: { id: "image" } }, text(long)]);
});

test("each part says which file and whether the text are in it", () => {
  const said = outgoingParts("Menu", [file("audio"), file("image")]).map(({ fileId, hasText }) => [fileId, hasText]);
  expect(said).toEqual([
    ["audio", false],
    ["image", true],
  ]);
  expect(outgoingParts("Hello", [])).toMatchObject([{ fileId: undefined, hasText: true }]);
});
