/** Minutes that Paris is ahead of UTC at an instant, in seconds since 1970; looked up once for each hour. */
export function parisOffset(): (utc: number) => number {
  const format = new Intl.DateTimeFormat("en", { timeZone: "Europe/Paris", timeZoneName: "longOffset" });
  const known = new Map<number, number>();
  return (utc) => {
    const hour = Math.floor(utc / 3_600);
    const found = known.get(hour);
    if (found !== undefined) return found;
    const name = format.formatToParts(hour * 3_600_000).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
    const offset = match === null ? 0 : (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
    known.set(hour, offset);
    return offset;
  };
}
