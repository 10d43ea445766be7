// From expanded YAML to a pack: every fault of every case is told with its place.
import { type FaultKind, faultKinds } from '../faults.ts';
import { type Expanded, expandPack, type Node } from './expand.ts';
import {
  type Case,
  callNames,
  type ExpectStep,
  issuerNames,
  linkActions,
  type Need,
  needNames,
  networkActions,
  type Pack,
  PackError,
  type Step,
  statusNames,
} from './pack.ts';
import { ruleFault } from './rules.ts';

/** Longest wait for a message or a state unless a step says otherwise, ms. */
const defaultWithinMs = 10_000;

/** Arguments that calls take; which call takes which is the driver's to say. */
const callArguments = [
  'amount',
  'currency',
  'card',
  'cvv2',
  'capture',
  'postalCode',
  'street',
  'eci',
  'partial',
  'final',
  'kind',
  'entry',
  'pin',
  'cryptogram',
  'cashBack',
  'initiated',
  'reference',
  'debits',
  'as',
  'tell',
];

/** What a step is made of. */
const stepNames = [
  ...callNames,
  'expect',
  'fields',
  'answer',
  'status',
  'issuer',
  'link',
  'network',
  'quiet',
  'within',
  'after',
  'refused',
];

/** Reads a pack; `folder` is where the files that it names are looked for. Throws PackError with all faults. */
export function readPack(text: string, folder = '.'): Pack {
  const { expanded, faults } = expandPack(text, folder);
  const reader = new PackReader(expanded);
  reader.faults.push(...faults);
  const cases = expanded.cases.map((one, i) => reader.case(one, `cases[${i}]`));
  if (cases.length === 0 && faults.length === 0) reader.faults.push('cases: must be a list');
  if (expanded.name === '') reader.faults.push('pack: must be text');
  const names = cases.map((one) => one.name);
  for (const name of new Set(names.filter((one, i) => names.indexOf(one) !== i)))
    reader.faults.push(`case ${name}: stands twice`);
  if (reader.faults.length > 0) throw new PackError(reader.faults);
  const paths = Object.entries(expanded.fields).filter((entry): entry is [string, string] => entry[1] !== null);
  const { name, specification, network } = expanded;
  return {
    name,
    specification,
    network,
    cases,
    names: Object.fromEntries(paths.reverse().map(([field, path]) => [path, field])),
  };
}

class PackReader {
  readonly faults: string[] = [];
  private readonly expanded: Expanded;

  constructor(expanded: Expanded) {
    this.expanded = expanded;
  }

  case(given: unknown, at: string): Case {
    const node = this.node(given, at, ['case', 'about', 'needs', 'steps']);
    const name = this.text(node['case'], `${at}.case`);
    const place = name === '' ? at : `case ${name}`;
    const steps = Array.isArray(node['steps']) ? (node['steps'] as unknown[]) : [];
    if (steps.length === 0) this.faults.push(`${place}: steps must be a list`);
    const needs = this.needs(node['needs'], `${place}.needs`);
    return {
      name,
      about: this.text(node['about'], `${place}.about`),
      ...(needs.length === 0 ? {} : { needs }),
      steps: steps.map((one, i) => this.step(one, `${place}, step ${i + 1}`)),
    };
  }

  private needs(given: unknown, at: string): Need[] {
    const needs = given === undefined ? [] : Array.isArray(given) ? (given as unknown[]) : [given];
    return needs.filter((one): one is Need => {
      const known = needNames.some((name) => name === one);
      if (!known) this.faults.push(`${at}: must be one of ${needNames.join(', ')}`);
      return known;
    });
  }

