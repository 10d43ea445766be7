// `card-edge keys`: keys as an operator sees them, through the device's admin socket.
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KEY_ALGORITHMS, KEY_USAGES } from '../../hsm/commands-keys.ts';
import { verifyAudit } from '../../hsm/device/audit.ts';
import type { Activation, KeyAlgorithm, KeyRecord, KeyUsage } from '../../hsm/port.ts';
import { Failure } from '../failure.ts';
import { runCeremony } from './ceremony.ts';
import { type Prompt, terminalPrompt } from './prompt.ts';
import { keyTable, valueOr, withDevice } from './session.ts';

/** What the command prints to and asks at; defaults: the process's terminal. */
export interface KeysIo {
  readonly print?: (text: string) => void;
  readonly prompt?: () => Prompt;
}

interface Common {
  readonly socket?: string;
}

interface ActivationFlags {
  readonly pending?: boolean;
  readonly overlapHours?: number;
  readonly activateAt?: number;
}

const HOUR_MS = 3_600_000;

function hours(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 24 * 366)) throw new InvalidArgumentError('0 to 8784 hours');
  return value;
}

/** Unix ms of a time that says its zone: an operator's local time and the device's clock must not be mixed up. */
function time(text: string): number {
  const value = Date.parse(text);
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(value))
    throw new InvalidArgumentError('a time with its zone, as 2030-01-31T04:00Z');
  return value;
}

function componentCount(text: string): number {
  if (text !== '2' && text !== '3') throw new InvalidArgumentError('2 or 3');
  return Number(text);
}

function activationOf({ pending, overlapHours, activateAt }: ActivationFlags): Activation {
  return {
    state: pending === true ? 'pending' : 'active',
    ...(overlapHours === undefined ? {} : { overlapMs: overlapHours * HOUR_MS }),
    ...(activateAt === undefined ? {} : { atMs: activateAt }),
  };
}

const socketOption = (): Option =>
  new Option(
    '--socket <path>',
    "the device's admin socket; default: CARD_EDGE_HSM_ADMIN_SOCKET, or the acquirer's of the running system",
  );
const usageOption = (): Option =>
  new Option(
    '--usage <code>',
    'X9.143 usage: P0 PIN, M3 retail MAC, B0 base key, K1 key block protection, ...',
  ).choices(KEY_USAGES);
const algorithmOption = (): Option => new Option('--algorithm <name>', 'algorithm and length').choices(KEY_ALGORITHMS);
const pendingOption = (): Option => new Option('--pending', 'do not put it into use yet: see keys activate');
const activateAtOption = (): Option =>
  new Option('--activate-at <time>', 'wait until then and become active, as 2030-01-31T04:00Z')
    .argParser(time)
    .conflicts('pending');
const overlapOption = (): Option =>
  new Option('--overlap-hours <n>', 'how long the version before still deciphers and verifies; default 24').argParser(
    hours,
  );

/** The `keys` verb with its sub-commands. A refusal throws Failure with its exit code. */
export function keysCommand(io: KeysIo = {}): Command {
  const print = io.print ?? ((text: string) => void process.stdout.write(`${text}\n`));
  const show = (key: KeyRecord): void => print(keyTable([key]));
  const command = new Command('keys').description(
    'keys of the payment HSM: list, load, rotate, destroy, ceremonies, audit',
  );

  addList(command, print);
  addGenerate(command, show);
  addImport(command, show);
  addExport(command, print);

  addRotate(command, show);
  addStates(command, show);
  addDestroy(command, show, print);
  addCeremony(command, show, io.prompt ?? (() => terminalPrompt()));
  addAudit(command, print);
  return command;
}

function addList(command: Command, print: (text: string) => void): void {
  command
    .command('list')
    .description('every key version with its usage, check value and state')
    .argument('[name]')
    .addOption(socketOption())
    .option('--json', 'as JSON lines')
    .action(async (name: string | undefined, options: Common & { json?: boolean }) => {
      const { keys } = await withDevice(options.socket, async (client) =>
        valueOr(await client.listKeys([name === undefined ? {} : { name }])),
      );
      print(options.json === true ? keys.map((key) => JSON.stringify(key)).join('\n') : keyTable(keys));
    });
}

function addGenerate(command: Command, show: (key: KeyRecord) => void): void {
  command
    .command('generate')
    .description('make the next version of a key inside the HSM')
    .argument('<name>')
    .addOption(usageOption().makeOptionMandatory())
    .addOption(algorithmOption().makeOptionMandatory())
    .addOption(pendingOption())
    .addOption(activateAtOption())
    .addOption(overlapOption())
    .addOption(socketOption())
    .action(async (name: string, options: Common & ActivationFlags & { usage: KeyUsage; algorithm: KeyAlgorithm }) => {
      const item = { name, usage: options.usage, algorithm: options.algorithm, activation: activationOf(options) };
      show(await withDevice(options.socket, async (client) => valueOr(await client.generateKey([item])).key));
    });
}

