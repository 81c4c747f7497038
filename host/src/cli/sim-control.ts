import { chmodSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** What a line of words became: one JSON document. */
export type Command = (line: string) => Promise<Readonly<Record<string, unknown>>>;

/** Longer paths of sockets are refused by the system (sun_path, unix(7)). */
const PATH_MAX = 107;
const LINE_MAX = 4_096;

/** Where a simulator in this folder can be told what to do. */
export const controlPath = (folder: string): string => join(folder, "control");

/** Follows lines of words, one after the other, each answered by a line of JSON. */
async function follow(input: Readable, command: Command, answer: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    if (line.length > LINE_MAX) answer(JSON.stringify({ ok: false, refused: "too long a line" }));
    else answer(JSON.stringify(await command(line)));
  }
}

/** Follows what is typed. */
export function followTyped(input: Readable, command: Command, answer: (line: string) => void): void {
  // Whoever started the simulator without anything to read from can use the socket.
  follow(input, command, answer).catch(() => {});
}

/** Opens the socket in a folder; null where its path is too long for the system. Gives what closes it. */
export function openControl(folder: string, command: Command): Promise<(() => void) | null> {
  const path = controlPath(folder);
  if (Buffer.byteLength(path) > PATH_MAX) return Promise.resolve(null);
  // The lock of the folder is ours: a socket that lies there was left behind.
  rmSync(path, { force: true });
  const clients = new Set<Socket>();
  const server: Server = createServer((socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    socket.on("error", () => {});
    follow(socket, command, (line) => socket.write(`${line}\n`)).catch(() => {});
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(() => {
        for (const client of clients) client.end();
        server.close();
      });
    });
  });
}

/** Tells the simulator in a folder one line; gives its answer, or null where none runs there. */
export function tellControl(folder: string, line: string): Promise<Readonly<Record<string, unknown>> | null> {
  return new Promise((resolve) => {
    const socket = createConnection(controlPath(folder));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("error", () => resolve(null));
    socket.on("data", (text: string) => {
      answer += text;
      if (answer.includes("\n")) socket.end();
    });
    socket.on("close", () => {
      try {
        resolve(JSON.parse(answer) as Readonly<Record<string, unknown>>);
      } catch {
        resolve(null);
      }
    });
    socket.write(`${line}\n`);
  });
}
