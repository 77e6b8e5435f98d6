// Owns: the type of any JSON value, and making strings safe to store. Knows nothing of what the JSON means.

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
