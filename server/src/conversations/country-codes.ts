// Owns: the codes with which the international spelling of a phone number can begin.
import { getCountries, getCountryCallingCode } from "libphonenumber-js";

/** Each once, though several countries share some. None begins another one: a number has one of them only. */
export const COUNTRY_CODES: readonly string[] = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))];
