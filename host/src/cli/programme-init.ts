import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Programme } from "@cachet/firmware/rules";
import type { Command } from "commander";
import { COMPILER_OPTIONS } from "../image/language-config.ts";
import { DEFAULT_REDEEMING } from "../workbench/redeeming.ts";
import { SAMPLE_MEMBERS, samplePurchases } from "../workbench/sample-purchases.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { makeFolder, readFile, writeFile } from "./files.ts";
import { goodProgramme } from "./programme-file.ts";
import { askForLaunch, type Launch, launched } from "./programme-launch.ts";
import { type Answering, askForTemplate } from "./programme-questions.ts";
import { readmeOf } from "./programme-readme.ts";
import { simulateFile } from "./programme-simulate.ts";
import { TEMPLATES, type Template, templateFile } from "./programme-templates.ts";

const NOTHING = "nothing was written";
const LANGUAGE = "@cachet/firmware";
const SAMPLE = "sample-purchases.csv";
const SIMULATED = {
  fr: `Simulation sur un an d'achats inventés de ${SAMPLE_MEMBERS} membres (${SAMPLE}) ; avec les vôtres : cachet programme simulate`,
  en: `Simulation over a year of invented purchases of ${SAMPLE_MEMBERS} members (${SAMPLE}); with your own: cachet programme simulate`,
} as const;

/** Enough for an editor to find the language's types, which are TypeScript sources themselves. */
const TSCONFIG = {
  compilerOptions: { ...COMPILER_OPTIONS, module: "NodeNext", moduleResolution: "NodeNext" },
  include: ["programme.ts"],
};

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What installing this command in a folder leaves there. */
const OF_NPM = ["node_modules", "package.json", "package-lock.json"];

/** What lies in a folder beside dot files and npm's; nothing where there is no folder yet. Fails with C-PROGRAMME-20 where it is none. */
function contentOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith(".") && !OF_NPM.includes(name));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT") return [];
    throw new Failure("C-PROGRAMME-20", `${folder} cannot be used as a folder (${code})`, NOTHING, [
      "name an empty folder, or one that does not exist yet",
    ]);
  }
}

function checkEmpty(folder: string): void {
  const [first, ...others] = contentOf(folder);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  throw new Failure("C-PROGRAMME-20", `${folder} is not empty: it holds ${first}${more}`, NOTHING, [
    "name an empty folder, or one that does not exist yet: cachet programme init --preset NAME my-programme",
    "only files whose names begin with a dot may be there already, and what npm puts there",
  ]);
}

function templateNamed(name: string): Template {
  const found = TEMPLATES.find((template) => template.name === name);
  if (found !== undefined) return found;
  throw new Failure("C-PROGRAMME-21", `there is no template "${name}"`, NOTHING, [
    `the templates are: ${TEMPLATES.map((template) => template.name).join(", ")}`,
  ]);
}

/** Lines typed at the terminal, and how to stop listening. Null is answered when the terminal is closed or Ctrl-C is pressed. */
function typedLines(): { readonly ask: Answering; readonly end: () => void } {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<null>((resolve) => lines.once("close", () => resolve(null)));
  lines.on("SIGINT", () => lines.close());
  return {
    ask: (question) => Promise.race([closed, new Promise<string>((answer) => lines.question(question, answer))]),
    end: () => lines.close(),
  };
}

/** What a new programme begins with; `launch` where somebody was asked. */
interface Chosen {
  readonly template: Template;
  readonly launch: Launch | null;
}

/** What questions lead to; null when an answer did not come. */
async function asked(ask: Answering, lang: Console["lang"]): Promise<Chosen | null> {
  const name = await askForTemplate(ask, lang);
  if (name === null) return null;
  const template = templateNamed(name);
  const launch = await askForLaunch(ask, lang, template, await goodProgramme(templateFile(name, "programme.ts")));
  return launch === null ? null : { template, launch };
}

/** The template that is named, or the one that questions at the terminal lead to. Fails with C-PROGRAMME-21 or -22. */
async function chosen(console: Console, preset: string | undefined): Promise<Chosen> {
  if (preset !== undefined) return { template: templateNamed(preset), launch: null };
  if (console.json || process.stdin.isTTY !== true) {
    throw new Failure("C-PROGRAMME-21", "no template was named, and there is nobody to ask", NOTHING, [
      `name one: cachet programme init --preset ${TEMPLATES[0]!.name}`,
      `the templates are: ${TEMPLATES.map((template) => template.name).join(", ")}`,
    ]);
  }
  const { ask, end } = typedLines();
  try {
    const found = await asked(ask, console.lang);
    if (found !== null) return found;
  } finally {
    end();
  }
  // What was typed stands on the line of the last question.
  console.err("\n");
  throw new Failure("C-PROGRAMME-22", "the questions were left without an answer", NOTHING, [
    "run it again, or name a template: cachet programme init --preset NAME",
  ]);
}

