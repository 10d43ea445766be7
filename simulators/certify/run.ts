// Runs a pack: for each case the script goes to the network host, the calls to our side, and what the two saw is put together.
import type { Case, Expectation, ExpectStep, IssuerStep, issuerNames, LinkStep, Pack, StatusStep } from './pack.ts';
import type { ScriptedMessage } from './script.ts';
import { differences, type Shown } from './status.ts';

/** The network host under direction. */
export interface Director {
  begin(expectations: readonly Expectation[]): Promise<void>;
  judged(): Promise<readonly ScriptedMessage[]>;
  /** What stands at the issuer for everything since the case began; undefined where nobody may look into its books. */
  standing(): Promise<Standing | undefined>;
  /** Makes the network do something to our side. */
  network(action: string): Promise<void>;
  end(): Promise<void>;
}

/** Amounts in minor units, and how many advices of stand-in the issuer got. */
export type Standing = Readonly<Record<(typeof issuerNames)[number], string>>;

/** What a call came to: what our side showed, or the error with which it refused. */
export type CallResult = { readonly shown: Shown } | { readonly refused: string };

/** Our side of one case. */
export interface Side {
  call(step: Extract<Case['steps'][number], { step: 'call' }>): Promise<CallResult>;
  /** The payment now; undefined when it cannot be asked. */
  state(): Promise<Shown | undefined>;
  link(action: string): Promise<void>;
  /** False for somebody else's side whose states cannot be asked. */
  readonly ours: boolean;
  /** Between two looks at a state, ms; 50 when absent. */
  readonly pauseMs?: number;
  /** Somebody else's side is told what it should see. */
  show?(step: StatusStep): void;
}

/** One thing that is not as the case wants it. */
export interface Failure {
  /** A sentence. */
  readonly text: string;
  /** Which expectation it is about, from 0. */
  readonly message?: number;
  /** `mti`, `time`, `mac`, `missing`, `unexpected`, or the path of a field. */
  readonly path?: string;
}

/** What became of a case. */
export interface CaseResult {
  readonly name: string;
  readonly about: string;
  /** None when the case passed. */
  readonly failures: readonly Failure[];
  readonly messages: readonly ScriptedMessage[];
  readonly durationMs: number;
  /** Why it was not played: what it needs is not there. */
  readonly leftOut?: string;
}

/** How a run goes. */
export interface RunOptions {
  readonly makeSide: () => Side;
  readonly director: Director;
  /** Names of paths, for sentences. */
  readonly names: Pack['names'];
  /** No step waits longer than this, ms. */
  readonly withinMsMax?: number;
  /** Every message is waited for at least so long, ms: for a side that a person works. */
  readonly withinMsMin?: number;
  /** Why a case cannot be played here; undefined if it can. */
  readonly leaveOut?: ((one: Case) => string | undefined) | undefined;
  /** The case may end once this was found: the rest of it is not worth the wait. */
  readonly until?: { readonly message: number; readonly path: string };
}

/** How often is looked whether something came, ms. */
const lookMs = 10;

/** After the last expected message: so long is listened for one too many, ms. */
const quietMs = 100;

/** Runs the cases of a pack, one after another. */
export async function runPack(
  pack: Pack,
  options: RunOptions,
  onCase: (result: CaseResult) => void = () => undefined,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of pack.cases) {
    const leftOut = options.leaveOut?.(one);
    const result =
      leftOut === undefined
        ? await runCase(one, options)
        : { name: one.name, about: one.about, failures: [], messages: [], durationMs: 0, leftOut };
    results.push(result);
    onCase(result);
  }
  await options.director.end();
  return results;
}

/** Runs one case. */
export async function runCase(one: Case, options: RunOptions): Promise<CaseResult> {
  const startMs = performance.now();
  const run = new CaseRun(one, options);
  const { messages, failures } = await run.play();
  return { name: one.name, about: one.about, failures, messages, durationMs: performance.now() - startMs };
}

class CaseRun {
  private readonly one: Case;
  private readonly director: Director;
  private readonly side: Side;
  private readonly names: Pack['names'];
  private readonly withinMsMax: number;
  private readonly withinMsMin: number;
  private readonly until: RunOptions['until'];
  private readonly failures: Failure[] = [];
  private expected = 0;
  private shown: Shown | undefined;
  private pending: Promise<void> = Promise.resolve();

  constructor(one: Case, options: RunOptions) {
    this.one = one;
    this.director = options.director;
    this.side = options.makeSide();
    this.names = options.names;
    this.withinMsMax = options.withinMsMax ?? Number.POSITIVE_INFINITY;
    this.withinMsMin = options.withinMsMin ?? 0;
    this.until = options.until;
  }

