// What a load came to: text for a terminal, and one HTML file with charts that loads nothing from elsewhere.
import type { PhaseResult, SecondResult } from './load.ts';

/** A load that ended. */
export interface LoadReport {
  /** When it started, ISO 8601. */
  readonly at: string;
  /** What was asked for, for people: mix, arrivals, rate. */
  readonly asked: Readonly<Record<string, string>>;
  readonly result: PhaseResult;
  readonly seconds: readonly SecondResult[];
  /** Payments that were not answered within a minute after the end. */
  readonly lost: number;
}

/** Payments that were answered, per second. */
export function perSecond({ replies, seconds }: PhaseResult): number {
  return seconds === 0 ? 0 : replies / seconds;
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;

const percentiles = (result: PhaseResult): ReadonlyArray<readonly [name: string, ms: number]> => [
  ['p50', result.p50Ms],
  ['p90', result.p90Ms],
  ['p99', result.p99Ms],
  ['p99.9', result.p999Ms],
  ['max', result.maxMs],
  ['mean', result.meanMs],
];

/** The line that is written over while a load runs: rate of the last second, everything's percentiles. */
export function progressText(result: PhaseResult, second: SecondResult, ofSeconds: number): string {
  const outcomes = Object.entries(result.outcomes)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
  return `${result.seconds.toFixed(0)} of ${ofSeconds} s  ${second.replies}/s  p50 ${ms(result.p50Ms)}  p90 ${ms(result.p90Ms)}  p99 ${ms(result.p99Ms)}  in flight ${result.unanswered}  ${outcomes}`;
}

/** Lines for a terminal. */
export function loadText({ asked, result, lost }: LoadReport): string[] {
  const outcomes = Object.entries(result.outcomes).sort((a, b) => b[1] - a[1]);
  return [
    ...Object.entries(asked).map(([name, value]) => `${name.padEnd(12)}${value}`),
    `${'payments'.padEnd(12)}${result.replies} answered in ${result.seconds.toFixed(1)} s, ${perSecond(result).toFixed(0)} a second`,
    `${'latency'.padEnd(12)}${percentiles(result)
      .map(([name, value]) => `${name} ${ms(value)}`)
      .join('  ')}`,
    ...outcomes.map(
      ([name, count], i) =>
        `${(i === 0 ? 'outcomes' : '').padEnd(12)}${name.padEnd(24)} ${String(count).padStart(9)}  ${share(count, outcomes)}`,
    ),
    ...(lost === 0 ? [] : [`${'lost'.padEnd(12)}${lost} payments were not answered within a minute after the end`]),
  ];
}

function share(count: number, outcomes: ReadonlyArray<readonly [string, number]>): string {
  const all = outcomes.reduce((sum, one) => sum + one[1], 0);
  return `${((100 * count) / all).toFixed(2)} %`;
}

const style = `body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:56rem;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.4rem}h2{font-size:1rem;margin:1.5rem 0 .3rem}table{border-collapse:collapse}td,th{padding:.15rem 1.5rem .15rem 0;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}.muted,text{fill:#667085;color:#667085;font-size:11px}
.grid{stroke:#e6e9ef}.a{stroke:#1f6feb;fill:none;stroke-width:1.5}.b{stroke:#b3541e;fill:none;stroke-width:1.5}.ka{color:#1f6feb}.kb{color:#b3541e}`;

/** One HTML file with the rate and the latency over time. */
export function loadHtml(report: LoadReport): string {
  const { at, asked, result, seconds, lost } = report;
  const row = (name: string, value: string): string =>
    `<tr><th>${escaped(name)}</th><td class="n">${escaped(value)}</td></tr>`;
  const outcomes = Object.entries(result.outcomes).sort((a, b) => b[1] - a[1]);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>card-edge load</title>',
    `<style>${style}</style></head><body><h1>${perSecond(result).toFixed(0)} payments a second, p99 ${ms(result.p99Ms)}</h1>`,
    `<p class="muted">${escaped(at)}, ${Object.entries(asked)
      .map(([name, value]) => `${escaped(name)} ${escaped(value)}`)
      .join(', ')}</p>`,
    `<h2>Answered a second</h2>${chart([seconds.map((one) => one.replies)], '')}`,
    `<h2>Latency: <span class="ka">p50</span> and <span class="kb">p99</span> of each second</h2>`,
    chart([seconds.map((one) => one.p50Ms), seconds.map((one) => one.p99Ms)], ' ms'),
    `<h2>Latency of all</h2><table>${percentiles(result)
      .map(([name, value]) => row(name, ms(value)))
      .join('')}</table>`,
    `<h2>Outcomes</h2><table>${outcomes.map(([name, count]) => row(name, `${count} (${share(count, outcomes)})`)).join('')}${lost === 0 ? '' : row('not answered within a minute', String(lost))}</table>`,
    '</body></html>\n',
  ].join('\n');
}

/** Size of a chart, and the room for its scale. */
const box = { width: 800, height: 180, left: 60, bottom: 20, top: 10 } as const;

/** Lines over seconds, from zero; the first in blue, the second in brown. */
function chart(lines: ReadonlyArray<readonly number[]>, unit: string): string {
  const count = Math.max(0, ...lines.map((line) => line.length));
  if (count < 2) return '<p class="muted">too short for a line</p>';
  const top = niceAbove(lines.reduce((max, line) => line.reduce((a, b) => Math.max(a, b), max), 0));
  const x = (i: number): string => (box.left + (i * (box.width - box.left)) / (count - 1)).toFixed(1);
  const y = (value: number): string =>
    (box.height - box.bottom - (value / top) * (box.height - box.bottom - box.top)).toFixed(1);
  const scale = [0, top / 2, top].map(
    (value) =>
      `<line class="grid" x1="${box.left}" x2="${box.width}" y1="${y(value)}" y2="${y(value)}"/><text x="${box.left - 6}" y="${y(value)}" dy="4" text-anchor="end">${value}${unit}</text>`,
  );
  const paths = lines.map(
    (line, n) =>
      `<polyline class="${n === 0 ? 'a' : 'b'}" points="${line.map((value, i) => `${x(i)},${y(value)}`).join(' ')}"/>`,
  );
  const ends = `<text x="${box.left}" y="${box.height - 4}">1 s</text><text x="${box.width}" y="${box.height - 4}" text-anchor="end">${count} s</text>`;
  return `<svg viewBox="0 0 ${box.width} ${box.height}" role="img">${scale.join('')}${paths.join('')}${ends}</svg>`;
}

/** 1, 2 or 5 times a power of ten, not below the value. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
