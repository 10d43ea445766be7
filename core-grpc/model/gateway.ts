// The gateway between a core and the network of a program: carries submissions, and loses, delays and doubles what the dice say.
import { Outcome, type Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { outcomeFor } from '../dispatch/gateway-link.ts';
import type { Dice } from './dice.ts';
import type { Told } from './evidence.ts';
import type { Network, NetworkAnswer } from './network.ts';
import type { Scheduler } from './scheduler.ts';

/** What may befall a submission beside an answer in time, by weight. */
const fates = {
  /** Proved: no byte left. */
  notSent: 2,
  requestLost: 3,
  answerLost: 3,
  /** The answer comes after the time-out, or before the news of it. */
  answerLate: 3,
  /** The network books it long after, perhaps after its reversal. */
  requestLate: 2,
  answerTwice: 2,
} as const;

/** What of the world the gateway needs. */
export interface GatewayWorld {
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** Rate of faults now. */
  faultRate(): number;
  tell(attemptId: string, told: Told): void;
  /** Gives a late answer to a core that lives, now or later. */
  giveLate(submission: Submission, outcome: Outcome, duplicate: boolean): void;
}

/** The gateway of a program. */
export class ModelGateway {
  private readonly world: GatewayWorld;
  /** First messages that are with the network or may still get there. */
  private readonly left = new Set<string>();

  constructor(world: GatewayWorld) {
    this.world = world;
  }

  /** True if the network has seen, or may still see, the attempt itself. */
  mayHaveLeft(attemptId: string): boolean {
    return this.left.has(attemptId);
  }

  /** The dispatcher of a core. */
  dispatcherOf(core: number, alive: () => boolean): Dispatcher {
    let inFlight = 0;
    return {
      submit: (submission) =>
        new Promise((resolve) => {
          inFlight += 1;
          const deliver = (outcome: Outcome): void =>
            this.deliver(core, submission, outcome, (given) => {
              inFlight -= 1;
              resolve(given);
            });
          this.world.scheduler.add({
            what: `sends ${submission.purpose} ${submission.attemptId} number ${submission.submissionNumber}`,
            owner: core,
            outlives: true,
            run: () => this.carry(submission, alive() ? deliver : () => {}),
          });
        }),
      ready: () => true,
      state: () => ({ ready: 1, of: 1, inFlight }),
      close: () => {},
    };
  }

  private carry(submission: Submission, deliver: (outcome: Outcome) => void): void {
    const { dice } = this.world;
    const fate = dice.chance(this.world.faultRate()) ? dice.weighted(fates) : 'answered';
    if (fate !== 'notSent' && submission.submissionNumber === 1) this.left.add(submission.attemptId);
    const timeout = outcomeFor(submission, 'UNKNOWN', 'TIMEOUT');
    const receive = (): Outcome => outcomeOf(submission, this.world.network.receive(submission));
    switch (fate) {
      case 'notSent':
        deliver(outcomeFor(submission, 'NOT_SENT', 'LINK_UNAVAILABLE'));
        break;
      case 'requestLost':
        deliver(timeout);
        break;
      case 'answerLost':
        receive();
        deliver(timeout);
        break;
      case 'answerLate':
        this.world.giveLate(submission, receive(), false);
        deliver(timeout);
        break;
      case 'requestLate':
        this.world.scheduler.add({
          what: `the network gets ${submission.purpose} ${submission.attemptId} late`,
          owner: 0,
          outlives: true,
          run: () => this.world.giveLate(submission, receive(), false),
        });
        deliver(timeout);
        break;
      case 'answerTwice': {
        const outcome = receive();
        deliver(outcome);
        this.world.giveLate(submission, outcome, true);
        break;
      }
      default:
        deliver(receive());
    }
  }

  private deliver(core: number, submission: Submission, outcome: Outcome, resolve: (outcome: Outcome) => void): void {
    this.world.scheduler.add({
      what: `hears ${outcome.outcome} ${outcome.responseCode} of ${submission.attemptId} number ${submission.submissionNumber}`,
      owner: core,
      outlives: false,
      run: () => {
        this.world.tell(submission.attemptId, toldBy(submission, outcome, false));
        resolve(outcome);
      },
    });
  }
}

/** What a core learns from an outcome. */
export function toldBy(submission: Submission, outcome: Outcome, late: boolean): Told {
  return {
    submissionNumber: submission.submissionNumber,
    outcome: outcome.outcome as Told['outcome'],
    responseCode: outcome.responseCode,
    approvedMinor: outcome.approvedMinor ?? submission.amount?.amountMinor ?? 0n,
    late,
  };
}

let references = 0;

function outcomeOf(submission: Submission, answer: NetworkAnswer): Outcome {
  references += 1;
  const { attemptId, submissionNumber } = submission;
  const { responseCode, approvedMinor, balanceMinor } = answer;
  return Outcome.create({
    attemptId,
    submissionNumber,
    responseCode,
    approvedMinor,
    balanceMinor,
    outcome: answer.approved ? 'APPROVED' : 'DECLINED',
    reason: answer.approved ? 'UNSPECIFIED' : responseCode === '25' ? 'ORIGINAL_NOT_FOUND' : 'INSUFFICIENT_FUNDS',
    authorizationCode: answer.approved ? 'A12345' : '',
    networkReference: `S${references.toString().padStart(14, '0')}`,
    link: 'simnet-1',
  });
}
