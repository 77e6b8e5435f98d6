// The only entry of the package: starting a simulator, and the shapes its functions take and give.
export { startSimulator } from "./start-simulator.ts";
export type { Simulator } from "./start-simulator.ts";
export type { BusinessNumber, PairRate, Routing, SimulatorOptions, StatusLevel } from "./settings.ts";
export type { DeliverOptions, DeliveryOutcome, InboundRequest, InboundResult } from "./inbound.ts";
export type { OutboxEntry, OutboxFilter, SentStatus } from "./outbox.ts";
export { signatureOf, toWire } from "./webhook-wire.ts";
export { startEvolutionSimulator, type EvolutionSimulatorOptions } from "./evolution/start-evolution-simulator.ts";
export { startWahaSimulator, type WahaSimulatorOptions } from "./waha/start-waha-simulator.ts";
export type { GatewayInboundRequest, IdentityMode } from "./gateway/gateway-inbound.ts";
export type { GatewayResult, GatewaySend, GatewaySimulator } from "./gateway/gateway-server.ts";
