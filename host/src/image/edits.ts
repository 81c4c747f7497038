/** Changes of a text, told in the order in which it is read through. */
export class Edits {
  private readonly all: { readonly from: number; readonly to: number; readonly text: string }[] = [];

  /** At the same place, what is put in first stands first. */
  put(at: number, text: string): void {
    this.replace(at, at, text);
  }

  replace(from: number, to: number, text: string): void {
    this.all.push({ from, to, text });
  }

  applied(source: string): string {
    const inOrder = [...this.all].sort((a, b) => a.from - b.from);
    const parts: string[] = [];
    let at = 0;
    for (const { from, to, text } of inOrder) {
      parts.push(source.slice(at, from), text);
      at = to;
    }
    return [...parts, source.slice(at)].join("");
  }
}
