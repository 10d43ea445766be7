import { Ajv } from 'ajv';
import { SpecError, type SpecFault } from './errors.ts';
import type { Message } from './message.ts';
import { parsePath } from './paths.ts';
import { profileSchema } from './profile-schema.ts';

// Message profiles: which fields a message of a flow must, may and must not have. Data, judged by one function.

/** A test on the message, or on the request for responses. Exactly one key but `field`, or a combination. */
export interface Condition {
  readonly field?: string;
  readonly present?: boolean;
  /** Full values that make the condition true. */
  readonly in?: readonly string[];
  /** A regular expression on the value. */
  readonly matches?: string;
  readonly all?: readonly Condition[];
  readonly any?: readonly Condition[];
  readonly not?: Condition;
}

export interface FlowSpec {
  readonly description?: string;
  readonly mti: readonly string[];
  /** The flow is meant only when this holds: tells purchase from refund, sign-on from echo. */
  readonly when?: Condition;
  readonly mandatory?: readonly string[];
  readonly conditional?: ReadonlyArray<{
    readonly field: string;
    readonly when: Condition;
    readonly otherwise?: 'optional' | 'forbidden';
  }>;
  readonly optional?: readonly string[];
  readonly forbidden?: readonly string[];
  /** Responses: same value as in the request, when the request has one. */
  readonly echoed?: readonly string[];
  /** Allowed values by path. */
  readonly values?: { readonly [path: string]: readonly string[] };
  /** Fields not named anywhere in the flow are forbidden. Default false: they are ignored. */
  readonly closed?: boolean;
}

export interface ProfileSpec {
  readonly $schema?: string;
  readonly profileVersion: 1;
  readonly name: string;
  readonly description?: string;
  readonly dialects: readonly string[];
  readonly flows: { readonly [flow: string]: FlowSpec };
}

export type ViolationKind = 'missing' | 'forbidden' | 'condition' | 'echo' | 'value' | 'flow';

/** One rule broken. It never holds a value of the message. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly flow: string;
  readonly path: string;
  readonly expected: string;
}

/** What a profile needs of a message. */
export type ProfiledMessage = Pick<Message, 'mti' | 'get' | 'has' | 'paths'>;

export interface ValidateOptions {
  /** The flow to judge by. Default: the first flow whose message types and condition fit. */
  readonly flow?: string;
  /** The request that a response answers: echoed fields are compared with it. */
  readonly request?: ProfiledMessage;
}

export interface Profile {
  readonly name: string;
  readonly spec: ProfileSpec;
  /** Name of the first flow that fits the message, or undefined. */
  flowOf(message: ProfiledMessage): string | undefined;
  /** Every violation of the flow's rules; none when the message conforms. */
  validate(message: ProfiledMessage, options?: ValidateOptions): Violation[];
}

const validateShape = new Ajv({ allErrors: true, strict: false }).compile(profileSchema);

/**
 * Checks and compiles a profile document.
 * @throws SpecError that lists every fault with its JSON pointer.
 */
export function compileProfile(json: unknown): Profile {
  const name =
    typeof json === 'object' && json !== null && 'name' in json && typeof json.name === 'string'
      ? json.name
      : '(unnamed)';
  if (!validateShape(json)) {
    throw new SpecError(
      name,
      (validateShape.errors ?? []).map((error) => ({
        pointer: error.instancePath,
        message: `${error.message ?? 'invalid'} ${JSON.stringify(error.params)}`,
      })),
    );
  }
  const spec = json as ProfileSpec;
  const faults = semanticFaults(spec);
  if (faults.length > 0) throw new SpecError(name, faults);
  return new CompiledProfile(spec);
}

function semanticFaults(spec: ProfileSpec): SpecFault[] {
  const faults: SpecFault[] = [];
  for (const [name, flow] of Object.entries(spec.flows)) {
    const at = `/flows/${name}`;
    const seen = new Map<string, string>();
    for (const [list, paths] of [
      ['mandatory', flow.mandatory],
      ['optional', flow.optional],
      ['forbidden', flow.forbidden],
      ['conditional', flow.conditional?.map((c) => c.field)],
    ] as const) {
      for (const [i, path] of (paths ?? []).entries()) {
        if (parsePath(path) === undefined) faults.push({ pointer: `${at}/${list}/${i}`, message: 'is not a path' });
        const before = seen.get(path);
        if (before !== undefined) faults.push({ pointer: `${at}/${list}/${i}`, message: `is also ${before}` });
        seen.set(path, list);
      }
    }
    if (flow.when !== undefined) conditionFaults(`${at}/when`, flow.when, faults);
    for (const [i, rule] of (flow.conditional ?? []).entries())
      conditionFaults(`${at}/conditional/${i}/when`, rule.when, faults);
  }
  return faults;
}

