import {
  commitSettings,
  deleteSetting,
  loadSettings,
  readSetting,
  refused,
  saveSettings,
  terminalName,
  utf8Encode,
  writeSetting,
} from "../../wire/index.ts";
import type { Settings } from "../settings.ts";
import type { Managed } from "./managed.ts";
import type { ManagementServer } from "./server.ts";

/** What can be read by name and never be set over the line. */
function fixed({ hardware, facts, version, slots }: Managed): ReadonlyMap<string, string> {
  return new Map([
    ["terminal/model", hardware.model],
    ["terminal/serial", hardware.serial],
    ["terminal/version", version],
    ["terminal/name", facts === null ? "" : terminalName(facts.terminal)],
    ["terminal/merchant", facts === null ? "" : String(facts.merchant)],
    ["terminal/production", String(facts?.production ?? false)],
    ["image/counter", String(slots.securityCounter)],
  ]);
}

/** Group 3. */
export function serveSettings(server: ManagementServer, managed: Managed, settings: Settings): void {
  const facts = () => fixed(managed);
  server.serve(readSetting, ({ name, maxSize }) => {
    const told = facts().get(name);
    const val = told === undefined ? settings.read(name) : utf8Encode(told);
    if (val === null) return refused("not-found", `no setting ${name}`);
    if (maxSize === undefined || val.length <= maxSize) return { val };
    return { val: val.slice(0, maxSize), maxSize: val.length };
  });
  server.serve(writeSetting, async ({ name, val, save = false }) => {
    if (name !== undefined && val !== undefined) {
      if (facts().has(name)) return refused("not-writable", `${name} is fixed`);
      const done = settings.write(name, val);
      if (done === "not-found") return refused("not-found", `no setting ${name}`);
      if (done === "bad-value") return refused("invalid-value", `not a value of ${name}`);
    } else if (!save) return refused("invalid-value", "neither a name with a value nor save");
    if (save) await settings.save();
    return {};
  });
  server.serve(deleteSetting, ({ name }) => {
    if (facts().has(name)) return refused("not-writable", `${name} is fixed`);
    return settings.remove(name) === "removed" ? {} : refused("not-found", `no setting ${name}`);
  });
  server.serve(commitSettings, () => ({}));
  server.serve(loadSettings, () => {
    settings.forget();
    return {};
  });
  server.serve(saveSettings, async () => {
    await settings.save();
    return {};
  });
}