  private step(given: unknown, at: string): Step {
    const node = this.node(given, at, stepNames);
    const withinMs = this.ms(node['within'], `${at}.within`) ?? defaultWithinMs;
    if (node['expect'] !== undefined) return this.expectation(node, withinMs, at);
    for (const step of ['status', 'issuer'] as const) {
      if (node[step] === undefined) continue;
      const names = step === 'status' ? statusNames : issuerNames;
      const { within, ...wanted } = this.texts(node[step], `${at}.${step}`, [...names, 'within']);
      return { step, wanted, withinMs: within === undefined ? withinMs : Number(within) };
    }
    for (const step of ['link', 'network'] as const) {
      if (node[step] === undefined) continue;
      const action = this.text(node[step], `${at}.${step}`);
      const actions: readonly string[] = step === 'link' ? linkActions : networkActions;
      if (!actions.includes(action)) this.faults.push(`${at}.${step}: must be one of ${actions.join(', ')}`);
      return { step, action };
    }
    if (node['quiet'] !== undefined) return { step: 'quiet', ms: this.ms(node['quiet'], `${at}.quiet`) ?? 0 };
    const call = callNames.find((name) => name in node);
    if (call === undefined)
      this.faults.push(`${at}: is none of ${callNames.join(', ')}, expect, status, issuer, link, network, quiet`);
    const refused = node['refused'] === undefined ? undefined : this.text(node['refused'], `${at}.refused`);
    const given2 = call === undefined ? {} : (node[call] ?? {});
    return {
      step: 'call',
      call: call ?? 'pay',
      arguments: this.texts(given2, `${at}.${call ?? ''}`, callArguments),
      ...(refused === undefined ? {} : { refused }),
    };
  }

  private expectation(node: Node, withinMs: number, at: string): ExpectStep {
    const mti = this.text(node['expect'], `${at}.expect`);
    if (!/^\d{4}$/.test(mti)) this.faults.push(`${at}.expect: must be four digits`);
    const fields: Record<string, string> = {};
    for (const [name, rule] of Object.entries(this.texts(node['fields'] ?? {}, `${at}.fields`, undefined, true))) {
      const path = this.path(name, `${at}.fields.${name}`);
      if (path === undefined || rule === '') continue;
      const resolved = this.references(rule, `${at}.fields.${name}`);
      if (resolved === undefined) continue;
      const fault = ruleFault(resolved);
      if (fault !== undefined) this.faults.push(`${at}.fields.${name}: ${fault}`);
      if (Object.hasOwn(fields, path)) this.faults.push(`${at}.fields.${name}: DE${path} is there by another name`);
      fields[path] = resolved;
    }
    const answer =
      node['answer'] === undefined ? undefined : this.texts(node['answer'], `${at}.answer`, ['de39', 'fault']);
    const fault = answer?.['fault'];
    if (fault !== undefined && !Object.hasOwn(faultKinds, fault))
      this.faults.push(`${at}.answer.fault: must be one of ${Object.keys(faultKinds).join(', ')}`);
    const afterMs = this.ms(node['after'], `${at}.after`);
    return {
      step: 'expect',
      mti,
      fields,
      withinMs,
      ...(afterMs === undefined ? {} : { afterMs }),
      ...(answer === undefined ? {} : { answer: answer as { de39?: string; fault?: FaultKind } }),
    };
  }

  /** The path of a field by its name or path; undefined where this dialect has no such field. */
  private path(name: string, at: string): string | undefined {
    if (/^\d{1,3}(\.\w+)*$/.test(name)) return name;
    const path = Object.hasOwn(this.expanded.fields, name) ? this.expanded.fields[name] : undefined;
    if (path === null) return undefined;
    if (path === undefined) this.faults.push(`${at}: is neither a field of the dialect nor the path of one`);
    return path;
  }

  /** `{1.stan}` becomes `{1.11}`. A rule that refers to a field that the dialect does not have says nothing. */
  private references(rule: string, at: string): string | undefined {
    let complete = true;
    const resolved = rule.replace(/\{(\d+)\.([A-Za-z][\w-]*)\}/g, (_, n: string, name: string) => {
      const path = this.path(name, at);
      if (path === undefined) complete = false;
      return `{${n}.${path ?? ''}}`;
    });
    return complete ? resolved : undefined;
  }

  private ms(given: unknown, at: string): number | undefined {
    if (given === undefined || given === null) return undefined;
    const ms = Number(given);
    if (Number.isInteger(ms) && ms > 0) return ms;
    this.faults.push(`${at}: must be milliseconds`);
    return undefined;
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

  /** A mapping of texts; numbers count as their text. What is nothing (~) is left out where it may be. */
  private texts(given: unknown, at: string, names?: readonly string[], mayBeNothing = false): Record<string, string> {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      this.faults.push(`${at}: must be a mapping`);
      return {};
    }
    const texts: Record<string, string> = {};
    for (const [name, value] of Object.entries(given)) {
      if (names !== undefined && !names.includes(name)) this.faults.push(`${at}.${name}: is not known`);
      if (mayBeNothing && value === null) continue;
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        this.faults.push(`${at}.${name}: must be text`);
      texts[name] = String(value);
    }
    return texts;
  }
}
