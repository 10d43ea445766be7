import { Command } from 'commander';
import {
  compileSpec,
  type Imported,
  importJpos,
  importMoov,
  SpecError,
  shippedDialects,
} from '../../acquirer-gateway/iso8583/index.ts';
import { exitCodes, IsoFault, type IsoIo, processIo, readJson, readRaw } from './io.ts';
import { decode, diff, encode, type InputOptions, validate } from './messages.ts';
import { dialectOf, faultLines } from './specs.ts';

const help = `
INPUT is hexadecimal text, the name of a file, or - for standard input; files and pipes hold bytes or hexadecimal.
SPEC is a shipped dialect (card-edge iso spec list), a file, or auto for decode, diff and validate.
Card data is masked in everything that is printed.

Exit codes:
  0  done, and the message, profile or specification is good
  1  the message was refused, breaks its profile, or differs
  2  wrong command line, or input that cannot be read
  3  the specification or profile is faulty or unknown`;

type Action<A extends readonly unknown[]> = (...args: A) => void;

/** Runs a verb; its faults become one message and an exit code. */
function guarded<A extends readonly unknown[]>(io: IsoIo, action: Action<A>): Action<A> {
  return (...args) => {
    try {
      action(...args);
    } catch (error) {
      if (!(error instanceof IsoFault)) throw error;
      io.err(`${error.message}\n`);
      io.exit(error.code);
    }
  };
}

function withInput(command: Command): Command {
  return command
    .option('-s, --spec <spec>', 'dialect of the message', 'auto')
    .option('-f, --format <format>', 'auto, hex or binary', 'auto')
    .option('--skip <bytes>', 'bytes in front that are not the message: frame length, header', '0')
    .option('--lenient', 'read what can be read, and warn');
}

/** The verb `card-edge iso`: decode, encode, diff and validate messages, import and check specifications. */
export function isoCommand(io: IsoIo = processIo): Command {
  const iso = new Command('iso')
    .description('ISO 8583 messages: decode, encode, diff, validate')
    .addHelpText('after', help);
  withInput(iso.command('decode').argument('[input]').description('print a message, masked'))
    .option('-o, --output <form>', 'text, json or hexdump', 'text')
    .option('--offsets', 'with offset and length of each value')
    .action(
      guarded(io, (input: string | undefined, options: InputOptions & { output: string; offsets?: boolean }) =>
        decode(io, input, options),
      ),
    );
  iso
    .command('encode')
    .argument('[input]')
    .description('pack {"mti": "0100", "fields": {"3": "000000", "55.9F02": "..."}}')
    .requiredOption('-s, --spec <spec>', 'dialect of the message')
    .option('-o, --output <form>', 'hex or binary', 'hex')
    .action(
      guarded(io, (input: string | undefined, options: { spec: string; output: string }) => encode(io, input, options)),
    );
  withInput(
    iso
      .command('diff')
      .argument('<left>')
      .argument('<right>')
      .description('print the elements in which two messages differ'),
  ).action(guarded(io, (left: string, right: string, options: InputOptions) => diff(io, left, right, options)));
  withInput(
    iso.command('validate').argument('[input]').description('judge a message by a profile, all violations at once'),
  )
    .option('-p, --profile <profile>', 'name or file; auto: that of the dialect', 'auto')
    .option('--flow <flow>', 'flow of the profile; by default the first that fits')
    .option('--request <input>', 'the request that the message answers: echoed fields are compared')
    .action(
      guarded(
        io,
        (input: string | undefined, options: InputOptions & { profile: string; flow?: string; request?: string }) =>
          validate(io, input, options),
      ),
    );
  iso.addCommand(specCommand(io));
  return iso;
}

function specCommand(io: IsoIo): Command {
  const spec = new Command('spec').description('specifications of dialects');
  spec
    .command('list')
    .description('shipped dialects')
    .action(
      guarded(io, () => {
        for (const name of shippedDialects()) io.out(`${name.padEnd(20)} ${dialectOf(name).spec.description ?? ''}\n`);
      }),
    );
  spec
    .command('check')
    .argument('<file>', 'specification, - for standard input')
    .description('report every fault with its JSON pointer')
    .action(
      guarded(io, (file: string) => {
        try {
          const dialect = compileSpec(readJson(io, file));
          io.out(`${dialect.name} ${dialect.version}: good, ${Object.keys(dialect.spec.fields).length} fields\n`);
        } catch (error) {
          if (error instanceof SpecError) throw new IsoFault(exitCodes.spec, faultLines(error));
          throw error;
        }
      }),
    );
  spec
    .command('import')
    .argument('<kind>', 'jpos (GenericPackager XML) or moov (JSON)')
    .argument('<file>', '- for standard input')
    .option('-n, --name <name>', 'name of the dialect', 'imported')
    .description('print a specification; what could not be carried over goes to standard error')
    .action(
      guarded(io, (kind: string, file: string, options: { name: string }) => importSpec(io, kind, file, options.name)),
    );
  return spec;
}

function importSpec(io: IsoIo, kind: string, file: string, name: string): void {
  if (kind !== 'jpos' && kind !== 'moov') throw new IsoFault(exitCodes.usage, 'the kind is jpos or moov');
  let imported: Imported;
  try {
    imported =
      kind === 'jpos' ? importJpos(readRaw(io, file).toString('utf8'), name) : importMoov(readJson(io, file), name);
    compileSpec(imported.spec);
  } catch (error) {
    if (error instanceof IsoFault) throw error;
    throw new IsoFault(
      exitCodes.spec,
      error instanceof SpecError ? faultLines(error) : error instanceof Error ? error.message : String(error),
    );
  }
  io.out(`${JSON.stringify(imported.spec, null, 2)}\n`);
  for (const note of imported.notes) io.err(`${note.path}: ${note.construct}: ${note.reason}\n`);
}
