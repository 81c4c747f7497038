import { ascii, type Chip, sameBytes } from "@cachet/card-layout";
import { onDisplay, pageOf, receiptText, swipeOfText } from "@cachet/firmware/counter";
import type { ByAccount, VisitReport, VisitRequest } from "@cachet/firmware/hal";
import type { CollectedBatch } from "@cachet/firmware/supervisor";
import { terminalName } from "@cachet/firmware/wire";
import type { AheadClock } from "../device/ahead-clock.ts";
import { type CardBox, CardFileDamaged } from "../device/card-box.ts";
import type { DeskTerminal } from "../device/desk-terminal.ts";
import type { NoiseRates } from "../device/line-noise.ts";
import type { Type2Chip } from "../device/type2-chip.ts";
import type { Step, StepOutcome, Wish } from "./step.ts";

/** The cable of a terminal, as far as somebody can reach it. */
export interface StageCable {
  /** Says where the port is now, where that changed. */
  set(to: "in" | "out" | "gone"): Promise<string | null>;
  disturb(rates: NoiseRates): void;
}

/** One terminal on the stage. */
export interface StageTerminal {
  readonly number: number;
  readonly terminal: DeskTerminal;
  readonly clock: AheadClock;
  /** Null for a terminal without a line. */
  readonly cable: StageCable | null;
}

/** What a stage needs of the host: cards are made and read by its own code. */
export interface StageParts {
  readonly terminals: readonly StageTerminal[];
  readonly cards: CardBox;
  /** Makes a personalised card, the `serial`th of this stage. Throws where it cannot be made. */
  readonly newCard: (chip: Chip, serial: number, areas: number) => Promise<Type2Chip>;
  /** What a card holds, in lines. Changes nothing on it. */
  readonly readCard: (card: Type2Chip) => Promise<readonly string[]>;
  /** Takes a batch in, and says what became of it; null where there is no office. */
  readonly office: ((batch: CollectedBatch) => Promise<string>) | null;
  /** The till's first number. */
  readonly firstVisit: number;
}

class Refused extends Error {}

/** A report in one line: what counts, and nothing that is zero. */
function reportText(report: VisitReport): string {
  const { result, reason, ticket, committed } = report;
  const amounts = (
    [
      ["earned", report.earnedCents],
      ["spent", report.spentCents],
      ["discount", report.discountCents],
      ["topped up", report.toppedUpCents],
      ["give back", report.giveBackCents],
      ["pay out", report.payOutCents ?? 0],
      ["to pay", report.payable],
    ] as const
  ).flatMap(([word, cents]) => (cents === 0 ? [] : [`${word} ${cents}`]));
  const parts = [
    ...(reason === undefined ? [] : [reason]),
    ...(ticket === undefined ? [] : [`ticket ${ticket}`]),
    ...(committed.length === 0 ? [] : [`committed ${committed.join(" ")}`]),
    ...amounts,
  ];
  return parts.length === 0 ? result : `${result}: ${parts.join(", ")}`;
}

/** Terminals and cards on a table, and somebody who does things with them, one after the other. */
export class Stage {
  private readonly parts: StageParts;
  private readonly before = new Map<string, Uint8Array>();
  private readonly rollBack = new Set<number>();
  private readonly reordered = new Set<number>();
  private readonly held = new Map<number, CollectedBatch>();
  private readonly collectedTo = new Map<number, number>();
  private lastVisit: number;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(parts: StageParts) {
    this.parts = parts;
    this.lastVisit = parts.firstVisit - 1;
  }

  /** Does one step once those before it are done. A step that cannot be done is refused with a sentence; only defects throw. */
  perform(step: Step): Promise<StepOutcome> {
    const done = this.turn.then(() => this.follow(step));
    this.turn = done.catch(() => {});
    return done;
  }

