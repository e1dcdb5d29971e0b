/** A key by which the server knows a request that comes twice. */

/** `crypto.randomUUID` is missing where a page comes without TLS. */
export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("");
}
