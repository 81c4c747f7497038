import { type Day, dayOf } from "@cachet/card-layout";
import { parisOffset } from "./sim-zone.ts";

/** The office's own local day at an instant, in seconds since 1970. */
export const officeDay = (utc: number): Day => dayOf(utc, parisOffset()(utc));
