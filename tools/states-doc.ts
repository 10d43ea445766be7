// Writes docs/states.md: the state machines drawn from their tables. Usage: node dist/tools/states-doc.js [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { projectPath } from '../common/root.ts';
import { attemptEvents, attemptTable } from '../core-grpc/payments/attempt-states.ts';
import { intentEvents, intentTable } from '../core-grpc/payments/intent-states.ts';
import type { AttemptStatus, IntentStatus } from '../core-grpc/payments/model.ts';

/** One arrow of a drawing. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

function statuses<Name extends string>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table) as Name[];
}

/** Arrows between the same two states become one with all their labels. */
function drawing(first: string, arrows: readonly Arrow[]): string {
  const joined = new Map<string, string[]>();
  for (const { from, to, label } of arrows) {
    const ends = `${from} --> ${to}`;
    joined.set(ends, [...(joined.get(ends) ?? []), label]);
  }
  const lines = [...joined].map(([ends, labels]) => `    ${ends}: ${labels.join('<br>')}`);
  return ['```mermaid', 'stateDiagram-v2', `    [*] --> ${first}`, ...lines, '```'].join('\n');
}

function intentArrows(): Arrow[] {
  return statuses<IntentStatus>(intentTable).flatMap((from) =>
    intentEvents.flatMap((event) => {
      const to = intentTable[from][event];
      return to === undefined ? [] : [{ from, to, label: event }];
    }),
  );
}

/** What only adds evidence to a status is in the table below the drawing, not in it. */
function attemptArrows(): Arrow[] {
  return statuses<AttemptStatus>(attemptTable).flatMap((from) =>
    attemptEvents.flatMap((event) => {
      const transition = attemptTable[from][event];
      return transition === undefined || transition.to === from ? [] : [{ from, to: transition.to, label: event }];
    }),
  );
}

function attemptRows(): string[] {
  return statuses<AttemptStatus>(attemptTable).flatMap((from) =>
    attemptEvents.flatMap((event) => {
      const transition = attemptTable[from][event];
      return transition === undefined
        ? []
        : [`| ${from} | ${event} | ${transition.to} | ${transition.effects.join(', ')} |`];
    }),
  );
}

/** The document. */
export function statesDocument(): string {
  return `# States

Generated from \`core-grpc/payments/intent-states.ts\` and \`attempt-states.ts\` by \`make docs\`; do not edit. What an event means in detail is
said beside its name there. What is not listed is refused.

## Intent

${drawing('CREATED', intentArrows())}

## Attempt

An attempt is committed before its first byte leaves; its status is that of its newest outcome. Events that only add evidence to a status are not
drawn; the table below has all of them.

${drawing('CREATED', attemptArrows())}

Effects: *money* books the attempt's kind, *release* frees the intent for the next attempt, *owe* makes a reversal or a repeat that goes out until it
is acknowledged, *settle_owed* ends it, *evidence* only adds to the record, *alarm* calls an operator.

| status | event | next | effects |
| --- | --- | --- | --- |
${attemptRows().join('\n')}
`;
}

if (process.argv[1]?.endsWith('states-doc.js') === true) {
  const path = projectPath('docs/states.md');
  if (!process.argv.includes('--check')) {
    writeFileSync(path, statesDocument());
  } else if (readFileSync(path, 'utf8') !== statesDocument()) {
    process.stderr.write('docs/states.md is not what the tables say: run "make docs"\n');
    process.exitCode = 1;
  }
}
