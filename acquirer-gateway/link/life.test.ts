import t from 'tap';
import { type LinkEffect, type LinkEvent, type LinkLife, linkBirth, reconnectPauseMs, stepLink } from './life.ts';

const events: readonly LinkEvent[] = [
  { type: 'retry' },
  { type: 'connect' },
  { type: 'open', secure: true },
  { type: 'open', secure: false },
  { type: 'secured' },
  { type: 'signed_on' },
  { type: 'stable' },
  { type: 'drain', held: true },
  { type: 'drain', held: false },
  { type: 'drained' },
  { type: 'lost' },
];

type Row = readonly [event: string, to: string, effects: readonly LinkEffect[]];

function nameOf(event: LinkEvent): string {
  if (event.type === 'open') return event.secure ? 'open tls' : 'open plain';
  if (event.type === 'drain') return event.held ? 'drain held' : 'drain';
  return event.type;
}

function lifeText(life: LinkLife): string {
  const held = 'held' in life && life.held ? ' held' : '';
  return `${life.state}${held} ${life.failures}`;
}

/** For each state: the events that do something. Every other event must change nothing. */
const table: ReadonlyArray<readonly [LinkLife, readonly Row[]]> = [
  [
    { state: 'down', held: false, failures: 2 },
    [
      ['retry', 'connecting 2', ['open']],
      ['connect', 'connecting 0', ['open']],
      ['drain held', 'down held 2', []],
    ],
  ],
  [{ state: 'down', held: true, failures: 2 }, [['connect', 'connecting 0', ['open']]]],
  [
    { state: 'connecting', failures: 1 },
    [
      ['open tls', 'tls 1', []],
      ['open plain', 'signing_on 1', ['sign_on']],
      ['drain held', 'down held 2', ['close']],
      ['drain', 'down 2', ['close', 'wait']],
      ['lost', 'down 2', ['close', 'wait']],
    ],
  ],
  [
    { state: 'tls', failures: 1 },
    [
      ['secured', 'signing_on 1', ['sign_on']],
      ['drain held', 'down held 2', ['close']],
      ['drain', 'down 2', ['close', 'wait']],
      ['lost', 'down 2', ['close', 'wait']],
    ],
  ],
  [
    { state: 'signing_on', failures: 1 },
    [
      ['signed_on', 'ready 1', ['watch']],
      ['drain held', 'down held 2', ['close']],
      ['drain', 'down 2', ['close', 'wait']],
      ['lost', 'down 2', ['close', 'wait']],
    ],
  ],
  [
    { state: 'ready', failures: 1 },
    [
      ['stable', 'ready 0', []],
      ['drain held', 'draining held 1', []],
      ['drain', 'draining 1', []],
      ['lost', 'down 2', ['close', 'wait']],
    ],
  ],
  [
    { state: 'draining', held: false, failures: 1 },
    [
      ['drained', 'draining 1', ['sign_off']],
      ['drain held', 'draining held 1', []],
      ['lost', 'down 2', ['close', 'wait']],
    ],
  ],
  [
    { state: 'draining', held: true, failures: 1 },
    [
      ['drained', 'draining held 1', ['sign_off']],
      ['connect', 'draining 1', []],
      ['lost', 'down held 2', ['close']],
    ],
  ],
];

t.test('every state meets every event', async (t) => {
  for (const [life, rows] of table) {
    for (const event of events) {
      const name = nameOf(event);
      const row = rows.find(([of]) => of === name);
      const step = stepLink(life, event);
      const expected = row === undefined ? { life: lifeText(life), effects: [] } : { life: row[1], effects: row[2] };
      t.same({ life: lifeText(step.life), effects: step.effects }, expected, `${lifeText(life)} + ${name}`);
    }
    for (const [of] of rows)
      t.ok(
        events.some((event) => nameOf(event) === of),
        `the table names a real event: ${of}`,
      );
  }
  t.equal(lifeText(linkBirth), 'down 0');
});

t.test('pauses double between their bounds and are spread over their upper half', async (t) => {
  const rows: ReadonlyArray<readonly [number, number, number]> = [
    [1, 0, 50],
    [1, 1, 100],
    [2, 1, 200],
    [5, 0, 800],
    [5, 1, 1_600],
    [9, 1, 5_000],
    [1_000, 1, 5_000],
    [0, 1, 100],
  ];
  for (const [failures, random, pause] of rows)
    t.equal(
      reconnectPauseMs(failures, 100, 5_000, () => random),
      pause,
      `${failures} failures`,
    );
});