function addRotate(command: Command, show: (key: KeyRecord) => void): void {
  command
    .command('rotate')
    .description('make the next version like the active one, and let that one retire over the overlap')
    .argument('<name>')
    .addOption(activateAtOption())
    .addOption(overlapOption())
    .addOption(socketOption())
    .action(async (name: string, options: Common & ActivationFlags) => {
      const key = await withDevice(options.socket, async (client) => {
        const active = valueOr(await client.listKeys([{ name }])).keys.find((one) => one.state === 'active');
        if (active === undefined) throw new Failure(`${name} has no active version to rotate.`, 4);
        return valueOr(
          await client.generateKey([
            { name, usage: active.usage, algorithm: active.algorithm, activation: activationOf(options) },
          ]),
        ).key;
      });
      show(key);
    });
}

function addStates(command: Command, show: (key: KeyRecord) => void): void {
  for (const verb of ['activate', 'retire'] as const) {
    command
      .command(verb)
      .description(
        verb === 'activate'
          ? 'put a pending version into use; the one before retires'
          : 'take an active version out of use; it still undoes for the overlap',
      )
      .argument('<key>', 'name@version')
      .addOption(overlapOption())
      .addOption(socketOption())
      .action(async (keyRef: string, options: Common & ActivationFlags) => {
        const overlap = activationOf(options).overlapMs;
        const item = { keyRef, ...(overlap === undefined ? {} : { overlapMs: overlap }) };
        show(
          await withDevice(
            options.socket,
            async (client) =>
              valueOr(verb === 'activate' ? await client.activateKey([item]) : await client.retireKey([item])).key,
          ),
        );
      });
  }
}

function addDestroy(command: Command, show: (key: KeyRecord) => void, print: (text: string) => void): void {
  command
    .command('destroy')
    .description('erase a key version for ever; never an active one')
    .argument('<key>', 'name@version')
    .requiredOption('--yes', 'I know that what it enciphered is lost')
    .addOption(socketOption())
    .action(async (keyRef: string, options: Common) => {
      show(await withDevice(options.socket, async (client) => valueOr(await client.destroyKey([{ keyRef }])).key));
    });

  command
    .command('kcv')
    .description('the check value, computed anew from the key in the HSM')
    .argument('<key>')
    .addOption(socketOption())
    .action(async (keyRef: string, options: Common) => {
      print(await withDevice(options.socket, async (client) => valueOr(await client.keyCheckValue([{ keyRef }])).kcv));
    });
}

interface ImportFlags extends Common, ActivationFlags {
  readonly kbpk?: string;
  readonly block?: string;
  readonly file?: string;
  readonly zmk?: string;
  readonly cryptogram?: string;
  readonly mode: 'ecb' | 'cbc';
  readonly usage?: KeyUsage;
  readonly kcv?: string;
}

function addImport(command: Command, show: (key: KeyRecord) => void): void {
  command
    .command('import')
    .description('load a key: a key block under --kbpk, or a cryptogram under --zmk')
    .argument('<name>')
    .option('--kbpk <key>', 'key block protection key that the block is under')
    .option('--block <text>', 'the key block (X9.143 / TR-31)')
    .option('--file <path>', 'file with the key block')
    .option('--zmk <key>', 'zone master key that the cryptogram is under')
    .option('--cryptogram <hex>', 'the enciphered key; needs --usage and --kcv')
    .addOption(new Option('--mode <mode>', 'of the cryptogram').choices(['ecb', 'cbc']).default('ecb'))
    .addOption(usageOption())
    .option('--kcv <hex>', 'check value that the key must have')
    .addOption(pendingOption())
    .addOption(activateAtOption())
    .addOption(overlapOption())
    .addOption(socketOption())
    .action(async (name: string, options: ImportFlags) => {
      const { zmk, cryptogram, usage, kcv, mode, kbpk } = options;
      const activation = activationOf(options);
      const key = await withDevice(options.socket, async (client) => {
        if (zmk !== undefined && cryptogram !== undefined) {
          if (usage === undefined || kcv === undefined)
            throw new Failure('A cryptogram says nothing about itself: give --usage and --kcv.', 2);
          const item = {
            name,
            zmkRef: zmk,
            cryptogram: Buffer.from(cryptogram, 'hex'),
            mode,
            usage,
            expectedKcv: kcv,
            activation,
          };
          return valueOr(await client.importKeyCryptogram([item])).key;
        }
        const keyBlock =
          options.block ?? (options.file === undefined ? undefined : readFileSync(options.file, 'latin1').trim());
        if (kbpk === undefined || keyBlock === undefined)
          throw new Failure('Give --kbpk with --block or --file, or --zmk with --cryptogram.', 2);
        return valueOr(
          await client.importKeyBlock([
            { name, kbpkRef: kbpk, keyBlock, activation, ...(kcv === undefined ? {} : { expectedKcv: kcv }) },
          ]),
        ).key;
      });
      show(key);
    });
}

