/** A hash that is fed piece by piece. */
export interface Hasher {
  update(bytes: Uint8Array): Hasher;
  clone(): Hasher;
  digest(): Uint8Array;
}
export const sha256: { (bytes: Uint8Array): Uint8Array; create(): Hasher };
