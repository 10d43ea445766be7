// Figures for people.
import type { PhaseResult } from '../../simulators/terminal/load.ts';
import type { MachineFacts } from './machine.ts';
import type { PhaseFigures } from './measurement.ts';

const write = (text: string): void => void process.stdout.write(text);

/** Machine and settings, before the first figure. */
export function printHead(machine: MachineFacts, settings: Readonly<Record<string, string>>, options: object): void {
  const rows = { ...machine, ...settings, options: JSON.stringify(options) };
  for (const [name, value] of Object.entries(rows)) write(`${name.padEnd(20)} ${value}\n`);
  write('\n');
}

/** One line that is written over, on a terminal; nothing elsewhere. Without a result the line is cleared. */
export function progressLine(name: string, result: PhaseResult | undefined): void {
  if (!process.stderr.isTTY) return;
  const text =
    result === undefined
      ? ''
      : `${name}: ${result.seconds.toFixed(0)} s, ${(result.replies / result.seconds).toFixed(0)}/s, p50 ${result.p50Ms.toFixed(0)} ms, p99 ${result.p99Ms.toFixed(0)} ms, in flight ${result.unanswered}`;
  process.stderr.write(`\r\x1b[2K${text}`);
}

/** One phase. */
export function printFigures(phase: PhaseFigures): void {
  const { result } = phase;
  const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
  write(`${phase.name}: ${phase.perSecond.toFixed(0)} payments/s over ${result.seconds.toFixed(1)} s\n`);
  write(
    `  latency       p50 ${ms(result.p50Ms)}  p90 ${ms(result.p90Ms)}  p99 ${ms(result.p99Ms)}  p99.9 ${ms(result.p999Ms)}  max ${ms(result.maxMs)}\n`,
  );
  write(
    `  outcomes      ${Object.entries(result.outcomes)
      .map(([name, count]) => `${name} ${count}`)
      .join('  ')}\n`,
  );
  write(
    `  CPU a payment ${phase.cpuUsPerPayment.toFixed(0)} µs: ${phase.processes.map((one) => `${one.name} ${one.cpuUsPerPayment.toFixed(0)}`).join('  ')}\n`,
  );
  write(`  memory        ${phase.processes.map((one) => `${one.name} ${one.memoryMb.toFixed(0)} MB`).join('  ')}\n`);
  write(
    `  database      ${phase.commitsPerPayment.toFixed(3)} commits and ${phase.walBytesPerPayment.toFixed(0)} bytes of WAL a payment\n`,
  );
  write(
    `  machine       idle ${(phase.cpuIdle * 100).toFixed(1)} %, stolen by the hypervisor ${(phase.cpuStolen * 100).toFixed(1)} %\n\n`,
  );
}
