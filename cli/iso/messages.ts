import {
  type Dialect,
  formatIso8583Error,
  hexdumpMessage,
  type Message,
  type MessageInput,
  messageToJson,
  viewRows,
} from '../../acquirer-gateway/iso8583/index.ts';
import { exitCodes, type InputFormat, IsoFault, type IsoIo, readBytes, readJson } from './io.ts';
import { dialectOf, profileOf, unpackWith } from './specs.ts';

export interface InputOptions {
  readonly spec: string;
  readonly format: InputFormat;
  readonly skip: string;
  readonly lenient?: boolean;
}

function readMessage(
  io: IsoIo,
  input: string | undefined,
  options: InputOptions,
): { readonly dialect: Dialect; readonly message: Message } {
  const skip = Number(options.skip);
  if (!Number.isSafeInteger(skip) || skip < 0) throw new IsoFault(exitCodes.usage, '--skip needs a number of bytes');
  const bytes = readBytes(io, input, options.format);
  return unpackWith(io, options.spec, bytes.subarray(skip), { mode: options.lenient === true ? 'lenient' : 'strict' });
}

/** Prints a message, masked. */
export function decode(
  io: IsoIo,
  input: string | undefined,
  options: InputOptions & { readonly output: string; readonly offsets?: boolean },
): void {
  const { dialect, message } = readMessage(io, input, options);
  for (const warning of message.warnings) io.err(`warning: ${formatIso8583Error(warning)}\n`);
  switch (options.output) {
    case 'text':
      io.out(`${dialect.describe(message, { offsets: options.offsets === true })}\n`);
      return;
    case 'json':
      io.out(`${JSON.stringify({ dialect: dialect.name, ...messageToJson(message) }, null, 2)}\n`);
      return;
    case 'hexdump':
      io.out(`${hexdumpMessage(message)}\n`);
      return;
    default:
      throw new IsoFault(exitCodes.usage, '--output is text, json or hexdump');
  }
}

/** Packs { "mti": ..., "fields": { ... } } into bytes. */
export function encode(
  io: IsoIo,
  input: string | undefined,
  options: { readonly spec: string; readonly output: string },
): void {
  const json = readJson(io, input);
  if (
    typeof json !== 'object' ||
    json === null ||
    !('mti' in json) ||
    typeof json.mti !== 'string' ||
    !('fields' in json) ||
    typeof json.fields !== 'object' ||
    json.fields === null
  ) {
    throw new IsoFault(exitCodes.usage, 'the input needs "mti" and "fields"');
  }
  const packed = dialectOf(options.spec).pack({ mti: json.mti, fields: json.fields as MessageInput['fields'] });
  if (!packed.ok) throw new IsoFault(exitCodes.refused, formatIso8583Error(packed.error));
  if (options.output === 'binary') io.out(packed.bytes);
  else if (options.output === 'hex') io.out(`${packed.bytes.toString('hex').toUpperCase()}\n`);
  else throw new IsoFault(exitCodes.usage, '--output is hex or binary');
}

/** Prints the elements in which two messages differ, masked. */
export function diff(io: IsoIo, left: string, right: string, options: InputOptions): void {
  const a = readMessage(io, left, options);
  const b = readMessage(io, right, { ...options, spec: options.spec === 'auto' ? a.dialect.name : options.spec });
  const rowsOf = (message: Message): Map<string, string> =>
    new Map(viewRows(message).map((row) => [row.path, row.value]));
  const [before, after] = [rowsOf(a.message), rowsOf(b.message)];
  const lines: string[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (a.message.get(path) === b.message.get(path)) continue;
    if (before.get(path) === '' && after.get(path) === '') continue; // its subfields say it
    if (before.has(path)) lines.push(`- ${path} ${before.get(path)}`);
    if (after.has(path)) lines.push(`+ ${path} ${after.get(path)}`);
  }
  for (const line of lines) io.out(`${line}\n`);
  if (lines.length > 0) io.exit(exitCodes.refused);
}

/** Judges a message by a profile and prints every violation. */
export function validate(
  io: IsoIo,
  input: string | undefined,
  options: InputOptions & { readonly profile: string; readonly flow?: string; readonly request?: string },
): void {
  const { dialect, message } = readMessage(io, input, options);
  const profile = profileOf(options.profile, dialect.name);
  const request =
    options.request === undefined
      ? undefined
      : readMessage(io, options.request, { ...options, spec: dialect.name }).message;
  const flow = options.flow ?? profile.flowOf(message);
  const violations = profile.validate(message, {
    ...(options.flow === undefined ? {} : { flow: options.flow }),
    ...(request === undefined ? {} : { request }),
  });
  for (const violation of violations) io.out(`${violation.path}: ${violation.kind}, expected ${violation.expected}\n`);
  io.err(
    `${profile.name}, flow ${flow ?? 'none'}: ${violations.length === 0 ? 'conforms' : `${violations.length} violations`}\n`,
  );
  if (violations.length > 0) io.exit(exitCodes.refused);
}
