// Where a thread of `thread.ts` starts: plain JavaScript, which makes TypeScript readable first.
import { parentPort, workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
const { answer } = await import(workerData);
parentPort.postMessage({ id: 0 });
parentPort.on("message", ({ id, asked }) => {
  try {
    const { given, transfer } = answer(asked);
    parentPort.postMessage({ id, given }, transfer);
  } catch (error) {
    parentPort.postMessage({ id, error });
  }
});
