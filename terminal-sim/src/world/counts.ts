/** Counts by name. */
export class Counts {
  readonly all: Record<string, number> = {};

  add(name: string): void {
    this.all[name] = (this.all[name] ?? 0) + 1;
  }
}
