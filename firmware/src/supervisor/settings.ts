import { sameBytes } from "@cachet/card-layout";
import type { Language, ShopSettings, StoredFile } from "../hal/index.ts";
import {
  bstrUpTo,
  COUNTRIES,
  type Country,
  decodeCbor,
  encodeCbor,
  isFormatError,
  key,
  list,
  map,
  text,
  utf8Decode,
  utf8Encode,
} from "../wire/index.ts";

const Stored = map({ settings: key(1, list(map({ name: key(1, text(64)), value: key(2, bstrUpTo(256)) }), 32)) });

/** What may be set, and which values it takes; the first is the usual one. Nothing here touches keys, value or who may do what. */
const KNOWN: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  "shop/language": ["fr", "en"],
  "shop/beep": ["on", "off"],
  "shop/paper": ["48", "32"],
  "shop/country": COUNTRIES,
  "shop/collect": ["off", "on"],
  "shop/closing": ["off", /^([01]\d|2[0-3]):[0-5]\d$/],
};

const onOff = (isOn: boolean | undefined): string | undefined => (isOn === undefined ? undefined : isOn ? "on" : "off");
const two = (value: number): string => String(value).padStart(2, "0");
const hourText = (minute: number | null): string =>
  minute === null ? "off" : `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
const minuteOf = (hour: string): number | null =>
  hour === "off" ? null : Number(hour.slice(0, 2)) * 60 + Number(hour.slice(3));

function decode(bytes: Uint8Array): Map<string, Uint8Array> {
  if (bytes.length === 0) return new Map();
  try {
    return new Map(Stored.decode(decodeCbor(bytes), "settings").settings.map(({ name, value }) => [name, value]));
  } catch (error) {
    // Settings that are lost fall back to the usual ones: nothing of value is among them.
    if (isFormatError(error)) return new Map();
    throw error;
  }
}

/** The shop's settings: written ones hold at once, and over a start once they are saved. */
export class Settings {
  private readonly file: StoredFile;
  private saved: ReadonlyMap<string, Uint8Array>;
  private written: Map<string, Uint8Array>;

  private constructor(file: StoredFile, saved: Map<string, Uint8Array>) {
    this.file = file;
    this.saved = saved;
    this.written = new Map(saved);
  }

  static async load(file: StoredFile): Promise<Settings> {
    return new Settings(file, decode(await file.read()));
  }

  private valueOf(name: keyof typeof KNOWN): string {
    return utf8Decode(this.read(name)!)!;
  }

  /** What holds now, as the app is told. */
  get ofShop(): ShopSettings {
    return {
      language: this.valueOf("shop/language") as Language,
      beep: this.valueOf("shop/beep") === "on",
      paper: this.valueOf("shop/paper") === "32" ? 32 : 48,
      collect: this.valueOf("shop/collect") === "on",
      closing: minuteOf(this.valueOf("shop/closing")),
    };
  }

  /** Where the shop is: how phone numbers are written there. */
  get country(): Country {
    return this.valueOf("shop/country") as Country;
  }

  /** Writes and saves what somebody set at the counter. */
  async keepShop({ language, beep, paper, collect, closing }: Partial<ShopSettings>): Promise<void> {
    const values = {
      "shop/language": language,
      "shop/beep": onOff(beep),
      "shop/paper": paper === undefined ? undefined : String(paper),
      "shop/collect": onOff(collect),
      "shop/closing": closing === undefined ? undefined : hourText(closing),
    };
    for (const [name, value] of Object.entries(values)) if (value !== undefined) this.write(name, utf8Encode(value));
    await this.save();
  }

  /** Null where there is no such setting. */
  read(name: string): Uint8Array | null {
    const values = Object.hasOwn(KNOWN, name) ? KNOWN[name]! : null;
    return values === null ? null : (this.written.get(name) ?? utf8Encode(String(values[0])));
  }

  write(name: string, value: Uint8Array): "written" | "not-found" | "bad-value" {
    if (!Object.hasOwn(KNOWN, name)) return "not-found";
    const said = utf8Decode(value) ?? "";
    const fits = (known: string | RegExp) => (typeof known === "string" ? known === said : known.test(said));
    if (!KNOWN[name]!.some(fits)) return "bad-value";
    this.written.set(name, value);
    return "written";
  }

  /** The usual value again. */
  remove(name: string): "removed" | "not-found" {
    if (!Object.hasOwn(KNOWN, name)) return "not-found";
    this.written.delete(name);
    return "removed";
  }

  /** Forgets what was not saved. */
  forget(): void {
    this.written = new Map(this.saved);
  }

  async save(): Promise<void> {
    const settings = [...this.written].map(([name, value]) => ({ name, value }));
    const bytes = encodeCbor(Stored.encode({ settings }));
    if (!sameBytes(bytes, await this.file.read())) await this.file.replace(bytes);
    this.saved = new Map(this.written);
  }
}
