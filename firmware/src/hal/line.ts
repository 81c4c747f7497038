/** The installer's line: a byte stream in both directions that may lose, change and add bytes. */
export interface SerialLine {
  /** Bytes as they came, at least one; waits until there are some. Rejects once the line is gone for good. */
  receive(): Promise<Uint8Array>;
  /** Hands bytes to the line, in order; resolves once they are on their way. A line that nobody listens to takes them all the same. */
  send(bytes: Uint8Array): Promise<void>;
}
