import { writtenReceipt } from "@cachet/firmware/counter";
import type {
  CounterPort,
  Receipt,
  ShopSettings,
  VisitReport,
  VisitRequest,
  WrittenReceipt,
} from "@cachet/firmware/hal";

/** The till side of a simulated terminal: requests in, screens, paper and reports out. */
export class SimTill implements CounterPort {
  /** Receipts printed since power-on, oldest first. */
  readonly receipts: WrittenReceipt[] = [];
  readonly screens: string[] = [];
  /** Whether to keep every screen and receipt. A long run keeps only the last of each. */
  readonly keepsAll: boolean;
  private readonly requests: VisitRequest[] = [];
  private waiting: ((request: VisitRequest) => void) | null = null;
  private listener: (report: VisitReport) => void = () => {};

  constructor(keepsAll: boolean) {
    this.keepsAll = keepsAll;
  }

  /** Asks the terminal for a visit; resolves with its report. */
  ask(request: VisitRequest): Promise<VisitReport> {
    return new Promise((resolve) => {
      this.listener = resolve;
      if (this.waiting === null) this.requests.push(request);
      else {
        this.waiting(request);
        this.waiting = null;
      }
    });
  }

  nextRequest(): Promise<VisitRequest> {
    const request = this.requests.shift();
    if (request !== undefined) return Promise.resolve(request);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  /** Somebody holds the service key down. */
  pressService: () => void = () => {};

  serviceKey(): Promise<void> {
    return new Promise((resolve) => {
      this.pressService = resolve;
    });
  }

  async show(line: string): Promise<void> {
    if (!this.keepsAll) this.screens.length = 0;
    this.screens.push(line);
  }

  async print(receipt: Receipt, { language }: ShopSettings): Promise<"printed" | "no-paper"> {
    if (!this.keepsAll) this.receipts.length = 0;
    this.receipts.push(writtenReceipt(receipt, language));
    return "printed";
  }

  async report(report: VisitReport): Promise<void> {
    this.listener(report);
  }
}
