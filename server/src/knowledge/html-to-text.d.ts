// Owns: the types of html-to-text, as far as we use it; the package brings none.
declare module "html-to-text" {
  interface Element {
    readonly name: string;
    readonly children: readonly unknown[];
  }
  interface Builder {
    openBlock(options: { readonly leadingLineBreaks: number }): void;
    closeBlock(options: { readonly trailingLineBreaks: number }): void;
    addInline(text: string, options?: { readonly noWordTransform: boolean }): void;
  }
  export interface HtmlToTextOptions {
    readonly wordwrap?: false | number;
    readonly limits?: { readonly maxInputLength: number };
    readonly baseElements?: {
      readonly selectors: readonly string[];
      readonly orderBy: "selectors" | "occurrence";
      readonly returnDomByDefault: boolean;
    };
    readonly formatters?: Readonly<
      Record<string, (element: Element, walk: (nodes: readonly unknown[], builder: Builder) => void, builder: Builder) => void>
    >;
    readonly selectors?: readonly {
      readonly selector: string;
      readonly format?: string;
      readonly options?: Readonly<Record<string, unknown>>;
    }[];
  }
  export function convert(html: string, options?: HtmlToTextOptions): string;
}
