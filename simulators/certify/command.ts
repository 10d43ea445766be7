// card-edge certify run: a certification pack against a running system.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { Command, Option } from 'commander';
import { projectPath } from '../../common/root.ts';
import { connectHsm } from '../../hsm/client.ts';
import { loadDevelopmentTerminal } from '../../hsm/terminal/pad.ts';
import { GetCardKeyRequest, PaymentService } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { makeClient } from '../../proto/service.ts';
import { askSimulator } from '../control-client.ts';
import { makeChipData } from '../terminal/chip.ts';
import type { CardKey } from '../terminal/payments.ts';
import { Driver, type KnownCard } from './driver.ts';
import { type Expectation, PackError, readPack } from './pack.ts';
import { junitReport, textReport } from './report.ts';
import { type Director, runPack } from './run.ts';
import type { ScriptedMessage } from './script.ts';

/** The part of a running system's facts (system.json) that is needed. */
interface SystemFacts {
  readonly core: string;
  readonly tls: { readonly ops: { readonly ca: string; readonly cert: string; readonly key: string } };
  readonly simulatorControl: string;
  readonly terminalFile: string;
  readonly issuerSocket: string;
  readonly demo: { readonly merchantId: string; readonly cardTerminal: string };
}

interface Options {
  readonly stateDir: string;
  readonly case?: string;
  readonly junit?: string;
  readonly json?: string;
}

const runHelp = `
Examples:
  card-edge certify run                               the shipped pack, against the system of \`make run\`
  card-edge certify run my.yaml --case lost-answer    one case of your own
  card-edge certify run --junit report.xml            for a build server

Nothing else should use the system meanwhile: every message that the host receives is taken for the case's. How to write a case:
docs/certification.md. Exit code 0: all passed. 1: some did not. 2: the pack has faults, all of them told with their places.`;

/** The verb. */
export function certifyCommand(): Command {
  const run = new Command('run')
    .description('run a pack and judge every message and status')
    .argument('[pack]', 'YAML file', projectPath('simulators', 'certify', 'packs', 'simnet.yaml'))
    .addOption(
      new Option('--state-dir <folder>', 'state folder of the running system')
        .env('CARD_EDGE_STATE_DIR')
        .default(projectPath('.card-edge'), '.card-edge'),
    )
    .option('--case <name>', 'only this case')
    .option('--junit <file>', 'write JUnit XML')
    .option('--json <file>', 'write the results as JSON')
    .addHelpText('after', runHelp)
    .action(certify);
  return new Command('certify').description('judge the gateway by certification packs').addCommand(run);
}

async function certify(file: string, options: Options): Promise<void> {
  const pack = readFileSync(file, 'utf8');
  try {
    process.exitCode = (await judge(readPack(pack), options)) === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

/** Runs the pack's cases; gives how many failed. */
async function judge(pack: ReturnType<typeof readPack>, options: Options): Promise<number> {
  const cases = pack.cases.filter((one) => options.case === undefined || one.name === options.case);
  if (cases.length === 0) throw new PackError([`the pack has no case "${options.case ?? ''}"`]);
  const facts = JSON.parse(readFileSync(join(options.stateDir, 'system.json'), 'utf8')) as SystemFacts;
  const system = await connectSystem(facts);
  try {
    const results = await runPack({ ...pack, cases }, system.director, system.makeDriver, (result) =>
      process.stdout.write(textReport(result)),
    );
    const failed = results.filter((result) => result.failures.length > 0).length;
    process.stdout.write(`\n${results.length - failed} passed, ${failed} failed\n`);
    if (options.junit !== undefined) writeFileSync(options.junit, junitReport(pack.name, results));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    return failed;
  } finally {
    system.close();
  }
}

async function connectSystem(facts: SystemFacts) {
  const { ca, cert, key } = facts.tls.ops;
  const own = credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert));
  const payments = makeClient(PaymentService, facts.core, own);
  const cardKey = await new Promise<CardKey>((resolve, reject) => {
    payments.getCardKey(
      GetCardKeyRequest.create(),
      new Metadata(),
      { deadline: Date.now() + 10_000 },
      (error, answer) => {
        if (error !== null) reject(error);
        else resolve(JSON.parse(answer?.jwk ?? '{}') as CardKey);
      },
    );
  });
  const control = facts.simulatorControl;
  const { cards } = await askSimulator<{ cards: KnownCard[] }>(control, { command: 'cards' });
  const issuer = connectHsm({ socketPath: facts.issuerSocket });
  await issuer.ready(5000);
  const seconds = Math.trunc(Date.now() / 1000);
  const terminal = loadDevelopmentTerminal(facts.terminalFile, seconds % 604_800).find(
    (one) => one.scheme === 'tdes-dukpt',
  );
  const date = new Date().toISOString().slice(2, 10).replaceAll('-', '');
  let counter = seconds % 60_000;
  const chipData = async (pan: string, amountMinor: bigint, currencyNumeric: string): Promise<Buffer> => {
    counter += 1;
    const [data] = await makeChipData(issuer, [
      { pan, amountMinor, currencyNumeric, date, counter, unpredictable: counter * 2_654_435_761 },
    ]);
    return data ?? Buffer.alloc(0);
  };
  const { merchantId, cardTerminal } = facts.demo;
  return {
    director: directorOf(control),
    makeDriver: () => new Driver({ payments, merchantId, cardTerminal, cardKey, cards, terminal, chipData }),
    close: () => {
      issuer.close();
      payments.close();
    },
  };
}

function directorOf(control: string): Director {
  const script = async (expectations?: readonly Expectation[]): Promise<void> => {
    await askSimulator(control, { command: 'script', expectations } as { command: string });
  };
  return {
    begin: script,
    end: () => script(),
    judged: async () => (await askSimulator<{ messages: ScriptedMessage[] }>(control, { command: 'judged' })).messages,
  };
}
