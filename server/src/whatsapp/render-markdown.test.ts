import fc from "fast-check";
import { expect, test } from "vitest";
import { renderMarkdown } from "./render-markdown.ts";

test.each([
  ["**bold** and __strong__", "*bold* and *strong*"],
  ["***launch now***", "*_launch now_*"],
  ["**_both_** and _**both**_", "*_both_* and _*both*_"],
  ["__Important:__ ~~10 EUR~~ 8 EUR", "*Important:* ~10 EUR~ 8 EUR"],
  ["**https://acme.example**", "https://acme.example"],
  ["# Opening hours\n\nNine to six.", "*Opening hours*\n\nNine to six."],
  ["## **Bold** heading ##", "*Bold heading*"],
  ["see [the menu](https://acme.example/menu)", "see the menu: https://acme.example/menu"],
  ["[https://acme.example](https://acme.example)", "https://acme.example"],
  ["<https://acme.example>", "https://acme.example"],
  ["[write](mailto:a@acme.example)", "write: a@acme.example"],
  ["![a plan](https://acme.example/plan.png)", "a plan: https://acme.example/plan.png"],
  ["one<br>two<br/>three", "one\ntwo\nthree"],
  ["<b>loud</b> and <i>soft</i>", "*loud* and _soft_"],
  ["Tom &amp; Ann &lt;3 &#39;ok&#39;", "Tom & Ann <3 'ok'"],
  ["2 \\* 3 and \\_x\\_ and \\#", "2 * 3 and _x_ and #"],
  ["| Day | Hours |\n|---|---|\n| Monday | 9-18 |\n| Sunday | closed |", "Day: Hours\nMonday: 9-18\nSunday: closed"],
  ["| Room | Price | Beds |\n|---|---|---|\n| Blue | **80** | 2 |", "Blue: Price *80*, Beds 2"],
  ["We sell:\n* rolls\n* bread\n  * rye", "We sell:\n- rolls\n- bread\n  - rye"],
  ["1. one\n2. two", "1. one\n2. two"],
  ["3) three\n4) four", "3) three\n4) four"],
  ["> said\n> so", "> said\n> so"],
  ["```js\nlet a = 1;\n```", "```\nlet a = 1;\n```"],
  ["use `npm ci`", "use `npm ci`"],
  ["above\n\n---\n\nbelow", "above\n\nbelow"],
  ["above\n---\nbelow", "above\n\nbelow"],
  ["2 * 3 * 4 = 24", "2 * 3 * 4 = 24"],
  ["snake_case_name and 5*6", "snake_case_name and 5*6"],
  ["**never closed", "**never closed"],
  ["ask <your name> for it", "ask <your name> for it"],
  ["a <!-- hidden --> b", "a  b"],
  ["**שעות הפתיחה:** 9–18", "*שעות הפתיחה:* 9–18"],
  ["**two\nlines**", "*two*\n*lines*"],
  // No mark touches a letter from outside: WhatsApp would not draw it.
  ["**Hours:**9 to 6 and **Price: **10", "*Hours:* 9 to 6 and *Price:* 10"],
  ["**重要：**文本", "*重要：* 文本"],
  ["**שעות:**א", "*שעות:* א"],
  ["un**frigging**believable, **a**b, ~~a~~b", "unfriggingbelievable, ab, ab"],
  ["🎉**a**🎉, (**a**), ¡**a**!, **5%**, **(a)**", "🎉*a*🎉, (*a*), ¡*a*!, *5%*, *(a)*"],
  ["** bold **", "*bold*"],
  ["***a** b*", "_*a* b_"],
  ["**a *b* c** and *a **b** c*", "*a _b_ c* and _a *b* c_"],
  // A link ends at a blank, so a mark ends before it.
  ["**see https://acme.example**", "*see* https://acme.example"],
  ["# [menu](https://acme.example)", "*menu:* https://acme.example"],
  ["~~www.acme.example~~ *www.acme.example*", "www.acme.example www.acme.example"],
  ["[acme.example](https://acme.example/) [X](http://acme.example/x)", "https://acme.example/ X: http://acme.example/x"],
  ["[a](#anchor) [b](/path) [c]() [d](./e)", "a b c d"],
  ["[![logo](https://acme.example/l.png)](https://acme.example)", "logo: https://acme.example"],
  ["![plan](plan.png)", "plan"],
  [
    '<a href="https://acme.example">our page</a> <a href="https://acme.example">https://acme.example</a>',
    "our page: https://acme.example https://acme.example",
  ],
  ['<img src="https://acme.example/a.png" alt="A">', "A: https://acme.example/a.png"],
  ["<ul><li>rolls</li><li>bread</li></ul>", "- rolls\n- bread"],
  ["<table><tr><td>a</td><td>b</td></tr></table>", "a b"],
  ["<pre>x</pre> <kbd>y</kbd> <H1>T</H1>", "x y\nT"],
  ["<section>a</section><section>b</section><dl><dt>c</dt><dd>d</dd></dl>", "a\n\nb\n\nc\n\nd"],
  ['<a href="javascript:x()">a</a> <a href="data:text/html,b">b</a>', "a b"],
  ["__**a**__ **__b__** **<b>c</b>** **a __b__ c**", "*a* *b* *c* *a b c*"],
  // What an address needs to stay whole stays escaped; what people read is decoded.
  [
    "[menu](https://acme.example/our%20menu.pdf) <https://acme.example/a%20b>",
    "menu: https://acme.example/our%20menu.pdf https://acme.example/a%20b",
  ],
  [
    "[a](https://acme.example/100%25) [b](https://acme.example/%D7%A9%20%E3%80%80)",
    "a: https://acme.example/100%25 b: https://acme.example/ש%20%E3%80%80",
  ],
  ["1. one\n1. two\n   1. a\n   1. b\n1. three", "1. one\n2. two\n   1. a\n   2. b\n3. three"],
  ["2. two\n4. four", "2. two\n4. four"],
  ["2026.\nThat", "2026.\n\nThat"],
  ["2024. was good", "2024. was good"],
  ["Title\n=====\ntext", "Title\n\ntext"],
  ["|a|b|c|\n|-|-|-|\n|1||3|", "1: b, c 3"],
  ["| a |\n|---|\n| x |", "a\nx"],
  ["```\n```", ""],
  ["a@acme.example +49 30 1234 $5 and $6 C:\\path\\new", "a@acme.example +49 30 1234 $5 and $6 C:\\path\\new"],
])("%j becomes %j", (markdown, shown) => {
  expect(renderMarkdown(markdown)).toBe(shown);
});

