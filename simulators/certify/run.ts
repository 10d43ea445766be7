// Runs a pack: for each case the script goes to the network host, the calls to our side, and what the two saw is put together.
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { Driver } from './driver.ts';
import type { Case, Expectation, Pack, StatusStep } from './pack.ts';
import type { ScriptedMessage } from './script.ts';

/** The network host under direction. */
export interface Director {
  begin(expectations: readonly Expectation[]): Promise<void>;
  judged(): Promise<readonly ScriptedMessage[]>;
  end(): Promise<void>;
}

/** What became of a case. */
export interface CaseResult {
  readonly name: string;
  readonly about: string;
  /** Sentences; none when the case passed. */
  readonly failures: readonly string[];
  readonly messages: readonly ScriptedMessage[];
  readonly durationMs: number;
}

/** How often is looked whether something came, ms. */
const lookMs = 20;

/** After the last expected message: so long is listened for one too many, ms. */
const quietMs = 100;

/** Runs the cases of a pack, one after another. */
export async function runPack(
  pack: Pack,
  director: Director,
  makeDriver: () => Driver,
  onCase: (result: CaseResult) => void = () => undefined,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of pack.cases) {
    const result = await runCase(one, director, makeDriver());
    results.push(result);
    onCase(result);
  }
  await director.end();
  return results;
}

async function runCase(one: Case, director: Director, driver: Driver): Promise<CaseResult> {
  const startMs = performance.now();
  const failures: string[] = [];
  const expectations = one.steps.filter((step) => step.step === 'expect');
  await director.begin(expectations);
  let expected = 0;
  let reply: PaymentReply | string | undefined;
  let pending: Promise<void> = Promise.resolve();
  try {
    for (const step of one.steps) {
      if (step.step === 'call') {
        await pending;
        // The call goes on while its messages are waited for: it answers only when they have been.
        pending = driver.call(step).then((given) => {
          reply = given;
          if (typeof given === 'string') failures.push(`${step.call} was refused: ${given}`);
        });
      } else if (step.step === 'expect') {
        expected += 1;
        await arrival(director, expected, step, failures);
      } else {
        await pending;
        await settled(driver, step, reply, failures);
      }
    }
    await pending;
  } catch (error) {
    failures.push(error instanceof Error ? error.message : 'the case could not be played');
  }
  await sleep(quietMs);
  const messages = await director.judged();
  for (const message of messages) failures.push(...sentences(message));
  return { name: one.name, about: one.about, failures, messages, durationMs: performance.now() - startMs };
}

async function arrival(director: Director, count: number, step: Expectation, failures: string[]): Promise<void> {
  const untilMs = performance.now() + step.withinMs;
  while ((await director.judged()).length < count) {
    if (performance.now() > untilMs) {
      failures.push(`message ${count}: the expected ${step.mti} did not come within ${step.withinMs} ms`);
      return;
    }
    await sleep(lookMs);
  }
}

async function settled(
  driver: Driver,
  step: StatusStep,
  reply: PaymentReply | string | undefined,
  failures: string[],
): Promise<void> {
  const untilMs = performance.now() + step.withinMs;
  let now = typeof reply === 'string' ? undefined : reply;
  let wrong = differences(step, now);
  while (wrong.length > 0 && performance.now() < untilMs) {
    await sleep(lookMs * 5);
    const state = await driver.state();
    if (typeof state !== 'string') now = state;
    wrong = differences(step, now);
  }
  failures.push(...wrong);
}

function differences(step: StatusStep, reply: PaymentReply | undefined): string[] {
  const found: string[] = [];
  const compare = (name: string, wanted: string | undefined, is: string | undefined): void => {
    if (wanted !== undefined && wanted !== is) found.push(`${name}: expected ${wanted}, is ${is ?? 'not there'}`);
  };
  compare('attempt', step.attempt, reply?.attempt?.status);
  compare('reason', step.reason, reply?.attempt?.reason);
  compare('intent', step.intent, reply?.intent?.status);
  return found;
}

function sentences(message: ScriptedMessage): string[] {
  if (message.expectation === undefined) return [`a ${message.mti} came that was not expected`];
  const n = message.expectation + 1;
  return message.findings.map(({ path, expected, received }) => {
    const field = path === 'mti' ? 'MTI' : `DE${path}`;
    return `message ${n} (${message.mti}): ${field} expected ${expected}, received ${received}`;
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
