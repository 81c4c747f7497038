import type { Day } from "@cachet/card-layout";
import { firstOfMonth, monthIndex, weekStart } from "./period.ts";

/** A span of local days that begins anew. */
export type Span = "day" | "week" | "month" | "year";

/** The first day of the span that a day lies in. Weeks begin on Monday. */
export function periodStart(span: Span, day: Day): Day {
  switch (span) {
    case "day":
      return day;
    case "week":
      return weekStart(day);
    case "month":
      return firstOfMonth(monthIndex(day));
    case "year":
      return firstOfMonth(monthIndex(day) - (monthIndex(day) % 12));
  }
}