test.each([
  "*bold*, _italic_, ~struck~ and `code`",
  "*_both_*",
  "```a block```",
  "Hello!\nHow are you?\n\nFine.",
  "- one\n- two",
  "> a quote",
  "Prices: 5 € (was 6 €) 👍🏽",
  "+49 30 1234567",
  "#hashtag and a_b_c@acme.example",
  "https://acme.example/a_b_c?x=*y*",
])("what is in WhatsApp's marks already stays: %j", (text) => {
  expect(renderMarkdown(text)).toBe(text);
});

test("what was rendered once is not changed by a second time", () => {
  const piece = fc.constantFrom(
    "**a**",
    "*b*",
    "_c_",
    "~~d~~",
    "`e`",
    "[f](https://f.example)",
    "# g",
    "- h",
    "1. i",
    "\n",
    "\n\n",
    " ",
    "j.",
    "א",
    "👍",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const once = renderMarkdown(pieces.join(" "));
      expect(renderMarkdown(once)).toBe(once);
    }),
    { numRuns: 500 },
  );
});

test("any text at all is rendered, never thrown at", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      expect(renderMarkdown(text)).toBeTypeOf("string");
    }),
  );
});

test("a line without marks is the same whether it is parsed or not", () => {
  const letter = fc.constantFrom(...Array.from("aZéßж中א0123456789 .,;:!?'\"’%€$£¿¡/@()- "));
  const word = fc.constantFrom(
    "www.acme.example ",
    "https://acme.example/a-b ",
    "a@acme.example ",
    "1. ",
    "- ",
    "--- ",
    "(c) ",
    "A: ",
    "... ",
    "  ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(letter, word), { maxLength: 40 }), (pieces) => {
      const line = `Hello${pieces.join("")}`;
      // Two paragraphs are parsed.
      expect(`${renderMarkdown(line)}\n\nx`).toBe(renderMarkdown(`${line}\n\nx`));
    }),
    { numRuns: 2_000 },
  );
});
