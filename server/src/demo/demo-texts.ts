// Owns: what the demo business knows. A bakery, so that a newcomer has something to ask for.

export interface DemoText {
  readonly title: string;
  readonly body: string;
}

export const DEMO_TEXTS: readonly DemoText[] = [
  {
    title: "Greeting: hi, hello, hey, good morning, good afternoon, good evening, oi, olá, hola",
    body: "Hello, this is Aurora, the bakery on Main Street. Ask me about opening hours, prices, delivery, cakes or allergens.",
  },
  {
    title: "Opening hours: when are you open, open today, Sunday, weekend, close",
    body: "We are open Tuesday to Saturday from 7:00 to 18:00 and on Sunday from 8:00 to 13:00. On Monday we are closed.",
  },
  {
    title: "Address: where are you, location, find you, parking",
    body: "You will find us at 1 Main Street, beside the market. There is parking behind the building.",
  },
  {
    title: "Delivery: do you deliver, shipping, bring it home",
    body: "We deliver within 5 km for 3.00, free for orders of 30.00 or more. Orders placed before 10:00 arrive the same day.",
  },
  {
    title: "Prices: how much does it cost, price of bread, croissant, roll",
    body: "A sourdough loaf is 5.50, a croissant 2.20, a roll 0.90. Everything else is on the menu in the shop.",
  },
  {
    title: "Cakes: birthday cake, wedding cake, order a cake",
    body: "We bake cakes to order, from 32.00 for twelve pieces. Please order two days ahead; tell us the date and how many people.",
  },
  {
    title: "Allergens: gluten, nuts, vegan, lactose, milk",
    body: "Our rye bread is free of milk and nuts, and the seed loaf is vegan. Nothing that we bake is gluten-free.",
  },
  {
    title: "Payment: pay, card, cash, invoice",
    body: "You can pay in cash, by card, or by bank transfer on an invoice.",
  },
  {
    title: "Thanks: thank you, thanks, great, perfect, bye",
    body: "You are welcome. We are happy to help, any time.",
  },
];
