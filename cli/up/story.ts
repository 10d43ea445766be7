// The story: real payments through every part, told for a person, each sentence checked.
import { readFileSync } from 'node:fs';
import { type Connection, connectTo } from '../connect.ts';
import type { SystemInfo } from '../info.ts';
import { newRunId } from './run-id.ts';
import { authoriseAndCapture, chipAndPin, decline, lostAnswer, sameCallAgain } from './story-payments.ts';
import { settle } from './story-settlement.ts';

/** How a told story ended. */
export interface StoryResult {
  /** Sentences that were checked. */
  readonly checked: number;
  /** Sentences that did not hold. */
  readonly failed: readonly string[];
}

/** Prints the story and counts what held. */
export class Teller {
  private readonly print: (line: string) => void;
  private chapter = 0;
  private checked = 0;
  private readonly failed: string[] = [];

  constructor(print: (line: string) => void) {
    this.print = print;
  }

  /** Begins a step. */
  step(title: string): void {
    this.chapter += 1;
    this.print('');
    this.print(`${this.chapter}. ${title}`);
  }

  /** Tells one thing: asked, wire, status, evidence. */
  tell(what: string, text: string): void {
    this.print(`   ${what.padEnd(9)} ${text}`);
  }

  /** Checks a sentence. */
  check(sentence: string, holds: boolean, found?: string): void {
    this.checked += 1;
    this.print(
      `   ${(holds ? 'ok' : 'FAILED').padEnd(9)} ${sentence}${holds || found === undefined ? '' : ` - found: ${found}`}`,
    );
    if (!holds) this.failed.push(`step ${this.chapter}: ${sentence}${found === undefined ? '' : ` - found: ${found}`}`);
  }

  get result(): StoryResult {
    return { checked: this.checked, failed: this.failed };
  }
}

/** What every step works with. */
export interface Stage {
  readonly teller: Teller;
  readonly info: SystemInfo;
  readonly stateDir: string;
  /** As the checkout service: may pay for the demo merchant only. */
  readonly checkout: Connection;
  /** As the operators' service. */
  readonly ops: Connection;
  /** Part of every idempotency key, so that the story works at every start. */
  readonly run: string;
}

/** Plays the story against a running system. */
export async function playStory(
  info: SystemInfo,
  stateDir: string,
  print: (line: string) => void,
): Promise<StoryResult> {
  const teller = new Teller(print);
  const checkout = connectTo(info.core, info.gateway, info.tls.checkout);
  const ops = connectTo(info.core, info.gateway, info.tls.ops);
  const stage: Stage = { teller, info, stateDir, checkout, ops, run: newRunId() };
  // A step that breaks off is told and does not hide how the others go.
  const play = async <T>(step: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await step();
    } catch (error) {
      teller.check('the step runs to its end', false, error instanceof Error ? error.message : 'an unknown error');
      return undefined;
    }
  };
  try {
    const first = await play(() => authoriseAndCapture(stage));
    if (first !== undefined) await play(() => sameCallAgain(stage, first));
    await play(() => chipAndPin(stage));
    await play(() => decline(stage));
    const lost = await play(() => lostAnswer(stage));
    const look = (file: string): void => {
      const text = readFileSync(file, 'utf8');
      teller.check('the captured payment is in it', first !== undefined && text.includes(`,${first.rrn},`));
      teller.check('the reversed payment is not in it', lost !== undefined && !text.includes(`,${lost},`));
    };
    await play(() => settle(stage, look));
  } finally {
    checkout.close();
    ops.close();
  }
  return teller.result;
}