interface ExportFlags extends Common, ActivationFlags {
  readonly kbpk: string;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly blockVersion: 'B' | 'D' | 'E';
}

function addExport(command: Command, print: (text: string) => void): void {
  command
    .command('export')
    .description('make a new key and print it as a key block for the other party; a stored key never leaves')
    .argument('<name>')
    .requiredOption('--kbpk <key>', 'key block protection key shared with the other party')
    .addOption(usageOption().makeOptionMandatory())
    .addOption(algorithmOption().makeOptionMandatory())
    .addOption(
      new Option('--block-version <letter>', 'B for TDES, D or E for AES').choices(['B', 'D', 'E']).default('D'),
    )
    .addOption(pendingOption())
    .addOption(activateAtOption())
    .addOption(overlapOption())
    .addOption(socketOption())
    .action(async (name: string, options: ExportFlags) => {
      const { kbpk, usage, algorithm, blockVersion } = options;
      const item = {
        name,
        kbpkRef: kbpk,
        usage,
        algorithm,
        versionId: blockVersion,
        activation: activationOf(options),
      };
      const { key, keyBlock } = await withDevice(options.socket, async (client) =>
        valueOr(await client.exportKeyBlock([item])),
      );
      print(`${keyTable([key])}\n${keyBlock}`);
    });
}

interface CeremonyFlags extends Common {
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly components: number;
  readonly kcv?: string;
  readonly transcript?: string;
}

function addCeremony(command: Command, show: (key: KeyRecord) => void, makePrompt: () => Prompt): void {
  command
    .command('ceremony')
    .description('make a key from components that different people enter, approved by a further one')
    .argument('<name>')
    .addOption(usageOption().makeOptionMandatory())
    .addOption(algorithmOption().makeOptionMandatory())
    .option('--components <n>', '2 or 3', componentCount, 2)
    .option('--kcv <hex>', 'check value of the whole key, if the sender gave one')
    .option('--transcript <path>', 'write what was done, without components, to a new file')
    .addOption(socketOption())
    .action(async (name: string, options: CeremonyFlags) => {
      const { usage, algorithm, components, kcv, transcript } = options;
      const ceremony = {
        name,
        usage,
        algorithm,
        components,
        ...(kcv === undefined ? {} : { kcv }),
        ...(transcript === undefined ? {} : { transcriptPath: transcript }),
      };
      const prompt = makePrompt();
      try {
        show(await withDevice(options.socket, (client) => runCeremony(client, prompt, ceremony)));
      } finally {
        prompt.close();
      }
    });
}

function addAudit(command: Command, print: (text: string) => void): void {
  const audit = command.command('audit').description("the device's chained record of key commands");
  audit
    .command('verify')
    .description('check that no line was changed, removed or inserted')
    .argument('<file>')
    .option('--head <hash>', 'head noted earlier: the chain must pass through it, so that nothing was cut off')
    .addOption(socketOption())
    .action(async (path: string, options: Common & { head?: string }) => {
      const text = readFileSync(path, 'utf8');
      const verdict = verifyAudit(text);
      if (!verdict.ok)
        throw new Failure(`${path} was altered: line ${verdict.line} does not follow from the line before.`, 7);
      if (options.head !== undefined && !text.includes(`"hash":"${options.head}"`))
        throw new Failure(`${path} does not hold the head ${options.head}: lines were cut off.`, 7);
      if (options.socket !== undefined) {
        const { head } = await withDevice(options.socket, async (client) => valueOr(await client.auditHead([{}])));
        if (head !== verdict.head)
          throw new Failure(
            `The device's head is ${head}, the file's ${verdict.head}: lines were cut off, or the file is another.`,
            7,
          );
      }
      print(`${verdict.lines} lines, unbroken; head ${verdict.head}`);
    });
  audit
    .command('head')
    .description('number of lines and hash of the last: note it elsewhere')
    .addOption(socketOption())
    .action(async (options: Common) => {
      const { lines, head } = await withDevice(options.socket, async (client) => valueOr(await client.auditHead([{}])));
      print(`${lines} ${head}`);
    });
}
