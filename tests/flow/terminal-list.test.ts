import { afterEach, describe, expect, it } from "vitest";
import { Cable } from "../fixtures/cable.ts";
import { Desk } from "../fixtures/installer-desk.ts";
import { Laptop } from "../fixtures/terminal-bench.ts";

let laptop: Laptop;
afterEach(() => laptop.dispose());

/** Two terminals, a receiver of satellites that chatters, an Ingenico that says nothing, a port that is taken and one without rights. */
async function table() {
  const first = await Desk.set({ number: 42, name: "BOULANGERIE MARTIN" });
  laptop = new Laptop(first.clock);
  const second = await Desk.set({ number: 43, name: "CAFÉ DU PORT", merchant: 2, isOpen: false, clock: first.clock });
  const [chatter, mute] = [new Cable(() => first.clock.stir()), new Cable(() => first.clock.stir())];
  laptop.plug("/dev/ttyUSB0", first.cable, {
    manufacturer: "FTDI",
    serialNumber: "A9XK21",
    stableId: "usb-FTDI-A9XK21",
  });
  laptop.plug("/dev/ttyUSB1", second.cable, { manufacturer: "FTDI", serialNumber: "A9XK22" });
  laptop.plug("/dev/ttyACM0", mute, { manufacturer: "Ingenico", serialNumber: "Desk/5000" });
  laptop.plug("/dev/ttyACM1", chatter, { vendorId: "1546", productId: "01a7" });
  laptop.plug("/dev/ttyUSB2", "busy");
  laptop.plug("/dev/ttyUSB3", "denied");
  return { first, second, chatter, mute };
}

describe("cachet terminal list", () => {
  it("names terminals and what is none, and asks each port one short question", async () => {
    const { first, mute, chatter } = await table();
    const nmea = setInterval(() => chatter.terminal.send(new TextEncoder().encode("$GPRMC,101010\n")), 1);
    const { exit, out } = await laptop.run("list");
    clearInterval(nmea);
    expect(exit).toBe(0);
    const rows = out.split("\n").map((row) => row.split(/ {2,}/));
    expect(rows).toContainEqual([
      "ttyUSB0",
      "FTDI A9XK21",
      "Cachet R2",
      "T-0042",
      "BOULANGERIE MARTIN",
      "programme 11 v1, programme 20 v1",
    ]);
    expect(rows).toContainEqual(["ttyUSB1", "FTDI A9XK22", "Cachet R2", "T-0043", "CAFÉ DU PORT", "image 1.0.0"]);
    expect(rows).toContainEqual(["ttyACM0", "Ingenico Desk/5000", "(no answer: not ours, or off)"]);
    expect(rows).toContainEqual(["ttyACM1", "USB 1546:01a7", expect.stringMatching(/not ours/)]);
    expect(rows).toContainEqual(["ttyUSB2", "-", "another program has it open"]);
    expect(out).toMatch(/ttyUSB3 .*dialout/);
    // One packet of one line, and silence after it.
    for (const stranger of [mute, chatter]) expect(stranger.sent["to-terminal"]).toBeLessThan(40);
    expect(first.seen.get("66/read/0")).toBe(1);
  });

  it("says the same as JSON", async () => {
    await table();
    const { ports } = JSON.parse((await laptop.run("list", "--json")).out);
    expect(ports).toHaveLength(6);
    expect(ports[0]).toMatchObject({
      port: "/dev/ttyUSB0",
      stable_id: "usb-FTDI-A9XK21",
      ours: true,
      terminal: "T-0042",
      version: "1.0.0",
    });
    expect(ports[4]).toMatchObject({ port: "/dev/ttyUSB2", ours: false, answer: "busy" });
  });
});

describe("which terminal", () => {
  it("refuses to choose among several, and takes a path, a stable id or the end of a path", async () => {
    const { first } = await table();
    const several = await laptop.run("info");
    expect([several.exit, several.failure?.code]).toEqual([1, "C-LINK-07"]);
    expect(several.err).toContain("--port /dev/ttyUSB0  (T-0042)");
    expect(several.err).toContain("--port /dev/ttyUSB1  (T-0043)");
    for (const port of ["/dev/ttyUSB0", "usb-FTDI-A9XK21", "ttyUSB0"]) {
      const { exit, out, err } = await laptop.run("info", "--port", port);
      expect(exit, err).toBe(0);
      expect(out).toContain("T-0042, model R2, serial R2-00042");
      expect(err).toContain("terminal T-0042 on /dev/ttyUSB0");
    }
    expect(first.cable.isPlugged).toBe(false);
  });

  it("names ports as --port takes them: a bare number is no name", async () => {
    const { cable, clock } = await Desk.set({ number: 42 });
    laptop = new Laptop(clock);
    laptop.plug("/dev/pts/3", cable);
    const [name = ""] = (await laptop.run("list")).out.split(" ");
    expect(name).toBe("/dev/pts/3");
    expect((await laptop.run("info", "--port", name)).exit).toBe(0);
  });

  it("uses the only one there is", async () => {
    const desk = await Desk.set();
    laptop = new Laptop(desk.clock);
    laptop.plug("/dev/ttyUSB0", desk.cable);
    laptop.plug("/dev/ttyUSB7", new Cable());
    const { exit, out } = await laptop.run("info", "--json");
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      port: "/dev/ttyUSB0",
      terminal: "T-0042",
      app: "healthy",
      running: { version: "1.0.0", confirmed: true },
      drift_seconds: 0,
      journal: { first: 1, last: 1, waiting: 1, capacity: 50_000 },
    });
  });

  it.each([
    ["/dev/ttyUSB9", "C-LINK-01", 3, "there is no port /dev/ttyUSB9"],
    ["nonesuch", "C-LINK-01", 3, "there are: /dev/ttyUSB0 (usb-FTDI-A9XK21)"],
    ["/dev/ttyUSB3", "C-LINK-05", 1, "sudo usermod -aG dialout $USER"],
    ["/dev/ttyUSB2", "C-LINK-06", 1, "ModemManager (process 812) has /dev/ttyUSB2 open"],
    ["/dev/ttyACM0", "C-LINK-02", 3, "the terminal on /dev/ttyACM0 did not answer"],
  ])("%s: %s", async (port, code, exit, words) => {
    await table();
    laptop.holder = { pid: 812, name: "ModemManager" };
    const ended = await laptop.run("info", "--port", port);
    expect([ended.failure?.code, ended.exit]).toEqual([code, exit]);
    expect(ended.err).toContain(words);
    expect(ended.err).toMatch(/\n {2}State: .+\n {2}Next: {2}.+/);
  });

  it("says the sentence about rights in French where the screens are", async () => {
    await table();
    laptop.lang = "fr";
    const { err } = await laptop.run("info", "--port", "/dev/ttyUSB3");
    expect(err).toContain("ajoutez-vous au groupe dialout : sudo usermod -aG dialout $USER, puis reconnectez-vous");
  });

  it("shows the bytes of a line that runs at another speed", async () => {
    const { mute } = await table();
    const chatter = setInterval(() => mute.terminal.send(Uint8Array.of(0xfe, 0x80, 0x0c)), 1);
    const ended = await laptop.run("info", "--port", "/dev/ttyACM0");
    clearInterval(chatter);
    expect([ended.failure?.code, ended.exit]).toEqual(["C-LINK-04", 3]);
    expect(ended.err).toMatch(/last bytes: .*fe 80 0c/);
  });
});
