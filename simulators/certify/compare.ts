// Two runs of a pack beside each other: which cases end otherwise, and what went over the wire otherwise. Pure.
import type { CaseResult } from './run.ts';

/** A run as `card-edge certify run --json` writes it. */
export interface RecordedRun {
  readonly pack: string;
  readonly at: string;
  readonly results: readonly CaseResult[];
}

/** Sentences, one for each difference; none when the two runs tell the same. */
export function compareRuns(before: RecordedRun, after: RecordedRun): string[] {
  const found: string[] = [];
  const earlier = new Map(before.results.map((result) => [result.name, result]));
  const later = new Map(after.results.map((result) => [result.name, result]));
  for (const name of earlier.keys()) if (!later.has(name)) found.push(`${name}: only in the first run`);
  for (const [name, second] of later) {
    const first = earlier.get(name);
    if (first === undefined) found.push(`${name}: only in the second run`);
    else found.push(...differences(first, second).map((text) => `${name}: ${text}`));
  }
  return found;
}

function differences(first: CaseResult, second: CaseResult): string[] {
  const found: string[] = [];
  const outcome = (result: CaseResult): string => (result.failures.length === 0 ? 'passes' : 'fails');
  if (outcome(first) !== outcome(second)) {
    const why = second.failures[0] ?? first.failures[0];
    found.push(`${outcome(first)}, then ${outcome(second)}${why === undefined ? '' : ` (${why.text})`}`);
  }
  const wire = (result: CaseResult): string =>
    result.messages.map((one) => [one.mti, ...one.answers.map((answer) => answer.mti)].join('>')).join(' ');
  if (wire(first) !== wire(second)) {
    found.push(`on the wire ${wire(first) || 'nothing'}, then ${wire(second) || 'nothing'}`);
    return found;
  }
  first.messages.forEach((message, n) => {
    const other = second.messages[n];
    if (other === undefined) return;
    const has = new Set(message.fields.map((field) => field.path));
    const had = new Set(other.fields.map((field) => field.path));
    const gone = [...has].filter((path) => !had.has(path));
    const come = [...had].filter((path) => !has.has(path));
    if (gone.length > 0)
      found.push(`message ${n + 1} (${message.mti}) lost ${gone.map((path) => `DE${path}`).join(', ')}`);
    if (come.length > 0)
      found.push(`message ${n + 1} (${message.mti}) got ${come.map((path) => `DE${path}`).join(', ')}`);
  });
  return found;
}
