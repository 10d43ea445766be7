// What certification asks of the network host on the control socket.
import type { Clock } from '../../common/clock.ts';
import { ControlError, type ControlHandler } from '../control.ts';
import type { Books } from '../issuer/books.ts';
import type { NetworkHost } from '../network-host/host.ts';
import type { Asked } from '../network-host/manager.ts';
import { type Mutation, Mutator } from './mutations.ts';
import type { Expectation } from './pack.ts';
import { Script } from './script.ts';

/** What the network may ask, by the words of a pack. */
const asked: Readonly<Record<string, Asked>> = {
  echo: 'echo',
  'cut-over': 'cut_over',
  'key-exchange': 'key_change',
  'mac-key-exchange': 'key_change',
  'sign-off': 'sign_off',
  advice: 'advice',
  unknown: 'unknown',
};

export interface CertifyParts {
  readonly books: Books;
  readonly host: NetworkHost;
  readonly clock: Clock;
}

/** The commands of certification, by name. */
export function certifyCommands({ books, host, clock }: CertifyParts): Readonly<Record<string, ControlHandler>> {
  let booksAt = 0;
  let toldAt = 0;
  return {
    /**
     * {"command":"script","expectations":[...],"mutation":{...}} -> judges what is received from now on; without expectations judging ends.
     * With a mutation, what is received is changed before it is judged.
     */
    script: (request) => {
      const expectations = request['expectations'] as readonly Expectation[] | undefined;
      const mutation = request['mutation'] as Mutation | undefined;
      booksAt = books.count;
      // A case that broke off leaves no issuer away for the next.
      host.standIn.comeBack();
      toldAt = host.standIn.told;
      host.script = expectations === undefined ? undefined : new Script(expectations, clock);
      host.mutator = mutation === undefined ? undefined : new Mutator(mutation);
      return { scripted: expectations?.length ?? 0 };
    },
    /** {"command":"judged"} -> what was received since the script began, and what was found. */
    judged: () => ({ messages: host.script?.messages ?? [] }),
    /** {"command":"abilities"} -> what of this network not every one has. */
    abilities: () => ({ mac: host.sealer.authenticated }),
    /** {"command":"network","action":"echo"} -> the network does something of its own accord, on every link that is signed on. */
    network: async (request) => {
      const action = String(request['action']);
      if (action === 'issuer-away') {
        host.standIn.leave();
        return { away: true };
      }
      if (action === 'issuer-back') return { away: false, advices: host.standIn.comeBack() };
      const links = host.open();
      if (links.length === 0) throw new ControlError('no link is signed on');
      for (const connection of links) {
        const what = asked[action];
        if (action === 'reset') connection.destroy();
        else if (what === undefined)
          throw new ControlError(`action must be reset, issuer-away, issuer-back, ${Object.keys(asked).join(', ')}`);
        else if ((await host.manager.ask(connection, what, usageOf(action, host))) === undefined)
          throw new ControlError('this network has no key to exchange');
      }
      return { links: links.length };
    },
    /** {"command":"standing"} -> what is held and taken for everything booked since the script began, minor units; advices of stand-in told. */
    standing: () => {
      let held = 0n;
      let taken = 0n;
      for (const row of books.rows(booksAt + 1)) {
        held += row.heldMinor;
        if (row.entry.kind === 'purchase' || row.entry.kind === 'capture') taken += row.postedMinor;
        if (row.entry.kind === 'refund') taken -= row.postedMinor;
      }
      return { held: String(held), taken: String(taken), advices: String(host.standIn.told - toldAt) };
    },
  };
}

/** Usage of the key that is exchanged: the PIN key's, or the one of the network's MAC. */
function usageOf(action: string, host: NetworkHost): string {
  return action === 'mac-key-exchange' ? (host.sealer.macUsage ?? '') : 'P0';
}
