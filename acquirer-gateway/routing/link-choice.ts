// Which link of a network takes the next message. With few links the least loaded of all; with many the less loaded of two at random, which spreads
// nearly as well (Mitzenmacher, "The power of two choices") and costs the same for ten links and a thousand.
import type { OutcomeReason } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { Link } from '../link/link.ts';

/** Links that are all looked at; more are drawn from. */
const lookedAtMax = 8;

/** Draws before all links are looked at after all: with half of them full one of 16 still misses. */
const drawsMax = 4;

/** The links of a network that are ready. */
export class LinkChoice {
  private ready: Link[] = [];
  private windows = 0;
  private turn = 0;
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** A link's state changed. */
  changed(link: Link): void {
    const known = this.ready.indexOf(link);
    if (link.state === 'ready' && known < 0) {
      this.ready.push(link);
      this.windows += link.options.inFlightMax;
    } else if (link.state !== 'ready' && known >= 0) {
      this.ready.splice(known, 1);
      this.windows -= link.options.inFlightMax;
    }
  }

  /** Why nothing more may be taken; undefined if it may. `opening` messages are accepted and on no link yet, `carried` are on links. */
  refuses(opening: number, carried: number): OutcomeReason | undefined {
    const { ready } = this;
    if (ready.length === 0) return 'LINK_UNAVAILABLE';
    // What is on links that drain counts as well here: it errs towards refusing.
    if (ready.length > lookedAtMax) return this.windows > carried + opening ? undefined : 'OVERLOADED';
    let free = 0;
    for (const link of ready) if (link.accepts) free += link.options.inFlightMax - link.inFlight;
    return free > opening ? undefined : 'OVERLOADED';
  }

  /** The link for the next message; undefined if none takes one. Of equally loaded ones each in turn. */
  pick(): Link | undefined {
    const { ready } = this;
    if (ready.length <= lookedAtMax) return this.leastLoaded();
    for (let draw = 0; draw < drawsMax; draw += 1) {
      const one = ready[Math.trunc(this.random() * ready.length)] as Link;
      const other = ready[Math.trunc(this.random() * ready.length)] as Link;
      const [less, more] = one.inFlight <= other.inFlight ? [one, other] : [other, one];
      if (less.accepts) return less;
      if (more.accepts) return more;
    }
    return this.leastLoaded();
  }

  private leastLoaded(): Link | undefined {
    const { ready } = this;
    const count = ready.length;
    if (count === 0) return undefined;
    let best: Link | undefined;
    for (let i = 0; i < count; i += 1) {
      const link = ready[(this.turn + i) % count] as Link;
      if (link.accepts && (best === undefined || link.inFlight < best.inFlight)) best = link;
    }
    this.turn = (this.turn + 1) % count;
    return best;
  }
}
