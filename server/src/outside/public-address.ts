// Owns: which network addresses belong to the public internet. Refuses to know: names, connections, and who asks.
import ipaddr from "ipaddr.js";

/** All of IPv6 that is routed on the internet. What lies outside (`::127.0.0.1` too, which the library takes for unicast) is somebody's inside. */
const GLOBAL_UNICAST = ipaddr.parseCIDR("2000::/3");

/** True for an address of the public internet; false for everything else, and for what is not an address. An IPv4-mapped IPv6 address counts as the IPv4 address. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || parsed.match(GLOBAL_UNICAST);
}

export const isAddress = (text: string): boolean => ipaddr.isValid(text);