  async play(): Promise<{ messages: readonly ScriptedMessage[]; failures: Failure[] }> {
    await this.director.begin(this.one.steps.filter((step) => step.step === 'expect'));
    try {
      for (const step of this.one.steps) {
        await this.step(step);
        if (await this.found()) break;
      }
      if (!(await this.found())) await this.pending;
    } catch (error) {
      this.failures.push({ text: error instanceof Error ? error.message : 'the case could not be played' });
    }
    await sleep(quietMs);
    const messages = await this.director.judged();
    for (const message of messages) this.failures.push(...sentences(message, this.names));
    return { messages, failures: this.failures };
  }

  private async step(step: Case['steps'][number]): Promise<void> {
    switch (step.step) {
      case 'call':
        await this.pending;
        // The call goes on while its messages are waited for: it answers only when they have been.
        this.pending = this.call(step);
        return;
      case 'expect':
        this.expected += 1;
        await this.arrival(step);
        return;
      case 'status':
      case 'issuer':
        await this.pending;
        await this.settled(step);
        return;
      case 'link':
      case 'network':
        await this.pending;
        await this.act(step);
        return;
      case 'quiet':
        await this.pending;
        await sleep(step.ms);
        return;
      default:
        step satisfies never;
    }
  }

  private async found(): Promise<boolean> {
    const { until } = this;
    if (until === undefined) return false;
    if (this.failures.some((failure) => failure.path === until.path)) return true;
    return (await this.director.judged()).some(
      (message) =>
        message.expectation === until.message && message.checks.some((check) => !check.ok && check.path === until.path),
    );
  }

  private async call(step: Extract<Case['steps'][number], { step: 'call' }>): Promise<void> {
    const result = await this.side.call(step);
    const { refused } = step;
    if ('shown' in result) {
      this.shown = result.shown;
      if (refused !== undefined) this.failures.push({ text: `${step.call} was not refused: expected ${refused}` });
    } else if (refused === undefined) this.failures.push({ text: `${step.call} was refused: ${result.refused}` });
    else if (!result.refused.includes(refused))
      this.failures.push({ text: `${step.call} was refused with ${result.refused}, expected ${refused}` });
  }

  private async act({ step, action }: LinkStep): Promise<void> {
    if (step === 'network') await this.director.network(action);
    else await this.side.link(action);
  }

  private async arrival(step: ExpectStep): Promise<void> {
    const withinMs = Math.max(this.withinMsMin, Math.min(step.withinMs, this.withinMsMax));
    const untilMs = performance.now() + withinMs;
    while ((await this.director.judged()).length < this.expected) {
      if (performance.now() > untilMs) {
        const text = `message ${this.expected}: the expected ${step.mti} did not come within ${withinMs} ms`;
        this.failures.push({ text, message: this.expected - 1, path: 'missing' });
        return;
      }
      await sleep(lookMs);
    }
  }

  private async settled(step: StatusStep | IssuerStep): Promise<void> {
    if (step.step === 'status' && !this.side.ours) {
      this.side.show?.(step);
      return;
    }
    const untilMs = performance.now() + Math.min(step.withinMs, this.withinMsMax);
    const look = async (): Promise<string[]> => {
      if (step.step === 'status') return differences(step.wanted, this.shown);
      const standing = await this.director.standing();
      return standing === undefined ? [] : differences(step.wanted, standing);
    };
    let wrong = await look();
    while (wrong.length > 0 && performance.now() < untilMs) {
      await sleep(this.side.pauseMs ?? lookMs * 5);
      if (step.step === 'status') this.shown = (await this.side.state()) ?? this.shown;
      wrong = await look();
    }
    const whose = step.step === 'issuer' ? 'at the issuer, ' : '';
    this.failures.push(...wrong.map((text) => ({ text: `${whose}${text}` })));
  }
}

function sentences(message: ScriptedMessage, names: Pack['names']): Failure[] {
  const n = message.expectation;
  if (n === undefined) return [{ text: `a ${message.mti} came that was not expected`, path: 'unexpected' }];
  return message.checks
    .filter((check) => !check.ok)
    .map(({ path, expected, received }) => ({
      text: `message ${n + 1} (${message.mti}): ${fieldName(path, names)} expected ${expected}, received ${received}`,
      message: n,
      path,
    }));
}

/** `DE11 (stan)`; MTI and time by their own names. */
export function fieldName(path: string, names: Pack['names']): string {
  if (path === 'mti') return 'MTI';
  if (path === 'time') return 'it';
  if (path === 'mac') return 'MAC';
  const name = names[path];
  return name === undefined ? `DE${path}` : `DE${path} (${name})`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
