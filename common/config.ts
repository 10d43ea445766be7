// Configuration: a table of settings, read once from the environment. All faults are reported together, by name.

/** One setting. */
export interface Setting<T> {
  /** Name of the environment variable. */
  readonly name: string;
  /** What it is for, for --help. */
  readonly about: string;
  /** Its default as text; a setting without one is required. Secrets and peers have none. */
  readonly fallback?: string;
  /** Reads the text; a string answer says what would be right. */
  readonly read: (text: string) => { readonly value: T } | string;
}

/** The values of a table of settings. */
export type Values<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** Thrown with every fault of a configuration. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

type Options = { readonly fallback?: string };

function setting<T>(name: string, about: string, options: Options, read: Setting<T>['read']): Setting<T> {
  return options.fallback === undefined ? { name, about, read } : { name, about, read, fallback: options.fallback };
}

/** Free text. */
export function text(name: string, about: string, options: Options = {}): Setting<string> {
  return setting(name, about, options, (given) => ({ value: given }));
}

/** A whole number in a range. */
export function integer(
  name: string,
  about: string,
  range: { min: number; max: number },
  options: Options = {},
): Setting<number> {
  return setting(name, about, options, (given) => {
    const value = Number(given);
    const right = /^-?\d+$/.test(given) && value >= range.min && value <= range.max;
    return right ? { value } : `must be a whole number from ${range.min} to ${range.max}`;
  });
}

/** A TCP port; 0 lets the system choose. */
export function port(name: string, about: string, options: Options = {}): Setting<number> {
  return integer(name, about, { min: 0, max: 65535 }, options);
}

/** Host and port of a peer. */
export function address(name: string, about: string, options: Options = {}): Setting<string> {
  return setting(name, about, options, (given) => {
    const match = /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(given);
    return match !== null && Number(match[2]) > 0 && Number(match[2]) <= 65535 ? { value: given } : 'must be HOST:PORT';
  });
}

/** One of a list of words. */
export function choice<const W extends readonly string[]>(
  name: string,
  about: string,
  words: W,
  options: Options = {},
): Setting<W[number]> {
  return setting(name, about, options, (given) =>
    words.includes(given) ? { value: given as W[number] } : `must be one of ${words.join(', ')}`,
  );
}

/** Yes or no. */
export function flag(name: string, about: string, options: Options = {}): Setting<boolean> {
  return setting(name, about, options, (given) => {
    if (['1', 'true', 'yes', 'on'].includes(given)) return { value: true };
    if (['0', 'false', 'no', 'off', ''].includes(given)) return { value: false };
    return 'must be 1 or 0';
  });
}

/** Reads a table of settings; throws ConfigError with all faults. An empty variable counts as not set. */
export function readConfig<S extends Readonly<Record<string, Setting<unknown>>>>(
  settings: S,
  environment: Readonly<Record<string, string | undefined>>,
): Values<S> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(settings)) {
    const given = environment[one.name];
    const textGiven = given === undefined || given === '' ? one.fallback : given;
    if (textGiven === undefined) {
      faults.push(`${one.name} is not set: ${one.about}`);
      continue;
    }
    const read = one.read(textGiven);
    if (typeof read === 'string') faults.push(`${one.name} ${read} (${one.about})`);
    else values[key] = read.value;
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return values as Values<S>;
}

/** The table as text for --help. */
export function describeSettings(settings: Readonly<Record<string, Setting<unknown>>>): string {
  return Object.values(settings)
    .map(
      (one) =>
        `  ${one.name}${one.fallback === undefined ? ' (required)' : ` (default ${one.fallback === '' ? 'empty' : one.fallback})`}\n      ${one.about}`,
    )
    .join('\n');
}
