import { Chance } from "../device/chance.ts";
import { Counts } from "./counts.ts";
import { Lists } from "./lists.ts";
import type { Received, WorldOffice } from "./office.ts";
import { Post, type Sent } from "./post.ts";
import type { Promises } from "./promises.ts";
import type { Street } from "./street.ts";
import type { Troubles } from "./troubles.ts";
import type { Witness } from "./witness.ts";

/** Who takes part in a collection. */
export interface CollectionParts {
  readonly seed: number;
  readonly office: Pick<WorldOffice, "receive" | "importedTo">;
  readonly street: Street;
  readonly troubles: Troubles;
  readonly witness: Witness;
  readonly promises: Promises;
}

/** The way of journals from terminals to the office. */
export class Collection {
  readonly post: Post;
  readonly batches = new Counts();
  /** Every batch that the office took as new. */
  readonly taken: Sent[] = [];
  /** The last entry of each terminal that is imported. */
  importedTo: ReadonlyMap<number, number> = new Map();
  readonly lists = new Lists();
  private readonly parts: CollectionParts;
  private readonly sentTo = new Map<number, number>();
  private readonly accepted: Sent[] = [];

  constructor(parts: CollectionParts) {
    this.parts = parts;
    this.post = new Post(new Chance(parts.seed ^ 0xba7c4), parts.troubles.has("batches"));
  }

  /** Gives a batch to the office, whoever made it. `at` in UTC seconds. */
  async give(batch: Sent, at: number): Promise<Received> {
    const received = await this.parts.office.receive(batch, at);
    this.batches.add(received.status);
    if (received.status !== "accepted") return received;
    this.accepted.push(batch);
    this.taken.push(batch);
    return received;
  }

  /** Gives a terminal's batch, just as it was sealed: it is never set aside, unless the terminal was stolen meanwhile. */
  private async bring(batch: Sent, at: number): Promise<void> {
    const { status, said } = await this.give(batch, at);
    const isKept = this.parts.street.kept.some(({ facts }) => facts.terminal === batch.terminal);
    if (status === "quarantined" && isKept) this.parts.promises.breaks(`${batch.name} is set aside: ${said}`);
  }

  /** The first entry to collect: what the office misses, or where it is not asked, what was not collected before. */
  private collectsFrom(terminal: number, isCalm: boolean): number {
    const { troubles } = this.parts;
    const missing = (this.importedTo.get(terminal) ?? 0) + 1;
    const isAsked = isCalm || !troubles.has("batches") || troubles.chance.happens(1, 3);
    return isAsked ? missing : Math.max(missing, (this.sentTo.get(terminal) ?? 0) + 1);
  }

  /**
   * Brings what terminals have kept to the office on the evening of a day; the witness hears it in any case. `isCalm`: nothing goes wrong
   * on the way, and what was on its way arrives.
   */
  async collect(day: number, at: number, isCalm: boolean): Promise<void> {
    const { lists } = this;
    const { street, witness, office, promises } = this.parts;
    for (const one of street.kept) {
      const terminal = await street.quiet(one);
      const isVisited = isCalm || !street.isSilent(street.all.indexOf(one), day);
      if (isVisited) await lists.bring(terminal);
      const { terminal: number } = terminal.facts;
      const [unheard, last] = [witness.nextOf(number), terminal.entryCount];
      const from = this.collectsFrom(number, isCalm);
      const batch = from <= last ? { ...terminal.collect(from), terminal: number } : null;
      if (unheard <= last) witness.hear(number, (unheard === from ? batch! : terminal.collect(unheard)).file);
      if (batch === null || !isVisited) continue;
      if (isCalm) await this.bring(batch, at);
      else this.post.send(batch, day);
      this.sentTo.set(number, last);
    }
    for (const batch of this.post.arrivals(isCalm ? Number.POSITIVE_INFINITY : day)) await this.bring(batch, at);
    this.importedTo = await office.importedTo();
    for (const { name, terminal, last } of this.accepted.splice(0))
      if ((this.importedTo.get(terminal) ?? 0) < last) promises.breaks(`${name} was accepted, and is not imported`);
  }
}
