// What operators see of a core. Counters are plain numbers of the flows; they are read when the metrics are scraped.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Core } from './flow/core.ts';
import type { CommitObserver } from './store/commit.ts';

/** The metrics of a process. */
export interface CoreMetrics {
  readonly registry: Registry;
  readonly onCommit: CommitObserver;
  /** Starts to read a core's counters. */
  attach(core: Core): void;
}

const rowBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** Seconds. */
const timeBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export function coreMetrics(): CoreMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const rows = new Histogram({
    name: 'card_edge_commit_rows',
    help: 'Payments that share one commit',
    labelNames: ['phase'] as const,
    buckets: rowBuckets,
    registers,
  });
  const seconds = new Histogram({
    name: 'card_edge_commit_seconds',
    help: 'Duration of one commit',
    labelNames: ['phase'] as const,
    buckets: timeBuckets,
    registers,
  });
  const byPhase = {
    open: { rows: rows.labels({ phase: 'open' }), seconds: seconds.labels({ phase: 'open' }) },
    conclude: { rows: rows.labels({ phase: 'conclude' }), seconds: seconds.labels({ phase: 'conclude' }) },
  };
  return {
    registry,
    onCommit: (phase, count, ms) => {
      byPhase[phase].rows.observe(count);
      byPhase[phase].seconds.observe(ms / 1000);
    },
    attach: (core) => attach(registry, core),
  };
}

type Read = (core: Core) => number;

const counters: ReadonlyArray<readonly [string, string, Read]> = [
  ['card_edge_attempts_opened_total', 'Operations committed before sending', (core) => core.counts.opened],
  ['card_edge_replays_total', 'Calls answered by an earlier call with the same key', (core) => core.counts.replays],
  ['card_edge_owed_sent_total', 'Reversals and repeats sent', (core) => core.counts.owedSent],
  ['card_edge_late_answers_total', 'Answers after their time-out', (core) => core.counts.lateAnswers],
  [
    'card_edge_stray_answers_total',
    'Answers that belong to no stored attempt, kept for a person',
    (core) => core.counts.strayAnswers,
  ],
  ['card_edge_taken_over_total', 'Attempts of lost instances made unknown', (core) => core.counts.takenOver],
  [
    'card_edge_rerouted_total',
    'Payments that went on by another network, because the one before was proved not to have them',
    (core) => core.counts.rerouted,
  ],
  ['card_edge_alarms_total', 'Contradictions that an operator must see', (core) => core.counts.alarms],
];

const gauges: ReadonlyArray<readonly [string, string, Read]> = [
  ['card_edge_calls_in_flight', 'Calls under way', (core) => core.keys.size],
  ['card_edge_attempts_open', 'Attempts without a stored outcome', (core) => core.open.size],
  [
    'card_edge_refusing',
    '1 while new payments are refused because too many wait',
    (core) => Number(core.admission.refusing),
  ],
  ['card_edge_commits_waiting', 'Items that wait for a commit', (core) => core.commits.waiting()],
  ['card_edge_submissions_in_flight', 'Submissions without an outcome', (core) => core.dispatcher.state().inFlight],
  ['card_edge_gateways_ready', 'Gateways with an open stream', (core) => core.dispatcher.state().ready],
  ['card_edge_background_work', 'Owed messages, late answers and voids under way', (core) => core.background.size],
];

function attach(registry: Registry, core: Core): void {
  const registers = [registry];
  for (const [name, help, read] of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(core));
      },
    });
  }
  for (const [name, help, read] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(core));
      },
    });
  }
  labelled(registry, 'card_edge_outcomes_total', 'Outcomes stored, by status', 'status', () => core.counts.outcomes);
  labelled(registry, 'card_edge_refused_total', 'Calls refused, by code', 'code', () => core.counts.refused);
  pendingGauge(registry, core);
}

function labelled(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Readonly<Record<string, number>>,
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
    },
  });
}

/** Pending by age: asked of the store, because it concerns all instances. Seconds, upper bounds. */
const ages = [10, 60, 300, 3_600, 86_400, Number.POSITIVE_INFINITY] as const;

function pendingGauge(registry: Registry, core: Core): void {
  new Gauge({
    name: 'card_edge_owed',
    help: 'Attempts whose reversal or repeat is owed, by the age that they are below, seconds; state review: a person decides',
    labelNames: ['state', 'below'] as const,
    registers: [registry],
    async collect() {
      const found = await core.pools.keyed
        .query<{ state: number; age: string; count: string }>(
          `select state, least(floor(($1::bigint - created_at_us) / 1e6), 100000) as age, count(*) as count
           from owed where state in (1, 3) group by 1, 2`,
          [core.clock.nowUs()],
        )
        .catch(() => undefined);
      if (found === undefined) return;
      this.reset();
      for (const state of ['owed', 'review']) for (const age of ages) this.set({ state, below: `${age}` }, 0);
      for (const row of found.rows) {
        const below = ages.find((age) => Number(row.age) < age) ?? Number.POSITIVE_INFINITY;
        this.inc({ state: row.state === 1 ? 'owed' : 'review', below: `${below}` }, Number(row.count));
      }
    },
  });
}
