import { fileURLToPath } from "node:url";
import { mediaReport } from "@cachet/firmware/rules";
import { loadProgramme } from "../image/load.ts";

type Text = { readonly fr: string; readonly en: string };
export type Goal = "visits" | "basket" | "advance" | "town";
export type Clientele = "daily" | "planned" | "subscribers" | "inhabitants";
export type Model = "shop" | "shop-with-fee" | "town" | "town-with-supermarket";
export type Mechanic =
  | "stamps"
  | "cagnotte"
  | "points"
  | "prepaid"
  | "units"
  | "discount"
  | "levels"
  | "challenge"
  | "draw";

/** A programme that `cachet programme init` can begin with: what it is for, so that somebody can be led to it. */
export interface Template {
  readonly name: string;
  readonly title: Text;
  readonly goals: readonly Goal[];
  readonly clientele: Clientele;
  readonly model: Model;
  readonly mechanics: readonly Mechanic[];
}

/** Every folder of host/templates. */
export const TEMPLATES: readonly Template[] = [
  {
    name: "bakery",
    title: { fr: "boulangerie", en: "bakery" },
    goals: ["visits"],
    clientele: "daily",
    model: "shop",
    mechanics: ["stamps", "discount"],
  },
  {
    name: "dry-cleaner",
    title: { fr: "pressing", en: "dry cleaner" },
    goals: ["visits"],
    clientele: "planned",
    model: "shop",
    mechanics: ["stamps"],
  },
  {
    name: "fast-food",
    title: { fr: "restauration rapide", en: "fast food" },
    goals: ["visits", "basket"],
    clientele: "daily",
    model: "shop",
    mechanics: ["stamps"],
  },
  {
    name: "florist",
    title: { fr: "fleuriste", en: "florist" },
    goals: ["visits"],
    clientele: "planned",
    model: "shop",
    mechanics: ["stamps"],
  },
  {
    name: "garden-centre",
    title: { fr: "jardinerie", en: "garden centre" },
    goals: ["visits", "basket"],
    clientele: "planned",
    model: "shop",
    mechanics: ["points", "levels"],
  },
  {
    name: "gym",
    title: { fr: "salle de sport", en: "gym" },
    goals: ["advance"],
    clientele: "subscribers",
    model: "shop-with-fee",
    mechanics: ["units", "discount"],
  },
  {
    name: "hairdresser",
    title: { fr: "coiffeur", en: "hairdresser" },
    goals: ["advance"],
    clientele: "subscribers",
    model: "shop",
    mechanics: ["prepaid"],
  },
  {
    name: "home-equipment",
    title: { fr: "équipement de la maison et de la personne", en: "furniture, household goods, clothes" },
    goals: ["basket"],
    clientele: "planned",
    model: "shop",
    mechanics: ["cagnotte"],
  },
  {
    name: "photo-lab",
    title: { fr: "labo photo", en: "photo lab" },
    goals: ["advance", "basket"],
    clientele: "planned",
    model: "shop",
    mechanics: ["units", "discount"],
  },
  {
    name: "photocopies",
    title: { fr: "photocopies", en: "copy shop" },
    goals: ["advance"],
    clientele: "daily",
    model: "shop",
    mechanics: ["units"],
  },
  {
    name: "restaurant",
    title: { fr: "restaurant", en: "restaurant" },
    goals: ["visits", "basket"],
    clientele: "planned",
    model: "shop",
    mechanics: ["cagnotte"],
  },
  {
    name: "supermarket-partner",
    title: { fr: "ville avec un supermarché où l'on cumule", en: "town with a supermarket where customers only earn" },
    goals: ["town"],
    clientele: "inhabitants",
    model: "town-with-supermarket",
    mechanics: ["cagnotte"],
  },
  {
    name: "town",
    title: { fr: "association de commerçants d'une ville", en: "a town's association of shops" },
    goals: ["town"],
    clientele: "inhabitants",
    model: "town",
    mechanics: ["cagnotte", "challenge", "draw"],
  },
  {
    name: "video-rental",
    title: { fr: "location de vidéos", en: "video rental" },
    goals: ["advance", "visits"],
    clientele: "subscribers",
    model: "shop",
    mechanics: ["units", "discount"],
  },
];

const FOLDER = new URL("../../templates/", import.meta.url);

/** Path of a file of a template. */
export function templateFile(name: string, file: "programme.ts" | "examples.json"): string {
  return fileURLToPath(new URL(`${name}/${file}`, FOLDER));
}

/** The chips that a template's programme may lie on. */
export async function chipsOf(name: string): Promise<readonly string[]> {
  const reading = await loadProgramme(templateFile(name, "programme.ts"));
  if (!reading.ok) throw new Error(`the template "${name}" has faults`);
  return mediaReport([reading.programme]).programmes.flatMap(({ usable }) => usable);
}
