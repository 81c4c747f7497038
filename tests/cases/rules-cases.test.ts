import type { Sandbox } from "@cachet/firmware/hal";
import { loadQuickJs, newV8Sandbox } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { trialScript } from "../../host/src/image/build.ts";
import { caseDifferences, documentOf } from "./case-play.ts";
import { programmeOf } from "./case-programme.ts";
import { readCases, subjectOf, variantsOf } from "./written-case.ts";

/** What the sandbox prints of a trial. */
function printed(sandbox: Sandbox, script: string, given: string): string {
  let text = "";
  sandbox.start(script, (_id, method, args) => {
    if (method !== "given") text = `${method} ${args}`;
  });
  sandbox.answer(1, given);
  sandbox.stop();
  return text;
}

describe("worked cases", () => {
  const all = readCases().filter((worked) => subjectOf(worked) === "programme");

  it("of the repository are all here, each under a name of its own", () => {
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  for (const worked of all) {
    for (const [name, said] of variantsOf(worked)) {
      it(`${worked.id}${name === null ? "" : ` ${name}`}: ${worked.title}`, () => {
        expect(worked.then).toHaveLength(worked.when.length);
        const programme = programmeOf(worked, said);
        expect(caseDifferences(worked, name, said, programme, documentOf(worked, said, programme))).toEqual([]);
      });

      it(`${worked.id}${name === null ? "" : ` ${name}`}: the same bytes in QuickJS as on V8`, async () => {
        const programme = programmeOf(worked, said);
        const script = await trialScript(programme);
        const given = JSON.stringify(documentOf(worked, said, programme));
        const onV8 = printed(newV8Sandbox(), script, given);
        expect(onV8).toMatch(/^played \{"steps":\[\{/);
        expect(printed((await loadQuickJs())(), script, given)).toBe(onV8);
      });
    }
  }
});