/** Where a folder finds the language, or null where it does not. */
function languageFrom(file: string): string | null {
  try {
    return createRequire(resolve(file)).resolve(`${LANGUAGE}/rules`);
  } catch {
    return null;
  }
}

/** Makes the language of this installation findable from a folder: `found` it was, `linked` it is, `missing` it stays. */
function linkLanguage(folder: string): "found" | "linked" | "missing" {
  if (languageFrom(join(folder, "package.json")) !== null) return "found";
  const own = languageFrom(import.meta.filename);
  if (own === null) return "missing";
  const link = join(folder, "node_modules", LANGUAGE);
  try {
    makeFolder(dirname(link));
    // Its own file is <package>/src/rules/index.ts. A junction needs no right that a Windows user may lack.
    symlinkSync(dirname(dirname(dirname(own))), link, "junction");
    return "linked";
  } catch {
    return "missing";
  }
}

/** A package.json that npm wrote when this was installed here is kept. */
const hasPackage = (folder: string): boolean => existsSync(join(folder, "package.json"));

const merchantsOf = ({ merchants }: Programme): readonly number[] => Object.keys(merchants).map(Number);

/** The programme as it was launched, and purchases that it can be tried on. */
async function launchFiles(template: Template, launch: Launch): Promise<Readonly<Record<string, string>>> {
  const path = templateFile(template.name, "programme.ts");
  const merchants = merchantsOf(await goodProgramme(path));
  return {
    "programme.ts": launched(new TextDecoder().decode(readFile(path)), launch),
    // Whoever begins now has his first whole year next year.
    [SAMPLE]: samplePurchases({ ...launch, merchants }, new Date().getFullYear() + 1),
  };
}

function filesOf(template: Template, lang: "fr" | "en", folder: string): Readonly<Record<string, Uint8Array | string>> {
  const own = jsonText({ name: `programme-${template.name}`, version: "1.0.0", private: true, type: "module" });
  return {
    "programme.ts": readFile(templateFile(template.name, "programme.ts")),
    "examples.json": readFile(templateFile(template.name, "examples.json")),
    "README.md": readmeOf(template.title[lang], lang),
    ...(hasPackage(folder) ? {} : { "package.json": own }),
    "tsconfig.json": jsonText(TSCONFIG),
  };
}

/** The end of a guided beginning: what the programme would come to with a clientele of these habits. */
function simulateLaunch(console: Console, folder: string): Promise<number> {
  console.out("");
  console.out(SIMULATED[console.lang]);
  const purchases = join(folder, SAMPLE);
  return simulateFile(console, join(folder, "programme.ts"), { purchases, redeem: DEFAULT_REDEEMING });
}

async function init(console: Console, folder: string, preset: string | undefined): Promise<number> {
  checkEmpty(folder);
  const { template, launch } = await chosen(console, preset);
  const files = {
    ...filesOf(template, console.lang, folder),
    ...(launch === null ? {} : await launchFiles(template, launch)),
  };
  for (const [name, content] of Object.entries(files)) writeFile(join(folder, name), content);
  const language = linkLanguage(folder);
  const lines = [
    `written into ${folder}: ${Object.keys(files).join(", ")} (template ${template.name})`,
    ...(language === "linked" ? [`linked: ${join(folder, "node_modules", LANGUAGE)}`] : []),
    ...(language === "missing" ? [`not linked: ${LANGUAGE}; README.md says how to install it`] : []),
    `next: cachet programme check ${join(folder, "programme.ts")}`,
    ...(launch === null ? [] : [`to adjust it once it runs: cachet programme adjust ${join(folder, "programme.ts")}`]),
  ];
  tell(console, lines, { folder, preset: template.name, files: Object.keys(files), language });
  return launch === null || language === "missing" ? EXIT.done : simulateLaunch(console, folder);
}

/** Registers `programme init`. */
export function initCommand(programme: Command, console: () => Console, exit: (code: number) => void): void {
  programme
    .command("init")
    .description("begin a programme in an empty folder, from a template; asks which one where none is named")
    .argument("[dir]", "an empty folder, or one that is made; default the current one", ".")
    .option("--preset <name>", `template: ${TEMPLATES.map(({ name }) => name).join(", ")}`)
    .action(async (dir: string, { preset }: { readonly preset?: string }) => exit(await init(console(), dir, preset)));
}
