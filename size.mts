import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { fixtureFile, imageOf, programmeFile } from "./tests/fixtures/town.ts";

const image = await imageOf([fixtureFile("everything"), programmeFile("ville")]);
writeFileSync("/tmp/h/s7c/image.bin", image);
console.log(image.length, deflateRawSync(image, { level: 9 }).length);
