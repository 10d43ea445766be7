// Random programs of calls: what each caller asks for, in order, and which faults may befall it. A program is plain data: it prints, and
// a part of it is a program too, which is how a failing one is made small.
import { type Dice, makeDice } from './dice.ts';

/** What a call asks for; `on` is the step that made the intent. Amounts are minor units. */
export type Ask =
  | { readonly call: 'create'; readonly minor: number; readonly manual: boolean }
  | {
      readonly call: 'pay';
      readonly minor: number;
      readonly manual: boolean;
      readonly partial: boolean;
      readonly cashBack: number;
      readonly card: number;
    }
  | { readonly call: 'payAgain'; readonly on: number; readonly card: number; readonly partial: boolean }
  | { readonly call: 'capture'; readonly on: number; readonly minor: number; readonly final: boolean }
  | { readonly call: 'increment'; readonly on: number; readonly minor: number }
  | { readonly call: 'refund'; readonly on: number; readonly minor: number }
  | { readonly call: 'cancel'; readonly on: number }
  | { readonly call: 'check'; readonly kind: 'VERIFICATION' | 'BALANCE'; readonly card: number }
  | { readonly call: 'get'; readonly on: number };

/** What the office does, beside all callers: settlement files and people. `after`: events of the world before it. */
export type OfficeStep =
  /** A settlement file has a line for the attempt of a step: what the network has booked then, or, `wrong`, what it has not. */
  | { readonly act: 'clear'; readonly on: number; readonly after: number; readonly wrong: boolean }
  /** People decide, one after the other, about an attempt that waits for them. TRUTH is what the network has in its books then. */
  | {
      readonly act: 'decide';
      readonly after: number;
      readonly decision: 'TRUTH' | 'APPROVED' | 'DECLINED' | 'REVERSED' | 'RETRY';
      readonly people: readonly string[];
    };

/** A call of a caller. */
export interface Step {
  /** Its number: `on` and `key` name steps by it. */
  readonly id: number;
  readonly caller: number;
  readonly merchant: number;
  readonly ask: Ask;
  /** The step whose idempotency key it uses: its own, or an earlier one's. */
  readonly key: number;
  /** The caller's patience: after so many events of the world it stops waiting. */
  readonly deadline: number | undefined;
}

/** How often what goes wrong, as probabilities per event. */
export interface Faults {
  /** A core is killed; another starts on the same store. */
  readonly crash: number;
  /** A core is taken for lost by the others while it lives. */
  readonly silence: number;
  /** A statement's connection is lost, before or after it took effect. */
  readonly store: number;
  /** The HSM does not answer. */
  readonly hsm: number;
  /** A submission meets something else than an answer in time. */
  readonly network: number;
  /** The issuer says no. */
  readonly decline: number;
  /** The wall clock of a core jumps. */
  readonly clock: number;
  /** Days pass at once, and what is held expires. */
  readonly days: number;
  /** What is owed has used up its tries: an outage of twenty minutes. */
  readonly giveUp: number;
}

/** A whole program. */
export interface Program {
  readonly seed: number;
  readonly cores: number;
  readonly faults: Faults;
  readonly steps: readonly Step[];
  readonly office: readonly OfficeStep[];
}

/** Nothing goes wrong. */
export const noFaults: Faults = {
  crash: 0,
  silence: 0,
  store: 0,
  hsm: 0,
  network: 0,
  decline: 0,
  clock: 0,
  days: 0,
  giveUp: 0,
};

const calm: Faults = { ...noFaults, decline: 0.1 };

/** What may go wrong together; each program draws one. */
const weathers: readonly Faults[] = [
  calm,
  { ...calm, network: 0.3, decline: 0.15 },
  { ...calm, network: 0.6 },
  { ...calm, store: 0.05, network: 0.1 },
  { ...calm, crash: 0.01, network: 0.2 },
  { ...calm, crash: 0.02, store: 0.04, network: 0.3, hsm: 0.05 },
  { ...calm, silence: 0.02, network: 0.3, clock: 0.02 },
  { ...calm, crash: 0.01, silence: 0.01, store: 0.03, hsm: 0.05, network: 0.3, decline: 0.15, clock: 0.02 },
];

/** Merchants of a program. */
export const merchantsOf = 3;

const amounts = [100, 200, 500, 1_000, 2_500] as const;

/** The program of a seed: callers, and in half of the programs an office too. */
export function programOf(seed: number): Program {
  const program = callersOf(seed);
  const dice = makeDice(seed ^ 0x3c6ef372);
  if (dice.chance(0.5)) return program;
  const office = Array.from({ length: 1 + dice.below(6) }, () => officeStep(dice, program.steps));
  const decides = office.some((step) => step.act === 'decide');
  const { faults } = program;
  return {
    ...program,
    office,
    faults: {
      ...faults,
      // An office without unknown attempts has nothing to do.
      network: Math.max(faults.network, 0.3),
      giveUp: decides ? 0.02 : 0,
      days: dice.chance(0.2) ? 0.01 : 0,
      // Who signed when is told by the time of the core that kept it.
      clock: decides ? 0 : faults.clock,
    },
  };
}

const signings = [['ann', 'ben'], ['ann', 'ben'], ['ann', 'ann', 'ben'], ['ann', 'ben', 'ben'], ['ann']] as const;

function officeStep(dice: Dice, steps: readonly Step[]): OfficeStep {
  const after = dice.below(250);
  if (dice.chance(0.5)) {
    const decision = dice.weighted({ TRUTH: 6, APPROVED: 1, DECLINED: 1, REVERSED: 1, RETRY: 3 });
    return { act: 'decide', after, decision, people: dice.one(signings) };
  }
  return { act: 'clear', on: dice.one(steps).id, after, wrong: dice.chance(0.15) };
}

