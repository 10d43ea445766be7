// A certification pack: cases of steps, written in YAML by people. Read and checked as a whole: every fault is told with its place.
import { parse } from 'yaml';
import { type FaultKind, faultKinds } from '../faults.ts';

/** What the network shall receive. */
export interface Expectation {
  readonly mti: string;
  /** By path (`2`, `48.92`, `55.9F26`): `present`, `absent`, `/pattern/`, or a value; `{1.11}` stands for DE11 of the case's first message. */
  readonly fields: Readonly<Record<string, string>>;
  /** How the network answers: DE39 of a decline, or a fault. As the issuer decides when absent. */
  readonly answer?: { readonly de39?: string; readonly fault?: FaultKind };
  /** Longest wait for it after the one before, ms. */
  readonly withinMs: number;
}

/** The calls that our side makes, as the core's PaymentService has them. */
export const callNames = ['pay', 'capture', 'increment', 'cancel', 'refund', 'check'] as const;

/** A call. */
export interface CallStep {
  readonly step: 'call';
  readonly call: (typeof callNames)[number];
  readonly arguments: Readonly<Record<string, string>>;
}

/** The state that our side must show. */
export interface StatusStep {
  readonly step: 'status';
  readonly attempt?: string;
  readonly intent?: string;
  readonly reason?: string;
  readonly withinMs: number;
}

export type Step = CallStep | StatusStep | ({ readonly step: 'expect' } & Expectation);

export interface Case {
  readonly name: string;
  readonly about: string;
  readonly steps: readonly Step[];
}

export interface Pack {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** Every fault of a pack. */
export class PackError extends Error {
  override readonly name = 'PackError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the pack has faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

type Node = Readonly<Record<string, unknown>>;

const defaultWithinMs = 10_000;

/** Reads a pack; throws PackError with all faults. */
export function readPack(text: string): Pack {
  const reader = new PackReader();
  const pack = reader.pack(parse(text) as unknown);
  if (reader.faults.length > 0) throw new PackError(reader.faults);
  return pack;
}

class PackReader {
  readonly faults: string[] = [];

  pack(given: unknown): Pack {
    const node = this.node(given, 'pack', ['pack', 'cases']);
    const cases = Array.isArray(node['cases']) ? (node['cases'] as unknown[]) : [];
    if (cases.length === 0) this.faults.push('cases: must be a list');
    const read = cases.map((one, i) => this.case(one, `cases[${i}]`));
    const names = read.map((one) => one.name);
    for (const name of new Set(names.filter((one, i) => names.indexOf(one) !== i)))
      this.faults.push(`case ${name}: stands twice`);
    return { name: this.text(node['pack'], 'pack'), cases: read };
  }

  private case(given: unknown, at: string): Case {
    const node = this.node(given, at, ['case', 'about', 'steps']);
    const name = this.text(node['case'], `${at}.case`);
    const place = name === '' ? at : `case ${name}`;
    const steps = Array.isArray(node['steps']) ? (node['steps'] as unknown[]) : [];
    if (steps.length === 0) this.faults.push(`${place}: steps must be a list`);
    return {
      name,
      about: this.text(node['about'], `${place}.about`),
      steps: steps.map((one, i) => this.step(one, `${place}, step ${i + 1}`)),
    };
  }

  private step(given: unknown, at: string): Step {
    const node = this.node(given, at, [...callNames, 'expect', 'fields', 'answer', 'status', 'within']);
    const withinMs = node['within'] === undefined ? defaultWithinMs : Number(node['within']);
    if (!Number.isInteger(withinMs) || withinMs <= 0) this.faults.push(`${at}.within: must be milliseconds`);
    if (node['expect'] !== undefined) return { step: 'expect', ...this.expectation(node, withinMs, at) };
    if (node['status'] !== undefined) {
      const { within, ...status } = this.texts(node['status'], `${at}.status`, [
        'attempt',
        'intent',
        'reason',
        'within',
      ]);
      return { step: 'status', withinMs: within === undefined ? withinMs : Number(within), ...status };
    }
    const call = callNames.find((name) => node[name] !== undefined || name in node);
    if (call === undefined) this.faults.push(`${at}: is none of ${callNames.join(', ')}, expect, status`);
    const given2 = call === undefined ? {} : (node[call] ?? {});
    return { step: 'call', call: call ?? 'pay', arguments: this.texts(given2, `${at}.${call ?? ''}`, callArguments) };
  }

  private expectation(node: Node, withinMs: number, at: string): Expectation {
    const mti = this.text(node['expect'], `${at}.expect`);
    if (!/^\d{4}$/.test(mti)) this.faults.push(`${at}.expect: must be four digits in quotes`);
    const fields = this.texts(node['fields'] ?? {}, `${at}.fields`);
    for (const [path, value] of Object.entries(fields)) {
      if (!/^\d{1,3}(\.\w+)?$/.test(path)) this.faults.push(`${at}.fields.${path}: is not the path of a field`);
      if (value.startsWith('/') && patternOf(value) === undefined)
        this.faults.push(`${at}.fields.${path}: is not a pattern`);
    }
    const answer =
      node['answer'] === undefined ? undefined : this.texts(node['answer'], `${at}.answer`, ['de39', 'fault']);
    const fault = answer?.['fault'];
    if (fault !== undefined && !Object.hasOwn(faultKinds, fault))
      this.faults.push(`${at}.answer.fault: must be one of ${Object.keys(faultKinds).join(', ')}`);
    return {
      mti,
      fields,
      withinMs,
      ...(answer === undefined ? {} : { answer: answer as NonNullable<Expectation['answer']> }),
    };
  }

  private node(given: unknown, at: string, names: readonly string[]): Node {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      this.faults.push(`${at}: must be a mapping`);
      return {};
    }
    for (const name of Object.keys(given)) if (!names.includes(name)) this.faults.push(`${at}.${name}: is not known`);
    return given as Node;
  }

  private text(given: unknown, at: string): string {
    if (typeof given === 'string' && given !== '') return given;
    this.faults.push(`${at}: must be text`);
    return '';
  }

  /** A mapping of texts; numbers count as their text. */
  private texts(given: unknown, at: string, names?: readonly string[]): Record<string, string> {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      this.faults.push(`${at}: must be a mapping`);
      return {};
    }
    const texts: Record<string, string> = {};
    for (const [name, value] of Object.entries(given)) {
      if (names !== undefined && !names.includes(name)) this.faults.push(`${at}.${name}: is not known`);
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        this.faults.push(`${at}.${name}: must be text`);
      texts[name] = String(value);
    }
    return texts;
  }
}

/** Arguments that calls take; which call takes which is the driver's to say. */
const callArguments = [
  'amount',
  'currency',
  'card',
  'cvv2',
  'capture',
  'postalCode',
  'eci',
  'partial',
  'final',
  'kind',
  'entry',
  'pin',
];

/** The pattern of `/.../`, or undefined. */
export function patternOf(text: string): RegExp | undefined {
  if (text.length < 2 || !text.endsWith('/')) return undefined;
  try {
    return new RegExp(text.slice(1, -1));
  } catch {
    return undefined;
  }
}
