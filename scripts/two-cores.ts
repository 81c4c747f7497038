import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../tests/boundaries/sources.ts";

/** What two processes of a script do in a second, together: each prints its own rate as the last line. Throws where one fails. */
export async function rateOnTwoCores(script: string): Promise<number> {
  const one = (number: number) =>
    new Promise<number>((resolve, reject) => {
      const words = ["--import", "tsx", join(ROOT, "scripts", script), String(number)];
      const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
      let out = "";
      child.stdout.on("data", (text: Buffer) => {
        out += text.toString();
      });
      child.on("close", (code) => {
        if (code === 0) resolve(Number(out.trim().split("\n").at(-1)));
        else reject(new Error(`${script} ended with ${code}`));
      });
    });
  const rates = await Promise.all([one(1), one(2)]);
  return rates.reduce((sum, rate) => sum + rate, 0);
}
