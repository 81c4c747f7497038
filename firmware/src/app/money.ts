/** Cents as people in France write them: `1 234,05 €`. No locale support is needed, or there, in the terminal. */
export function euros(cents: number): string {
  const sign = cents < 0 ? "-" : "";
  const whole = String(Math.floor(Math.abs(cents) / 100)).replaceAll(/\B(?=(\d{3})+$)/g, " ");
  return `${sign}${whole},${String(Math.abs(cents) % 100).padStart(2, "0")} €`;
}
