import {
  type Dialect,
  type Fit,
  fitDialects,
  formatIso8583Error,
  loadDialect,
  loadDialectFile,
  loadProfile,
  loadProfileFile,
  type Message,
  type Profile,
  profileNameOf,
  SpecError,
  shippedDialects,
  type UnpackOptions,
} from '../../acquirer-gateway/iso8583/index.ts';
import { exitCodes, IsoFault, type IsoIo } from './io.ts';

/** A shipped dialect by name, or a user's own by file. */
export function dialectOf(name: string): Dialect {
  return orFault(
    () => (shippedDialects().includes(name) ? loadDialect(name) : loadDialectFile(name)),
    `dialect ${name}`,
  );
}

/** A shipped profile by name, or a user's own by file; `auto` is the shipped profile of the dialect. */
export function profileOf(given: string, dialect: string): Profile {
  const name = given === 'auto' ? profileNameOf(dialect) : given;
  if (name === undefined)
    throw new IsoFault(exitCodes.usage, `no profile is shipped for ${dialect}: name one with --profile`);
  return orFault(() => (/[./\\]/.test(name) ? loadProfileFile(name) : loadProfile(name)), `profile ${name}`);
}

function orFault<T>(load: () => T, what: string): T {
  try {
    return load();
  } catch (error) {
    if (error instanceof SpecError) throw new IsoFault(exitCodes.spec, faultLines(error));
    throw new IsoFault(exitCodes.spec, `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** One line a fault. */
export function faultLines(error: SpecError): string {
  return error.faults.map((fault) => `${fault.pointer === '' ? '/' : fault.pointer}: ${fault.message}`).join('\n');
}

/** Unpacks with the dialect named, or with `auto` finds one and says on standard error which fit and why the others do not. */
export function unpackWith(
  io: IsoIo,
  spec: string,
  bytes: Buffer,
  options: UnpackOptions,
): { readonly dialect: Dialect; readonly message: Message } {
  if (spec !== 'auto') {
    const dialect = dialectOf(spec);
    const unpacked = dialect.unpack(bytes, options);
    if (!unpacked.ok) throw new IsoFault(exitCodes.refused, formatIso8583Error(unpacked.error));
    return { dialect, message: unpacked.message };
  }
  const fits = fitDialects(bytes, shippedDialects().map(loadDialect));
  io.err(`${fits.map(fitLine).join('\n')}\n`);
  const best = fits[0];
  if (best?.message === undefined || (best.fit === 'lenient' && options.mode !== 'lenient'))
    throw new IsoFault(exitCodes.refused, 'no shipped dialect fits');
  return { dialect: loadDialect(best.dialect), message: best.message };
}

function fitLine(fit: Fit): string {
  const name = fit.dialect.padEnd(20);
  if (fit.fit === 'strict') return `${name} fits`;
  return `${name} ${fit.fit === 'lenient' ? 'fits in lenient mode only' : 'does not fit'}: ${fit.reason}`;
}