  private async follow(step: Step): Promise<StepOutcome> {
    try {
      return await this.dispatch(step);
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof CardFileDamaged)) throw error;
      return { ok: false, lines: [error.message], document: { refused: error.message } };
    }
  }

  private async dispatch(step: Step): Promise<StepOutcome> {
    switch (step.verb) {
      case "card":
        return this.make(step);
      case "tap":
        return this.tap(step);
      case "reprint":
      case "without-card":
        return this.printed(step);
      case "language":
        await this.on(step.terminal).terminal.setLanguage(step.to);
        return this.said(`language ${step.to}`);
      case "account":
      case "swipe":
      case "ticket":
        return this.without(step);
      case "lay":
        this.on(step.terminal).terminal.lay(this.card(step.card));
        return this.said(`${step.card} lies on the reader`);
      case "lift":
        this.at(step.terminal).terminal.lift();
        return this.said("nothing lies on the reader");
      case "keys":
      case "hold":
      case "take":
      case "scan":
        return this.counter(step);
      case "power":
        return this.power(step);
      case "cable":
        return this.cable(step);
      case "paper":
        this.at(step.terminal).terminal.hasPaper = step.to === "in";
        return this.said(`paper ${step.to}`);
      case "service":
        this.on(step.terminal).terminal.pressService();
        return this.said("service key held");
      case "clock":
        this.at(step.terminal).clock.set(step.utc);
        return this.said(`clock ${new Date(step.utc * 1_000).toISOString()}`);
      case "fault":
        return this.fault(step);
      case "collect":
        return this.collect(step.terminal);
      case "show": {
        const lines = await this.parts.readCard(this.card(step.card));
        return { ok: true, lines, document: { card: step.card, holds: lines } };
      }
      case "status":
        return this.status();
    }
  }

  private said(text: string): StepOutcome {
    return { ok: true, lines: [text], document: { said: text } };
  }

  private at(number: number): StageTerminal {
    const found = this.parts.terminals.find((one) => one.number === number);
    if (found === undefined) throw new Refused(`there is no terminal ${number}`);
    return found;
  }

  private on(number: number): StageTerminal {
    const found = this.at(number);
    if (!found.terminal.isOn) throw new Refused(`${terminalName(number)} is off`);
    return found;
  }

  private card(name: string): Type2Chip {
    const found = this.parts.cards.get(name);
    if (found === null) throw new Refused(`there is no card ${name}`);
    return found;
  }

  private async make({ name, chip, areas }: Extract<Step, { verb: "card" }>): Promise<StepOutcome> {
    const { cards, newCard, readCard } = this.parts;
    if (cards.get(name) !== null) throw new Refused(`there is a card ${name} already`);
    const card = await newCard(chip, cards.names().length + 1, areas);
    cards.put(name, card);
    const lines = await readCard(card);
    return { ok: true, lines, document: { card: name, holds: lines } };
  }

  private requestOf(wish: Wish, again: boolean): VisitRequest {
    if (!again) this.lastVisit += 1;
    return { ...wish, visit: this.lastVisit };
  }

  private async tap(step: Extract<Step, { verb: "tap" }>): Promise<StepOutcome> {
    const { terminal } = this.on(step.terminal);
    const card = this.card(step.card);
    if (terminal.running.imageFault !== null) throw new Refused("no image runs on it");
    const earlier = this.before.get(step.card);
    const rolledBack = this.rollBack.delete(step.terminal);
    if (rolledBack && earlier === undefined) throw new Refused(`${step.card} has had no visit to go back to`);
    if (rolledBack) card.restore(earlier!);
    const dump = card.dump();
    const answer = await terminal.visit(this.requestOf(step.wish, step.again), card, () =>
      step.returns ? card : null,
    );
    const left = terminal.faults.forget();
    // A visit that changed nothing leaves nothing to go back to.
    if (!sameBytes(dump, card.dump())) this.before.set(step.card, dump);
    this.parts.cards.put(step.card, card);
    return this.told(terminal, answer, left);
  }

  /** A visit for which no card is tapped. */
  private async without(step: Extract<Step, { verb: "account" | "swipe" | "ticket" }>): Promise<StepOutcome> {
    const { terminal } = this.on(step.terminal);
    if (terminal.running.imageFault !== null) throw new Refused("no image runs on it");
    const { wish } = step;
    const request = this.requestOf(wish.kind === "refund" ? wish : { ...wish, by: this.whose(step) }, step.again);
    const answer = await terminal.visit(request, null);
    return this.told(terminal, answer, terminal.faults.forget());
  }

  private whose({ verb, text }: { readonly verb: "account" | "swipe" | "ticket"; readonly text: string }): ByAccount {
    if (verb === "ticket") return { ticket: text === "new" ? "" : text };
    return { account: verb === "account" ? Number(text) : this.swiped(text) };
  }

  /** The account that a stripe names, read as the terminal's own reader does. */
  private swiped(track: string): number {
    const swipe = swipeOfText(ascii(track));
    if (swipe.kind === "account") return swipe.number;
    if (swipe.kind === "bank-card")
      throw new Refused("that is a bank card: nothing of it is kept; swipe a loyalty card");
    throw new Refused(`the stripe is unreadable (${swipe.why}): swipe it again, or key the number with account`);
  }

  /** What became of a request, with what came out of the printer. */
  private told(
    terminal: DeskTerminal,
    answer: VisitReport | { readonly stopped: string },
    faultLeft: boolean,
  ): StepOutcome {
    const lines = [
      "stopped" in answer ? `stopped: ${answer.stopped}` : reportText(answer),
      ...(faultLeft ? ["the fault did not happen: the visit was over before"] : []),
    ];
    const report = "stopped" in answer ? { stopped: answer.stopped } : { report: answer };
    const slips = terminal.slips.map((slip) => receiptText(slip));
    const code = terminal.slips.flat().findLast((one) => one.line === "code")?.text;
    return {
      ok: true,
      lines,
      document: {
        ...report,
        slips,
        receipts: terminal.slips,
        ...(code === undefined ? {} : { code }),
        ...(faultLeft ? { fault_left: true } : {}),
      },
    };
  }

  /** Something that is printed without a card. */
  private async printed({ terminal: number, wish }: Extract<Step, { verb: "reprint" | "without-card" }>) {
    const { terminal } = this.on(number);
    if (terminal.running.imageFault !== null) throw new Refused("no image runs on it");
    const answer = await terminal.visit(this.requestOf(wish, false), null);
    return this.told(terminal, answer, false);
  }

  /** Somebody does something at the counter; gives the screen that it leads to. */
  private async counter(step: Extract<Step, { verb: "keys" | "hold" | "take" | "scan" }>): Promise<StepOutcome> {
    const { terminal } = this.on(step.terminal);
    const card = step.verb === "hold" ? this.card(step.card) : null;
    if (step.verb === "hold") terminal.hold(card!);
    if (step.verb === "take") terminal.take();
    if (step.verb === "scan") terminal.counter.scan(step.text);
    for (const key of step.verb === "keys" ? step.keys : []) {
      terminal.counter.press(key);
      await terminal.settled();
    }
    await terminal.settled();
    if (step.verb === "hold") this.parts.cards.put(step.card, card!);
    const { screen, settings } = terminal.counter;
    const rows = onDisplay(pageOf(screen, settings.language), "4x20").rows.map((row) => row.trimEnd());
    return { ok: true, lines: rows.filter((row) => row !== ""), document: { screen: rows } };
  }

  private async power({ terminal: number, to }: Extract<Step, { verb: "power" }>): Promise<StepOutcome> {
    const { terminal } = this.at(number);
    if (to !== "on") terminal.powerOff(to === "off" ? "power off" : "power cut");
    if (to === "off") return this.said("off");
    const isOn = await terminal.powerOn();
    return { ok: isOn, lines: [isOn ? "on" : "it does not start"], document: { on: isOn } };
  }

  private async cable({ terminal, to }: Extract<Step, { verb: "cable" }>): Promise<StepOutcome> {
    const { cable } = this.at(terminal);
    if (cable === null) throw new Refused("this terminal has no line: cables are for `sim start`");
    const serial = await cable.set(to);
    return {
      ok: true,
      lines: [`cable ${to}${serial === null ? "" : `: ${serial}`}`],
      document: { cable: to, ...(serial === null ? {} : { serial }) },
    };
  }

  private fault({ terminal: number, fault, name }: Extract<Step, { verb: "fault" }>): StepOutcome {
    const { terminal, clock, cable } = this.at(number);
    switch (fault.what) {
      case "tear":
      case "power":
        terminal.faults.plan(fault);
        break;
      case "clock":
        clock.lose(0);
        break;
      case "printer":
        terminal.hasPaper = false;
        break;
      case "flash":
        terminal.faults.isFull = true;
        break;
      case "rollback":
        this.rollBack.add(number);
        break;
      case "reorder":
        if (this.parts.office === null) throw new Refused("there is no office here to bring batches to");
        this.reordered.add(number);
        break;
      case "serial":
        if (cable === null) throw new Refused("this terminal has no line: serial faults are for `sim start`");
        cable.disturb(fault.rates);
        break;
      case "bank":
        throw new Refused("the simulator has no bank terminal yet");
    }
    return this.said(name);
  }

  private async collect(number: number): Promise<StepOutcome> {
    const { terminal } = this.on(number);
    const { office } = this.parts;
    if (office === null) throw new Refused("there is no office here; collect over the line: cachet terminal collect");
    const first = (this.collectedTo.get(number) ?? 0) + 1;
    const { running } = terminal;
    if (first > running.entryCount) return this.said("nothing to collect");
    const batch = running.collect(first);
    this.collectedTo.set(number, batch.last);
    if (this.reordered.delete(number)) {
      this.held.set(number, batch);
      return this.said(`${batch.name}: on its way, behind the next`);
    }
    const held = this.held.get(number);
    this.held.delete(number);
    const lines: string[] = [];
    for (const one of held === undefined ? [batch] : [batch, held]) lines.push(`${one.name}: ${await office(one)}`);
    return { ok: true, lines, document: { batches: lines } };
  }

  private status(): StepOutcome {
    const terminals = this.parts.terminals.map(({ number, terminal, clock }) => ({
      terminal: number,
      on: terminal.isOn,
      clock: new Date(clock.now().utc * 1_000).toISOString(),
      entries: terminal.isOn ? terminal.running.entryCount : null,
    }));
    const cards = this.parts.cards.names();
    const lines = terminals.map(
      ({ terminal, on, clock, entries }) =>
        `${terminalName(terminal)} ${on ? `on, ${entries} journal entries` : "off"}, ${clock}`,
    );
    return { ok: true, lines: [...lines, `cards: ${cards.join(" ") || "none"}`], document: { terminals, cards } };
  }
}
