// Runs a program: cores, callers, network and faults in one world, event by event; then faults stop, everything that is owed is done, and
// what is stored, what the callers were told and what the issuer holds must be one truth.
import { newId } from '../../common/ids.ts';
import { owedTriesMax } from '../../common/limits.ts';
import { LateAnswer, type Outcome, type Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { expireHolds } from '../flow/expiry.ts';
import { takeLateAnswers } from '../flow/late.ts';
import { sendDueOwed } from '../flow/owed.ts';
import { takeOver } from '../flow/takeover.ts';
import type { Merchant } from '../store/merchants.ts';
import { MemoryDatabase } from '../testing/memory/database.ts';
import { exhaustOwed } from '../testing/memory/office.ts';
import { Callers } from './callers.ts';
import { type Dice, makeDice } from './dice.ts';
import { disagreements, heldStill } from './final.ts';
import { ModelGateway, toldBy } from './gateway.ts';
import { Instances } from './instances.ts';
import { type Backend, type Io, makeIo, memoryBackend } from './io.ts';
import { Network } from './network.ts';
import { Office } from './office.ts';
import { type Process, startProcess } from './process.ts';
import { type Faults, merchantsOf, noFaults, type Program } from './program.ts';
import { Reference } from './reference.ts';
import { Scheduler, settled } from './scheduler.ts';

/** What came of a program. */
export interface Ran {
  /** Empty: all held. */
  readonly findings: readonly string[];
  readonly trace: readonly string[];
  readonly counts: RunCounts;
}

/** What happened in a program: a suite that never meets a case proves nothing about it. */
export interface RunCounts {
  events: number;
  crashes: number;
  lost: number;
  attempts: number;
  /** Attempts that went on by another network. */
  rerouted: number;
  statuses: Record<string, number>;
}

/** Makes the backend of a program's store; without it the store in memory alone. */
export type MakeBackend = (database: MemoryDatabase) => Backend;

/** Events before the callers must have ended: more is a program that never ends. */
const eventsMax = 20_000;
/** Rounds of owed work after the faults: each passes more time than the longest back-off. */
const quietRoundsMax = 40;
const roundMs = 400_000;

const dayMs = 86_400_000;
/** Times in a program that days pass at once. */
const longWaitsMax = 3;
/** Looks at holds when all time has passed: a void may be declined, and is tried again an hour later. */
const expiryRoundsMax = 15;

// Time goes on from program to program: identifiers are made from it, and they never go back.
let worldMs = Date.UTC(2026, 0, 1);

class World {
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly reference: Reference;
  readonly database = new MemoryDatabase();
  readonly callers: Callers;
  readonly counts: RunCounts = { events: 0, crashes: 0, lost: 0, attempts: 0, rerouted: 0, statuses: {} };
  readonly merchants: Buffer[] = [];
  /** Attempts whose late answer died with the core that had taken it: the settlement file's business. */
  readonly evidenceLost = new Set<string>();
  private faults: Faults;
  private readonly gateway: ModelGateway;
  private readonly instances: Instances;
  private readonly office: Office;
  private readonly program: Program;
  private longWaits = 0;
  private readonly io: Io;
  private readonly backend: Backend;
  private readonly merchantRows = new Map<string, Merchant>();
  private processes: Process[] = [];
  private started = 0;

  constructor(program: Program, makeBackend: MakeBackend) {
    this.program = program;
    this.faults = program.faults;
    this.dice = makeDice(program.seed ^ 0x5bd1e995);
    this.scheduler = new Scheduler(this.dice);
    this.network = new Network(this.dice, program.faults.decline);
    this.gateway = new ModelGateway({
      dice: this.dice,
      scheduler: this.scheduler,
      network: this.network,
      faultRate: () => this.faults.network,
      tell: (attemptId, told) => this.reference.tell(attemptId, told),
      giveLate: (submission, outcome, duplicate) => this.giveLate(submission, outcome, duplicate),
    });
    this.reference = new Reference({
      mayHaveLeft: (attemptId) => this.gateway.mayHaveLeft(attemptId),
      onIntent: (intent) => this.callers.changed(intent),
      networksOf: (merchant) => this.merchantRows.get(merchant)?.networks ?? [],
      alwaysGoesOn: program.steps.every((step) => step.deadline === undefined),
    });
    this.instances = new Instances((instanceId) => {
      this.counts.lost += 1;
      this.reference.instanceLost(instanceId);
    });
    this.database.onCommit = (changes) => this.reference.committed(changes);
    this.backend = makeBackend(this.database);
    this.io = makeIo(
      this.scheduler,
      this.dice,
      () => this.faults,
      (core) => this.processes.some((one) => one.number === core),
    );
    for (let n = 0; n < merchantsOf; n += 1) this.addMerchant();
    for (let n = 0; n < program.cores; n += 1) this.startCore();
    this.callers = new Callers(this, program);
    this.office = new Office(this, program);
  }

  anyProcess(): Process | undefined {
    return this.processes.length === 0 ? undefined : this.dice.one(this.processes);
  }

  private addMerchant(): void {
    const merchantId = newId({
      nowMs: () => worldMs,
      nowUs: () => BigInt(worldMs) * 1000n,
      monotonicMs: () => worldMs,
    });
    this.merchants.push(merchantId);
    this.merchantRows.set(
      merchantId.toString('hex'),
      merchantOf(merchantId, networksOf[this.merchants.length - 1] ?? []),
    );
  }

  private startCore(): void {
    this.started += 1;
    const number = this.started;
    this.processes.push(
      startProcess({
        number,
        io: this.io,
        backend: this.backend,
        instances: this.instances,
        merchants: this.merchantRows,
        dispatcher: (alive) => this.gateway.dispatcherOf(number, alive),
        worldMs: () => worldMs,
        passTime: (ms) => {
          worldMs += ms;
        },
      }),
    );
  }

  private kill(process: Process): void {
    this.counts.crashes += 1;
    this.scheduler.trace.push(`core ${process.number} is killed`);
    process.alive = false;
    this.processes = this.processes.filter((one) => one !== process);
    for (const attemptId of process.takingLate.values()) this.evidenceLost.add(attemptId);
    this.scheduler.drop(process.number);
    this.instances.died(process.number);
    this.callers.died(process);
    this.office.died(process);
    const start = (): void => this.startCore();
    this.scheduler.add({ what: 'a core starts', owner: 0, outlives: true, run: start });
  }

  private giveLate(submission: Submission, outcome: Outcome, duplicate: boolean): void {
    const { attemptId, submissionNumber } = submission;
    const run = (): void => {
      const process = this.anyProcess();
      if (process === undefined) {
        this.scheduler.add({ what, run, owner: 0, outlives: true });
        return;
      }
      this.reference.tell(attemptId, toldBy(submission, outcome, true));
      const stan = submission.wire?.stan ?? '';
      takeLateAnswers(process.core, [LateAnswer.create({ attemptId, submissionNumber, outcome, duplicate, stan })]);
      const taking = [...process.core.background].at(-1);
      if (taking === undefined) return;
      process.takingLate.set(taking, attemptId);
      void taking.then(() => process.takingLate.delete(taking));
    };
    const what = `the late ${outcome.outcome} of ${attemptId} number ${submissionNumber} comes`;
    this.scheduler.add({ what, run, owner: 0, outlives: true });
  }

  /** Perhaps something goes wrong, or a core does its rounds. */
  private weather(): void {
    const { dice, faults } = this;
    if (dice.chance(faults.crash) && this.counts.crashes < 4) {
      const victim = this.anyProcess();
      if (victim !== undefined) this.kill(victim);
    }
    if (dice.chance(faults.silence)) this.anyProcess()?.instance.silence();
    if (dice.chance(faults.silence * 3)) this.anyProcess()?.instance.goStale();
    if (dice.chance(faults.clock)) this.anyProcess()?.clock.jump(dice.below(60_000) - 30_000);
    if (dice.chance(faults.giveUp)) this.giveUp();
    if (this.longWaits < longWaitsMax && dice.chance(faults.days)) {
      this.longWaits += 1;
      worldMs += dayMs * (1 + dice.below(4));
    }
    if (dice.chance(0.06)) this.rounds(this.anyProcess());
    worldMs += dice.chance(0.05) ? 2_000 : dice.below(5);
  }

  private rounds(process: Process | undefined): void {
    if (process === undefined) return;
    if (this.dice.chance(0.5)) process.instance.beat();
    const logged = (): void => {};
    if (this.faults.days > 0 && this.dice.chance(0.2)) expireHolds(process.core).catch(logged);
    if (this.dice.chance(0.5)) sendDueOwed(process.core).catch(logged);
    else if (process.instance.alive()) takeOver(process.core).catch(logged);
  }

  /** Something owed has used up its tries, as in a long outage. */
  private giveUp(): void {
    const owed = [...this.database.tables.owed.all()].filter((row) => row['state'] === 1);
    if (owed.length === 0) return;
    const row = this.dice.one(owed);
    const key = ['merchant_id', 'intent_id', 'attempt_id'].map((name) => (row[name] as Buffer).toString('hex'));
    const run = async (): Promise<void> => {
      await this.backend.run({ ...exhaustOwed, values: [...key, owedTriesMax] });
    };
    this.scheduler.add({ what: `the tries of ${key[2]} are used up`, owner: 0, outlives: true, run });
  }

  async run(): Promise<void> {
    await settled();
    while (!this.callers.done() && this.counts.events < eventsMax && this.reference.findings.length === 0) {
      this.counts.events += 1;
      this.callers.tick();
      this.office.tick();
      this.weather();
      if (!(await this.scheduler.step())) worldMs += 100;
    }
    if (this.reference.findings.length > 0) return;
    if (!this.callers.done()) this.reference.finding('the callers never got their answers');
    this.office.close();
    await this.quiet();
    await this.askAgain();
    this.compare();
    if (this.program.faults.days > 0 && this.reference.findings.length === 0) await this.expireAll();
  }

  private compare(): void {
    const { findings } = this.reference;
    findings.push(...this.network.faults);
    if (findings.length > 0) return;
    const { crash, store } = this.program.faults;
    findings.push(
      ...disagreements(this.reference, this.network, {
        lost: this.evidenceLost,
        overruled: this.office.overruled,
        mayForget: crash > 0 || store > 0,
      }),
    );
  }

  /** Time passes until nothing may be held any more. */
  private async expireAll(): Promise<void> {
    worldMs += 8 * dayMs;
    for (let round = 0; round < expiryRoundsMax && heldStill(this.reference).length > 0; round += 1) {
      worldMs += 2 * 3_600_000;
      for (const { core, instance } of this.processes) {
        instance.beat();
        void expireHolds(core);
        void sendDueOwed(core);
      }
      await this.runAll();
    }
    this.reference.findings.push(...heldStill(this.reference).map((id) => `intent ${id} holds what has expired`));
    this.compare();
  }

  /** Faults stop; whatever is owed is done. */
  private async quiet(): Promise<void> {
    this.faults = noFaults;
    for (let round = 0; round < quietRoundsMax; round += 1) {
      await this.runAll();
      if (this.processes.length === 0) this.startCore();
      if (round > 1 && this.atRest()) return;
      worldMs += roundMs;
      for (const process of this.processes) {
        process.clock.jump(0);
        process.instance.beat();
        void takeOver(process.core);
        void sendDueOwed(process.core);
      }
      this.office.close();
    }
    this.reference.finding(`not concluded after the faults stopped: ${this.unrest().join('; ')}`);
  }

  private atRest(): boolean {
    return this.unrest().length === 0;
  }

  private unrest(): string[] {
    const rests: string[] = [];
    for (const [attemptId, attempt] of this.reference.attemptsByText()) {
      if (attempt.owed === 'owed' || attempt.status === 'SENT' || attempt.status === 'REVERSING') {
        rests.push(
          `${attempt.kind} ${attemptId} of instance ${attempt.instanceId} is ${attempt.status}, owed ${attempt.owed}`,
        );
      }
    }
    for (const { core, number } of this.processes) {
      if (core.background.size > 0) rests.push(`core ${number} works on`);
      if (core.open.size > 0) rests.push(`core ${number} has ${core.open.size} open attempts`);
    }
    return rests;
  }

  private async runAll(): Promise<void> {
    await settled();
    while (this.scheduler.size > 0 && this.counts.events < 2 * eventsMax) {
      this.counts.events += 1;
      await this.scheduler.step();
    }
  }

  /** Every key that took effect is used once more: the same answer, for ever. */
  private async askAgain(): Promise<void> {
    for (const [name, call] of this.callers.made) {
      if (this.reference.effects.has(name)) this.callers.start(call, undefined, 1, undefined);
    }
    await this.runAll();
  }
}

/** Networks of the merchants of a program: one, two, and more than one call may try. */
const networksOf = [['simnet'], ['simnet', 'othernet'], ['simnet', 'othernet', 'thirdnet', 'fourthnet']] as const;

function merchantOf(merchantId: Buffer, networks: readonly string[]): Merchant {
  return {
    merchantId,
    name: 'Test Shop',
    city: 'Wien',
    country: 'AT',
    categoryCode: '5411',
    acceptorId: 'ACCEPTOR0000001',
    suspended: false,
    suspensionReason: '',
    networks: [...networks],
    currencies: ['EUR'],
    feeBasisPoints: 100,
    feeFixedMinor: 10n,
    reserveBasisPoints: 0,
    reserveDays: 0,
    defaultCaptureMethod: 'AUTOMATIC',
    intentMinorMax: 0n,
    dailyMinorMax: 0n,
    terminals: [
      { terminalId: 'ECOM0001', ecommerce: true },
      { terminalId: 'TERM0001', ecommerce: false },
    ],
    createdAtUs: 0n,
  };
}

/** Runs a program; never throws for what the core does wrong. */
export async function runProgram(program: Program, makeBackend: MakeBackend = memoryBackend): Promise<Ran> {
  const world = new World(program, makeBackend);
  try {
    await world.run();
  } catch (error) {
    world.reference.finding(
      `the program ended with ${error instanceof Error ? (error.stack ?? error.message) : 'an error'}`,
    );
  }
  for (const intent of world.reference.intents.values()) {
    for (const attempt of intent.attempts.values()) {
      world.counts.attempts += 1;
      if (attempt.next !== undefined) world.counts.rerouted += 1;
      const name = `${attempt.kind} ${attempt.status}`;
      world.counts.statuses[name] = (world.counts.statuses[name] ?? 0) + 1;
    }
  }
  worldMs += 60_000;
  return { findings: world.reference.findings, trace: world.scheduler.trace, counts: world.counts };
}