function conditionFaults(at: string, condition: Condition, faults: SpecFault[]): void {
  const tests = [condition.present, condition.in, condition.matches].filter((test) => test !== undefined).length;
  const parts = [condition.all, condition.any, condition.not].filter((part) => part !== undefined).length;
  if (condition.field === undefined ? tests > 0 || parts !== 1 : tests !== 1 || parts > 0) {
    faults.push({ pointer: at, message: 'needs a field with one test, or one of all, any, not' });
  }
  if (condition.matches !== undefined) {
    try {
      new RegExp(condition.matches);
    } catch {
      faults.push({ pointer: `${at}/matches`, message: 'is not a regular expression' });
    }
  }
  for (const [i, inner] of (condition.all ?? []).entries()) conditionFaults(`${at}/all/${i}`, inner, faults);
  for (const [i, inner] of (condition.any ?? []).entries()) conditionFaults(`${at}/any/${i}`, inner, faults);
  if (condition.not !== undefined) conditionFaults(`${at}/not`, condition.not, faults);
}

class CompiledProfile implements Profile {
  readonly name: string;
  readonly spec: ProfileSpec;

  constructor(spec: ProfileSpec) {
    this.name = spec.name;
    this.spec = spec;
  }

  flowOf(message: ProfiledMessage): string | undefined {
    for (const [name, flow] of Object.entries(this.spec.flows)) {
      if (flow.mti.includes(message.mti) && (flow.when === undefined || holds(flow.when, message))) return name;
    }
    return undefined;
  }

  validate(message: ProfiledMessage, options: ValidateOptions = {}): Violation[] {
    const name = options.flow ?? this.flowOf(message);
    const flow = name === undefined ? undefined : this.spec.flows[name];
    if (name === undefined || flow === undefined)
      return [{ kind: 'flow', flow: name ?? '', path: 'mti', expected: 'a message of a flow of the profile' }];
    const out: Violation[] = [];
    const add = (kind: ViolationKind, path: string, expected: string): void => {
      out.push({ kind, flow: name, path, expected });
    };
    if (!flow.mti.includes(message.mti)) add('flow', 'mti', flow.mti.join(' or '));
    for (const path of flow.mandatory ?? []) if (!message.has(path)) add('missing', path, 'present');
    for (const path of flow.forbidden ?? []) if (message.has(path)) add('forbidden', path, 'absent');
    for (const rule of flow.conditional ?? []) {
      const due = holds(rule.when, message);
      if (due && !message.has(rule.field)) add('condition', rule.field, `present, because ${textOf(rule.when)}`);
      if (!due && rule.otherwise === 'forbidden' && message.has(rule.field))
        add('condition', rule.field, `absent, unless ${textOf(rule.when)}`);
    }
    for (const [path, values] of Object.entries(flow.values ?? {})) {
      const value = message.get(path);
      if (value !== undefined && !values.includes(value)) add('value', path, `one of ${values.join(', ')}`);
    }
    if (options.request !== undefined) {
      for (const path of flow.echoed ?? []) {
        const sent = options.request.get(path);
        if (sent !== undefined && message.get(path) !== sent) add('echo', path, 'the value of the request');
      }
    }
    if (flow.closed === true) this.closed(flow, message, add);
    return out;
  }

  private closed(
    flow: FlowSpec,
    message: ProfiledMessage,
    add: (kind: ViolationKind, path: string, expected: string) => void,
  ): void {
    const named = new Set([
      'mti',
      'header',
      ...(flow.mandatory ?? []),
      ...(flow.optional ?? []),
      ...(flow.echoed ?? []),
      ...(flow.forbidden ?? []),
    ]);
    for (const rule of flow.conditional ?? []) named.add(rule.field);
    for (const path of message.paths())
      if (!path.includes('.') && !named.has(path)) add('forbidden', path, 'absent: the flow does not name it');
  }
}

function holds(condition: Condition, message: ProfiledMessage): boolean {
  if (condition.all !== undefined) return condition.all.every((inner) => holds(inner, message));
  if (condition.any !== undefined) return condition.any.some((inner) => holds(inner, message));
  if (condition.not !== undefined) return !holds(condition.not, message);
  const value = message.get(condition.field ?? '');
  if (condition.present !== undefined) return (value !== undefined) === condition.present;
  if (value === undefined) return false;
  return condition.in !== undefined ? condition.in.includes(value) : new RegExp(condition.matches ?? '').test(value);
}

function textOf(condition: Condition): string {
  if (condition.all !== undefined) return condition.all.map(textOf).join(' and ');
  if (condition.any !== undefined) return condition.any.map(textOf).join(' or ');
  if (condition.not !== undefined) return `not ${textOf(condition.not)}`;
  if (condition.present !== undefined) return `${condition.field} is ${condition.present ? 'present' : 'absent'}`;
  return condition.in !== undefined
    ? `${condition.field} is ${condition.in.join(' or ')}`
    : `${condition.field} matches ${condition.matches}`;
}
