// A reference to an original (DE90, DE56) as a rule: which parts of which earlier message of the case it repeats. Pure. It is computed from the message
// itself, not from what is shown of it: forty-two digits look like a card number often enough to be masked.
import type { Judged } from './rules.ts';

/** DE32 and DE33 in DE90, digits each (ISO 8583:1987, 4.3.41). */
const institutionDigits = 11;

/** Dialect generations: the field, and what it is made of for the n-th message of the case. */
const forms: ReadonlyArray<{
  readonly path: '90' | '56';
  readonly rule: (original: Judged, n: number) => string;
}> = [
  {
    path: '90',
    rule: (original, n) => {
      const acquirer = original.get('32')?.trimEnd() ?? '';
      const padding = '0'.repeat(Math.max(0, institutionDigits - acquirer.length));
      return `${original.mti}{${n}.11}{${n}.7}${padding}{${n}.32}${'0'.repeat(institutionDigits)}`;
    },
  },
  {
    path: '56',
    rule: (original, n) => {
      const length = String((original.get('32')?.trimEnd() ?? '').length).padStart(2, '0');
      return `${original.mti}{${n}.11}{${n}.12}${length}{${n}.32}`;
    },
  },
];

/** The rule of a message's reference by the paths of earlier messages (`0200{1.11}...`); undefined if it has none or repeats none of them. */
export function originalRule(message: Judged, earlier: readonly Judged[]): string | undefined {
  for (const { path, rule } of forms) {
    const value = message.get(path)?.trimEnd();
    if (value === undefined) continue;
    // The newest first: a trace number may come again.
    for (let at = earlier.length - 1; at >= 0; at -= 1) {
      const original = earlier[at];
      if (original === undefined) continue;
      const found = rule(original, at + 1);
      if (value === found.replace(/\{\d+\.(\d+)\}/g, (_, part: string) => original.get(part)?.trimEnd() ?? ''))
        return found;
    }
  }
  return undefined;
}
