/** Which key seals: the issuer's card key (identity records), or the area key of a programme. */
export type SealKey =
  | { readonly role: "identity"; readonly issuer: number; readonly generation: number }
  | { readonly role: "area"; readonly programme: number; readonly generation: number };

/** PWD, four bytes, and PACK, the two that the chip answers with. */
export interface Password {
  readonly password: Uint8Array;
  readonly pack: Uint8Array;
}

/** Cryptography at the terminal. The app names a key and never holds one; a port may keep them in a secure element. */
export interface Keys {
  /** SHA-256. */
  hash(message: Uint8Array): Promise<Uint8Array>;
  /** The 8-byte MAC of a record for one card; "no-key" where this terminal does not hold that key and generation. */
  seal(key: SealKey, uid: Uint8Array, card: number, sealed: Uint8Array): Promise<Uint8Array | "no-key">;
  /** The 8-byte MAC of a receipt's code under this merchant's receipt key, and the key's generation; "no-key" where the terminal holds none. */
  sealCode(message: Uint8Array): Promise<{ readonly generation: number; readonly mac: Uint8Array } | "no-key">;
  /** Whether the MAC of a receipt's code is right, compared in constant time. */
  openCode(generation: number, message: Uint8Array, mac: Uint8Array): Promise<boolean | "no-key">;
  /** What opens a card's pages for writing; "no-key" where this terminal does not hold that generation of the card key. */
  password(issuer: number, generation: number, uid: Uint8Array, card: number): Promise<Password | "no-key">;
  /** Whether a MAC is right, compared in constant time. */
  open(key: SealKey, uid: Uint8Array, card: number, sealed: Uint8Array, mac: Uint8Array): Promise<boolean | "no-key">;
}
