import { expect, test } from "vitest";
import { findLinks } from "./find-links.ts";

test.each([
  ["see https://acme.example/a.", ["https://acme.example/a"]],
  ["https://acme.example。次", ["https://acme.example"]],
  ["请看https://acme.example，谢谢", ["https://acme.example"]],
  ["xhttps://acme.example", []],
  ["请看 https://acme.example/菜单，谢谢", ["https://acme.example/菜单"]],
  ["「https://acme.example」", ["https://acme.example"]],
  ["هل رأيت https://acme.example؟", ["https://acme.example"]],
  ["https://acme.example، شكرا", ["https://acme.example"]],
  ["https://acme.example… or www.acme.example!", ["https://acme.example", "www.acme.example"]],
  ["(https://acme.example/a_(b)) and mailto:a@acme.example;", ["https://acme.example/a_(b)", "mailto:a@acme.example"]],
])("a link ends before the sign that ends its clause, in every script: %s", (text, links) => {
  expect(findLinks(text).map((link) => link.text)).toEqual(links);
});
