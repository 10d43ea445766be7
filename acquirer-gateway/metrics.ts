// What operators see. The counters are plain numbers of the links; they are read when the metrics are scraped, so the hot path pays nothing for them.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Gateway } from './gateway.ts';
import type { Link } from './link/link.ts';
import type { CounterName } from './link/status.ts';

/** Metric name and help by counter. */
const linkCounters: ReadonlyArray<readonly [CounterName, string, string]> = [
  ['sent', 'card_edge_link_sent_total', 'Payment messages written'],
  ['received', 'card_edge_link_received_total', 'Messages read'],
  ['answered', 'card_edge_link_answered_total', 'Answers in time'],
  ['timeouts', 'card_edge_link_timeouts_total', 'Requests without an answer in time'],
  ['late', 'card_edge_link_late_total', 'Answers after their time-out'],
  ['duplicates', 'card_edge_link_duplicates_total', 'Answers received twice'],
  ['unmatched', 'card_edge_link_unmatched_total', 'Answers that matched nothing'],
  ['invalid', 'card_edge_link_invalid_total', 'Answers that contradict their request'],
  ['unreadable', 'card_edge_link_unreadable_total', 'Messages that the codec refused'],
  ['lost', 'card_edge_link_lost_total', 'Requests in flight when the connection was lost'],
  ['unsolicited', 'card_edge_link_unsolicited_total', 'Requests of the network'],
  ['rejected', 'card_edge_link_rejected_total', 'Messages that the network sent back'],
  ['connects', 'card_edge_link_connects_total', 'Connections tried or accepted'],
  ['refused', 'card_edge_link_refused_connections_total', 'Connections to a listening link that were refused'],
  ['bytesIn', 'card_edge_link_bytes_in_total', 'Bytes read'],
  ['bytesOut', 'card_edge_link_bytes_out_total', 'Bytes of messages written'],
];

const states = ['connecting', 'tls', 'signing_on', 'ready', 'draining', 'down'] as const;
const linkLabels = ['network', 'link'] as const;
/** Seconds; finest where networks answer. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics of a gateway. */
export interface GatewayMetrics {
  readonly registry: Registry;
  /** Takes one round trip. Milliseconds. */
  readonly roundTrip: (network: string, link: string, milliseconds: number) => void;
  /** Starts to read a gateway's counters. */
  attach(gateway: Gateway): void;
  /** Starts to read what the capture files of the trace left out. */
  attachTrace(files: { readonly leftOut: number }): void;
}

/** Makes the metrics of a process. */
export function gatewayMetrics(): GatewayMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const histogram = new Histogram({
    name: 'card_edge_link_round_trip_seconds',
    help: 'Time from the write of a request to its answer',
    labelNames: linkLabels,
    buckets,
    registers: [registry],
  });
  const children = new Map<string, { observe(seconds: number): void }>();
  const roundTrip = (network: string, link: string, milliseconds: number): void => {
    const key = `${network}/${link}`;
    let child = children.get(key);
    if (child === undefined) {
      child = histogram.labels({ network, link });
      children.set(key, child);
    }
    child.observe(milliseconds / 1000);
  };
  return {
    registry,
    roundTrip,
    attach: (gateway) => attach(registry, gateway),
    attachTrace: (files) => attachTrace(registry, files),
  };
}

function attachTrace(registry: Registry, files: { readonly leftOut: number }): void {
  new Counter({
    name: 'card_edge_trace_left_out_total',
    help: 'Messages that are in no capture file: the disk did not follow or failed',
    registers: [registry],
    collect(): void {
      this.reset();
      this.inc(files.leftOut);
    },
  });
}

/** A counter of each link with one more label, from a closed set of names. */
function named(
  registry: Registry,
  gateway: Gateway,
  name: string,
  help: string,
  label: string,
  read: (link: Link) => ReadonlyArray<readonly [string, number]>,
): void {
  const counter = new Counter({
    name,
    help,
    labelNames: [...linkLabels, label],
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const link of gateway.links(''))
        for (const [value, count] of read(link))
          counter.inc({ network: link.options.network, link: link.name, [label]: value }, count);
    },
  });
}

function attach(registry: Registry, gateway: Gateway): void {
  for (const [field, name, help] of linkCounters) {
    const counter = new Counter({
      name,
      help,
      labelNames: linkLabels,
      registers: [registry],
      collect: () => {
        counter.reset();
        for (const link of gateway.links(''))
          counter.inc({ network: link.options.network, link: link.name }, link.counters[field]);
      },
    });
  }
  const responses = new Counter({
    name: 'card_edge_link_responses_total',
    help: 'Answers in time by response code (DE39)',
    labelNames: [...linkLabels, 'code'],
    registers: [registry],
    collect: () => {
      responses.reset();
      for (const link of gateway.links('')) {
        for (const [code, count] of link.counters.responses)
          responses.inc({ network: link.options.network, link: link.name, code }, count);
      }
    },
  });
  named(
    registry,
    gateway,
    'card_edge_link_asked_total',
    'Requests of the network, by what they ask',
    'what',
    (link) => [...link.counters.unsolicitedByName],
  );
  named(registry, gateway, 'card_edge_link_bad_macs_total', 'Messages that were not believed', 'mac', (link) =>
    Object.entries(link.counters.macFaults),
  );
  const inFlight = new Gauge({
    name: 'card_edge_link_in_flight',
    help: 'Payment messages without an answer',
    labelNames: linkLabels,
    registers: [registry],
    collect: () => {
      for (const link of gateway.links(''))
        inFlight.set({ network: link.options.network, link: link.name }, link.inFlight);
    },
  });
  const state = new Gauge({
    name: 'card_edge_link_state',
    help: '1 for the state that the link is in',
    labelNames: [...linkLabels, 'state'],
    registers: [registry],
    collect: () => {
      for (const link of gateway.links('')) {
        for (const one of states)
          state.set({ network: link.options.network, link: link.name, state: one }, link.state === one ? 1 : 0);
      }
    },
  });
  const refused = new Counter({
    name: 'card_edge_gateway_refused_total',
    help: 'Submissions refused before any work',
    labelNames: ['reason'],
    registers: [registry],
    collect: () => {
      refused.reset();
      for (const [reason, count] of gateway.refusals) refused.inc({ reason }, count);
    },
  });
  new Gauge({
    name: 'card_edge_gateway_in_flight',
    help: 'Submissions without an outcome',
    registers: [registry],
    collect(): void {
      this.set(gateway.inFlight);
    },
  });
  new Gauge({
    name: 'card_edge_gateway_late_answers_kept',
    help: 'Late answers that wait for a core to listen',
    registers: [registry],
    collect(): void {
      this.set(gateway.lateAnswers.size);
    },
  });
  const tombstones = new Gauge({
    name: 'card_edge_network_tombstones',
    help: 'Given-up requests whose late answer would be recognised',
    labelNames: ['network'],
    registers: [registry],
    collect: () => {
      for (const network of gateway.networks.values()) tombstones.set({ network: network.name }, network.tombstones);
    },
  });
}
