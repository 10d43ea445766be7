// Somebody else's side: a gateway that connects to our network host. A person is told what to do, or a command does it; what the gateway sends is judged.
import { spawn } from 'node:child_process';
import { type CallStep, type StatusName, type StatusStep, statusNames } from '../../simulators/certify/pack.ts';
import type { CallResult, Side } from '../../simulators/certify/run.ts';
import type { Shown } from '../../simulators/certify/status.ts';

/** Longest time that a command may take for one step, ms. */
const commandMsMax = 120_000;

/** Longest answer of a command that is read, characters. */
const answerCharsMax = 100_000;

/** A test card as the command gets it. */
export interface GivenCard {
  readonly name: string;
  readonly pan: string;
  /** YYMM. */
  readonly expiry: string;
  readonly cvv2?: string;
  readonly pin: string;
}

/** What the command reads on its standard input, as one JSON line. */
interface Order {
  readonly step: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly card?: GivenCard;
}

/** Told what to do by printed lines; the next expected message tells when it was done. */
export class PersonsSide implements Side {
  readonly ours = false;
  private readonly say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.say = say;
  }

  call(step: CallStep): Promise<CallResult> {
    const details = Object.entries(step.arguments).map(([name, value]) => `${name} ${value}`);
    const refused = step.refused === undefined ? '' : ' (your side must refuse it)';
    this.say(`do    ${step.call}${details.length === 0 ? '' : `: ${details.join(', ')}`}${refused}\n`);
    return Promise.resolve(step.refused === undefined ? { shown: {} } : { refused: step.refused });
  }

  show({ wanted }: StatusStep): void {
    const facts = Object.entries(wanted).map(([name, value]) => `${name} ${value}`);
    this.say(`see   ${facts.join(', ')}\n`);
  }

  state(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  link(action: string): Promise<void> {
    this.say(`do    ${action} on your link\n`);
    return Promise.resolve();
  }
}

/** Done by a command of yours, once for each call, state and link action; it keeps in mind what belongs together by CARD_EDGE_CASE. */
export class CommandsSide implements Side {
  /** Each look is a process. */
  readonly pauseMs = 500;
  private readonly command: string;
  private readonly cardOf: (name: string) => GivenCard | undefined;
  private readonly id: string;
  private told = false;

  /** `id` names the case's run: the command finds it in CARD_EDGE_CASE. */
  constructor(command: string, id: string, cardOf: (name: string) => GivenCard | undefined) {
    this.command = command;
    this.id = id;
    this.cardOf = cardOf;
  }

  /** States are judged once the command has told one. */
  get ours(): boolean {
    return this.told;
  }

  async call(step: CallStep): Promise<CallResult> {
    const card =
      'card' in step.arguments || step.call === 'pay' ? this.cardOf(step.arguments['card'] ?? 'visa') : undefined;
    const done = await this.run({
      step: step.call,
      arguments: step.arguments,
      ...(card === undefined ? {} : { card }),
    });
    return done.code === 0 ? { shown: this.shownIn(done.out) } : { refused: done.why };
  }

  async state(): Promise<Shown | undefined> {
    const done = await this.run({ step: 'state', arguments: {} });
    return done.code === 0 ? this.shownIn(done.out) : undefined;
  }

  async link(action: string): Promise<void> {
    const done = await this.run({ step: 'link', arguments: { action } });
    if (done.code !== 0) throw new Error(`your command could not do ${action}: ${done.why}`);
  }

  private shownIn(out: string): Shown {
    if (out.trim() === '') return {};
    try {
      const said = JSON.parse(out) as Record<string, unknown>;
      const known = Object.entries(said).filter(([name]) => statusNames.some((one) => one === name));
      this.told = true;
      return Object.fromEntries(known.map(([name, value]) => [name, String(value)])) as Partial<
        Record<StatusName, string>
      >;
    } catch {
      throw new Error(`your command must print JSON or nothing; it printed "${out.slice(0, 60).trim()}"`);
    }
  }

  private run(order: Order): Promise<{ readonly code: number; readonly out: string; readonly why: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', ['-c', this.command], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, CARD_EDGE_STEP: order.step, CARD_EDGE_CASE: this.id },
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), commandMsMax);
      let out = '';
      let wrong = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (out.length < answerCharsMax) out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (wrong.length < answerCharsMax) wrong += text;
      });
      // A command that does not read its order ends the pipe; that is its choice.
      child.stdin.on('error', () => undefined);
      child.stdin.end(`${JSON.stringify(order)}\n`);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        const why = wrong.trim().split('\n')[0] ?? '';
        resolve({ code: code ?? 1, out, why: why === '' ? `your command ended with ${code ?? 'a signal'}` : why });
      });
    });
  }
}
