// Owns: one spelling for each category of WhatsApp's prices. Refuses to know: which categories there are; Meta adds some.

/** In lower case. Of one of them Meta's pages have two spellings. */
export function pricingCategoryOf(word: string): string {
  const category = word.trim().toLowerCase();
  return category === "authentication_international" ? "authentication-international" : category;
}
