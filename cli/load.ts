// card-edge load: realistic traffic for a running system, watched while it runs and reported at the end.
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Arrivals, arrivalKinds } from '../simulators/terminal/arrivals.ts';
import type { PhaseOptions } from '../simulators/terminal/load.ts';
import { runLoad } from '../simulators/terminal/load-client.ts';
import type { LoadEvent, LoadTask } from '../simulators/terminal/load-main.ts';
import { type LoadReport, loadHtml, loadText, progressText } from '../simulators/terminal/load-report.ts';
import { type Mix, mixes } from '../simulators/terminal/payments.ts';
import { type ConnectOptions, systemInfo, withConnectOptions } from './connect.ts';
import { Failure } from './failure.ts';
import type { SystemInfo } from './info.ts';
import { line, printJson } from './print.ts';

interface Options extends ConnectOptions {
  readonly seconds: number;
  readonly mix: Mix;
  readonly rate?: number;
  readonly arrivals: Arrivals;
  readonly seed: number;
  readonly inFlight?: number;
  readonly tokens: number;
  readonly html?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const help = `
Examples:
  card-edge load                                     closed loop: 64 payments in flight, the next when one is answered
  card-edge load --rate 500 --arrivals poisson       500 a second on average, in bursts, whatever the answers do
  card-edge load --mix chip --rate 50 --html l.html  chip and PIN: DUKPT keys that advance, cryptograms that the issuer verifies

What is paid with (--mix): token, stored cards; jwe, cards encrypted in a browser, with CVV2; chip, a terminal with chip and PIN;
mixed, 60, 25 and 15 of a hundred. Latencies of a paced load count from the time at which a payment was due: a system that stalls
cannot hide what it did not take. Ctrl-C ends the load and reports what was counted.
Exit code 0: everything was answered. 1: something was not answered, or answered with an error.`;

/** In flight in a closed loop when nothing is said. */
const closedInFlight = 64;

/** What a paced load lets wait at the core: less than the core refuses at (limits.paymentsInFlightMax). */
const pacedInFlight = 8000;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('must be a number above zero');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 32_000)
    throw new InvalidArgumentError('must be a whole number from 1 to 32000');
  return value;
}

/** The verb. */
export function loadCommand(): Command {
  return withConnectOptions(new Command('load'))
    .description('pay with test cards, many a second, and report rates and percentiles')
    .option('--seconds <n>', 'how long', positive, 30)
    .addOption(new Option('--mix <kind>', 'what is paid with').choices(mixes).default('mixed'))
    .option('--rate <n>', 'payments a second (default: a closed loop)', positive)
    .addOption(new Option('--arrivals <kind>', 'how they come at a rate').choices(arrivalKinds).default('even'))
    .option('--seed <n>', 'of the chance in arrivals', positive, 1)
    .option(
      '--in-flight <n>',
      `most in flight (default: ${closedInFlight} in a closed loop, ${pacedInFlight} at a rate)`,
      whole,
    )
    .option('--tokens <n>', 'stored cards to make first', whole, 64)
    .option('--html <file>', 'write a report with charts as one HTML file')
    .option('--out <file>', 'write the report as JSON')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (options.arrivals === 'poisson' && options.rate === undefined)
    throw new Failure('--arrivals poisson needs a --rate: a closed loop pays when the answer before has come', 2);
  const info = systemInfo(options);
  const report = await play(info, options);
  if (options.html !== undefined) writeFileSync(options.html, loadHtml(report));
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
  if (options.json === true) printJson(report);
  else for (const text of loadText(report)) line(text);
  const errors = Object.keys(report.result.outcomes).some((name) => name.startsWith('error '));
  if (report.lost > 0 || errors) process.exitCode = 1;
}

/** Runs the load in a process of its own. */
async function play(info: SystemInfo, options: Options): Promise<LoadReport> {
  const seconds: Array<LoadReport['seconds'][number]> = [];
  let result: LoadReport['result'] | undefined;
  let lost = 0;
  let child: ChildProcess | undefined;
  let stopped = false;
  const onEvent = (event: LoadEvent): void => {
    if (event.event === 'prepared') over('');
    if (event.event === 'progress') {
      ({ result } = event);
      seconds.push(event.second);
      over(progressText(event.result, event.second, options.seconds));
    } else if (event.event === 'phase-end') ({ result } = event);
    else if (event.event === 'drained') lost = event.left;
  };
  const stop = (): void => {
    stopped = true;
    child?.kill('SIGTERM');
  };
  process.once('SIGINT', stop);
  const at = new Date().toISOString();
  over('cards, keys and cryptograms are made ...');
  try {
    await runLoad(taskOf(info, options), (started) => (child = started), onEvent);
  } catch (error) {
    if (!stopped) throw error;
  } finally {
    over('');
    process.off('SIGINT', stop);
  }
  if (result === undefined) throw new Failure('the load ended before it counted anything');
  return { at, asked: askedOf(options), result, seconds, lost };
}

function taskOf(info: SystemInfo, options: Options): LoadTask {
  const { demo } = info;
  const { seconds, rate, arrivals, seed } = options;
  const inFlight = options.inFlight ?? (rate === undefined ? closedInFlight : pacedInFlight);
  const phase: PhaseOptions = {
    seconds,
    inFlight,
    ...(rate === undefined ? {} : { ratePerSecond: rate, arrivals, seed }),
  };
  return {
    core: options.core ?? info.core,
    tls: info.tls.ops,
    merchantId: demo.merchantId,
    ecommerceTerminal: demo.ecommerceTerminal,
    cardTerminal: demo.cardTerminal,
    terminalFile: info.terminalFile,
    simulatorControl: info.simulatorControl,
    issuerSocket: info.issuerSocket,
    currency: 'EUR',
    runId: `load-${Date.now().toString(36)}`,
    mix: options.mix,
    tokens: options.tokens,
    phases: [{ ...phase, name: 'load' }],
  };
}

function askedOf({ mix, rate, arrivals, inFlight, seed }: Options): Record<string, string> {
  const chance = arrivals === 'poisson' ? `, seed ${seed}` : '';
  return {
    mix,
    arrivals:
      rate === undefined
        ? `closed loop, ${inFlight ?? closedInFlight} in flight`
        : `${arrivals}, ${rate} a second${chance}`,
  };
}

/** One line that is written over, on a terminal; nothing elsewhere. */
function over(text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}
