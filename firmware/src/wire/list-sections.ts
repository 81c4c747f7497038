import { CREDIT_BYTES_MAX } from "./credit.ts";
import { SHA256_BYTES } from "./crypto.ts";
import { CARD_MAX } from "./effect.ts";
import { bytesColumn, countedColumn, uintColumn, wordColumn } from "./list-column.ts";
import { type Rows, rowsOf, type Table, table } from "./list-table.ts";
import { type Decoded, map, maybe } from "./schema.ts";

/** Most rows of each section, in one list and in what a terminal holds. */
export const LIST_LIMITS = {
  blocked: 20_000,
  credits: 10_000,
  balances: 20_000,
  ceilings: 20_000,
  imported: 2_000,
  phones: 20_000,
  revokedGenerations: 1_000,
  revokedKeys: 2_000,
} as const;
/** A phone number's keyed hash: HMAC-SHA-256 under the merchant's list key, its first bytes. */
export const PHONE_HASH_BYTES = 16;

/** Why a card is blocked. */
export const BLOCK_REASONS = { lost: 1, stolen: 2, cloned: 3, replaced: 4, other: 5 } as const;
export type BlockReason = keyof typeof BLOCK_REASONS;

const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;
const card = uintColumn(7, 0, CARD_MAX);
const programme = uintColumn(2, 1, U16_MAX);
const terminal = uintColumn(2, 0, U16_MAX);
const merchant = uintColumn(2, 0, U16_MAX);
/** A purse by its head byte on cards (card-layout, record/purse.ts): kind << 3 | index. */
const purse = uintColumn(1, 8, 0xff);
/** Cents or stamps, as the purse counts. */
const amount = uintColumn(4, 0, U32_MAX);

/**
 * What a list says, section by section. Columns before the bar are the key.
 *
 *   blocked             card 7 | reason 1
 *   credits             card 7, programme 2, number 2 | size 1 and body     open credits, consecutive for a card and programme
 *   balances            account 7, programme 2, purse 1 | balance 4         of accounts without a chip, as of `imported`
 *   ceilings            account 7, programme 2, purse 1, terminal 2 | 4     most that this terminal ever lets the account spend, in all
 *   imported            terminal 2 | entry 4                                last entry of each terminal that this list knows of
 *   phones              merchant 2, keyed hash 16 | card 7
 *   revokedGenerations  role 1 (1 identity, 2 area), issuer or programme 2, generation 1
 *   revokedKeys         SHA-256 key id 32                                   installer keys, certificates, image keys
 */
export const SECTIONS = {
  blocked: table("blocked", LIST_LIMITS.blocked, { card }, { reason: wordColumn(BLOCK_REASONS) }),
  credits: table(
    "credits",
    LIST_LIMITS.credits,
    { card, programme, number: uintColumn(2, 1, U16_MAX) },
    { body: countedColumn(CREDIT_BYTES_MAX) },
  ),
  balances: table("balances", LIST_LIMITS.balances, { account: card, programme, purse }, { balance: amount }),
  ceilings: table("ceilings", LIST_LIMITS.ceilings, { account: card, programme, purse, terminal }, { ceiling: amount }),
  imported: table("imported", LIST_LIMITS.imported, { terminal }, { entry: uintColumn(4, 1, U32_MAX) }),
  phones: table("phones", LIST_LIMITS.phones, { merchant, hash: bytesColumn(PHONE_HASH_BYTES) }, { card }),
  revokedGenerations: table(
    "revokedGenerations",
    LIST_LIMITS.revokedGenerations,
    {
      role: wordColumn({ identity: 1, area: 2 }),
      number: uintColumn(2, 0, U16_MAX),
      generation: uintColumn(1, 1, 0xff),
    },
    {},
  ),
  revokedKeys: table("revokedKeys", LIST_LIMITS.revokedKeys, { key: bytesColumn(SHA256_BYTES) }, {}),
} as const;

export type Section = keyof typeof SECTIONS;
export const SECTION_NAMES = Object.keys(SECTIONS) as readonly Section[];
/** One row of a section, as values. */
export type SectionRow<S extends Section> = (typeof SECTIONS)[S] extends Table<infer _, infer Row> ? Row : never;
type KeyOf<S extends Section> = (typeof SECTIONS)[S] extends Table<infer Key, infer _> ? Key : never;

/** Every section, empty ones too. */
export type Sections = { readonly [S in Section]: Rows<KeyOf<S>, SectionRow<S>> };

/** Rows by section; a section without rows is left out. */
export const PutRows = map({
  blocked: maybe(1, rowsOf(SECTIONS.blocked)),
  credits: maybe(2, rowsOf(SECTIONS.credits)),
  balances: maybe(3, rowsOf(SECTIONS.balances)),
  ceilings: maybe(4, rowsOf(SECTIONS.ceilings)),
  imported: maybe(5, rowsOf(SECTIONS.imported)),
  phones: maybe(6, rowsOf(SECTIONS.phones)),
  revokedGenerations: maybe(7, rowsOf(SECTIONS.revokedGenerations)),
  revokedKeys: maybe(8, rowsOf(SECTIONS.revokedKeys)),
});
export type PutRows = Decoded<typeof PutRows>;

/** Keys of rows that a delta removes, by section. What is revoked stays revoked: those sections have none. */
export const RemovedRows = map({
  blocked: maybe(1, rowsOf(SECTIONS.blocked.keys())),
  credits: maybe(2, rowsOf(SECTIONS.credits.keys())),
  balances: maybe(3, rowsOf(SECTIONS.balances.keys())),
  ceilings: maybe(4, rowsOf(SECTIONS.ceilings.keys())),
  imported: maybe(5, rowsOf(SECTIONS.imported.keys())),
  phones: maybe(6, rowsOf(SECTIONS.phones.keys())),
});
export type RemovedRows = Decoded<typeof RemovedRows>;
