import { describe, expect, it } from "vitest";
import { problemIn } from "./serial-port.ts";

describe("sentences of the package serialport", () => {
  it.each([
    ["Error: Permission denied, cannot open /dev/ttyUSB0", "denied"],
    ["Opening COM3: Access denied", "denied"],
    ["Error Resource temporarily unavailable Cannot lock port", "busy"],
    ["Error: Device or resource busy, cannot open /dev/ttyUSB0", "busy"],
    ["Error: No such file or directory, cannot open /dev/nope", "absent"],
    ["Opening COM9: File not found", "absent"],
    ["Error: Inappropriate ioctl for device setting custom baud rate of 115200", "not-serial"],
    ["Error: Input/output error, cannot open /dev/ttyS4", "failed"],
  ])("%s: %s", (sentence, problem) => expect(problemIn(sentence)).toBe(problem));
});
