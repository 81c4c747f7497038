import type { SerialLine } from "../hal/index.ts";
import { encodeFrames, FrameReader } from "../wire/index.ts";
import type { ManagementServer } from "./management/server.ts";
import type { LineCounts } from "./management/statistics-commands.ts";

/** Reads packets off the installer's line and answers them, one after the other. What is damaged gets no answer. */
export class LineService {
  private readonly line: SerialLine;
  private readonly server: ManagementServer;
  private readonly reader: FrameReader;
  private packets = 0;
  private dropped = 0;
  private ended = false;

  constructor(line: SerialLine, server: ManagementServer) {
    this.line = line;
    this.server = server;
    this.reader = new FrameReader(() => {
      this.dropped += 1;
    });
  }

  get counts(): LineCounts {
    return { packets: this.packets, dropped: this.dropped };
  }

  /** Serves until it is told to end, or the line is gone: a terminal without its line goes on selling. Rejects with what an answer threw. */
  async run(): Promise<void> {
    while (!this.ended) {
      const bytes = await this.line.receive().catch(() => null);
      if (bytes === null || this.ended) return;
      for (const packet of this.reader.push(bytes)) {
        this.packets += 1;
        for (const answer of await this.server.answer(packet)) {
          if (this.ended) return;
          await this.line.send(encodeFrames(answer)).catch(() => {});
        }
      }
    }
  }

  end(): void {
    this.ended = true;
  }
}