/** The callers of a seed, with no office. */
export function callersOf(seed: number): Program {
  const dice = makeDice(seed);
  const steps: Step[] = [];
  const count = 6 + dice.below(14);
  const callers = 1 + dice.below(5);
  for (let id = 0; id < count; id += 1) steps.push(stepOf(dice, id, callers, steps));
  return { seed, cores: 1 + dice.below(2), faults: dice.one(weathers), steps, office: [] };
}

function stepOf(dice: Dice, id: number, callers: number, before: readonly Step[]): Step {
  const caller = dice.below(callers);
  const deadline = dice.chance(0.15) ? 1 + dice.below(30) : undefined;
  const earlier = before.length > 0 ? dice.one(before) : undefined;
  if (earlier !== undefined && dice.chance(0.12)) {
    // The same call again, perhaps while the first is still under way.
    return { ...earlier, id, caller, deadline };
  }
  const makers = before.filter((step) => step.key === step.id && !('on' in step.ask));
  const maker = makers.length > 0 && dice.chance(0.75) ? dice.one(makers.slice(-3)) : undefined;
  const reuse = earlier !== undefined && dice.chance(0.03);
  return {
    id,
    caller,
    merchant: maker?.merchant ?? dice.below(merchantsOf),
    ask: maker === undefined ? fresh(dice) : follow(dice, maker.id),
    key: reuse ? earlier.key : id,
    deadline,
  };
}

function fresh(dice: Dice): Ask {
  const minor = dice.one(amounts);
  const card = dice.below(3);
  switch (dice.weighted({ create: 2, pay: 10, check: 1 })) {
    case 'create':
      return { call: 'create', minor, manual: dice.chance(0.5) };
    case 'check':
      return { call: 'check', kind: dice.chance(0.5) ? 'BALANCE' : 'VERIFICATION', card };
    default: {
      const cashBack = dice.chance(0.1) ? 100 : 0;
      return { call: 'pay', minor, manual: dice.chance(0.6), partial: dice.chance(0.5), cashBack, card };
    }
  }
}

function follow(dice: Dice, on: number): Ask {
  const minor = dice.chance(0.25) ? 0 : dice.one(amounts);
  switch (dice.weighted({ payAgain: 3, capture: 6, increment: 2, refund: 4, cancel: 2, get: 2 })) {
    case 'payAgain':
      return { call: 'payAgain', on, card: dice.below(3), partial: dice.chance(0.5) };
    case 'capture':
      return { call: 'capture', on, minor, final: dice.chance(0.4) };
    case 'increment':
      return { call: 'increment', on, minor: minor === 0 ? 100 : minor };
    case 'refund':
      return { call: 'refund', on, minor };
    case 'cancel':
      return { call: 'cancel', on };
    default:
      return { call: 'get', on };
  }
}

/** A program as text, one line a step. */
export function printProgram(program: Program): string {
  const { call: _none, ...rest } = { call: '', ...program.faults };
  const faults = Object.entries(rest).filter(([, rate]) => rate > 0);
  const lines = program.steps.map((step) => {
    const { call, ...details } = step.ask;
    const words = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
    const key = step.key === step.id ? '' : ` with the key of ${step.key}`;
    const patience = step.deadline === undefined ? '' : ` deadline ${step.deadline}`;
    return `  ${step.id}: caller ${step.caller}, merchant ${step.merchant}: ${call} ${words.join(' ')}${key}${patience}`;
  });
  const office = program.office.map(({ act, ...details }) => {
    const words = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
    return `  office: ${act} ${words.join(' ')}`;
  });
  const weather = faults.map(([name, rate]) => `${name} ${rate}`).join(', ');
  return [`seed ${program.seed}, ${program.cores} cores, faults: ${weather}`, ...lines, ...office].join('\n');
}

/** Makes a failing program smaller while it still fails: steps away, then faults away, then calmer schedules. */
export async function minimise(program: Program, fails: (smaller: Program) => Promise<boolean>): Promise<Program> {
  let best = program;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.steps.length; ) {
      const smaller = { ...best, steps: best.steps.filter((_, i) => i < at || i >= at + size) };
      if (smaller.steps.length > 0 && (await failsSomehow(smaller, fails))) best = await withSeed(smaller, fails);
      else at += size;
    }
  }
  for (let at = 0; at < best.office.length; ) {
    const smaller = { ...best, office: best.office.filter((_, i) => i !== at) };
    if (await failsSomehow(smaller, fails)) best = await withSeed(smaller, fails);
    else at += 1;
  }
  for (const fault of Object.keys(best.faults) as Array<keyof Faults>) {
    const calmer = { ...best, faults: { ...best.faults, [fault]: 0 } };
    if (best.faults[fault] > 0 && (await failsSomehow(calmer, fails))) best = await withSeed(calmer, fails);
  }
  return best;
}

/** Schedules tried for each smaller program: with steps away the same dice mean another schedule. */
const schedulesTried = 25;

async function failsSomehow(program: Program, fails: (smaller: Program) => Promise<boolean>): Promise<boolean> {
  return (await failingSeed(program, fails)) !== undefined;
}

async function withSeed(program: Program, fails: (smaller: Program) => Promise<boolean>): Promise<Program> {
  return { ...program, seed: (await failingSeed(program, fails)) ?? program.seed };
}

async function failingSeed(
  program: Program,
  fails: (smaller: Program) => Promise<boolean>,
): Promise<number | undefined> {
  for (let n = 0; n < schedulesTried; n += 1) {
    const seed = program.seed + n;
    if (await fails({ ...program, seed })) return seed;
  }
  return undefined;
}
