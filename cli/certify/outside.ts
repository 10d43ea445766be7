// Somebody else's side: a gateway that connects to our network host. It is told what to do; only what it sends is judged.
import type { CallStep } from '../../simulators/certify/pack.ts';
import type { CallResult, Side } from '../../simulators/certify/run.ts';

/** Prints each instruction and goes on: the next expected message tells when it was done. */
export class OutsideSide implements Side {
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

  state(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  link(action: string): Promise<void> {
    this.say(`do    ${action} on your link\n`);
    return Promise.resolve();
  }
}
