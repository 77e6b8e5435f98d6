// The only entry of the package: starting a simulator, and the shapes its functions take and give.
export { startSimulator } from "./start-simulator.ts";
export type { Simulator } from "./start-simulator.ts";
export type { BusinessNumber, PairRate, SimulatorOptions, StatusLevel } from "./settings.ts";
export type { DeliverOptions, DeliveryOutcome, InboundRequest, InboundResult } from "./inbound.ts";
export type { OutboxEntry, OutboxFilter, SentStatus } from "./outbox.ts";
export { signatureOf, toWire } from "./webhook-wire.ts";
