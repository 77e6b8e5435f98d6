// Owns: the small picture of a delivery's state. The words for it come with it.
import type { ReactNode } from "react";
import type { Delivery } from "./describe-delivery.ts";

const TICK = "M2 8.5l3.2 3.2L12 5";
const SHAPES: Readonly<Record<Delivery["mark"], ReactNode>> = {
  clock: <path d="M10 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM10 5v3l2 1.5" />,
  "one-tick": <path d={TICK} transform="translate(3)" />,
  "two-ticks": <path d={`${TICK}M8.2 11.2l.6.5L15.6 5`} transform="translate(1)" />,
  "two-ticks-read": <path d={`${TICK}M8.2 11.2l.6.5L15.6 5`} transform="translate(1)" />,
  question: <path d="M7.5 6a2.5 2.5 0 113.6 2.2c-.8.4-1.1.8-1.1 1.6M10 12.6v.1" />,
  cross: <path d="M6 4l8 8M14 4l-8 8" />,
};
const COLOURS: Partial<Record<Delivery["mark"], string>> = {
  "two-ticks-read": "text-read",
  question: "text-warning",
  cross: "text-danger",
};

export function DeliveryMark({ delivery: { mark, label } }: { readonly delivery: Delivery }) {
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 20 16"
      className={`h-4 w-5 ${COLOURS[mark] ?? ""}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <title>{label}</title>
      {SHAPES[mark]}
    </svg>
  );
}
