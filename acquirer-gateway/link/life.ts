// The life of a link as a pure machine: state and event in, state and effects out. Total: an event that means nothing in a state changes nothing.

/** Where a link stands. The comment of each state names its exits. */
export type LinkLife =
  /** Not connected. Exits: connecting (pause over, or an operator connects). `held`: an operator or the stop of the process keeps it down. */
  | { readonly state: 'down'; readonly held: boolean; readonly failures: number }
  /** TCP is being opened. Exits: tls (TCP open), signing_on (TCP open, plain), down (lost). */
  | { readonly state: 'connecting'; readonly failures: number }
  /** TLS handshake. Exits: signing_on (peer proved), down (lost). */
  | { readonly state: 'tls'; readonly failures: number }
  /** The sign-on request is sent. Exits: ready (accepted), down (refused, no answer, lost). */
  | { readonly state: 'signing_on'; readonly failures: number }
  /** Carries payments. Exits: draining (operator, network's sign-off, stop), down (echo failed, frame fault, lost). */
  | { readonly state: 'ready'; readonly failures: number }
  /** Takes no new ones. Exits: down (nothing in flight and signed off, or lost). `held`: it stays down after that. */
  | { readonly state: 'draining'; readonly held: boolean; readonly failures: number };

/** Name of a state. */
export type LinkStateName = LinkLife['state'];

/** What can happen to a link. */
export type LinkEvent =
  /** The pause before the next try is over. */
  | { readonly type: 'retry' }
  /** An operator wants it up. */
  | { readonly type: 'connect' }
  /** TCP is open. */
  | { readonly type: 'open'; readonly secure: boolean }
  /** The TLS handshake ended and the peer's certificate was accepted. */
  | { readonly type: 'secured' }
  /** The network accepted the sign-on. */
  | { readonly type: 'signed_on' }
  /** It was ready long enough to trust it: the back-off starts again from its beginning. */
  | { readonly type: 'stable' }
  /** No new messages; close when nothing is in flight. */
  | { readonly type: 'drain'; readonly held: boolean }
  /** Nothing is in flight any more. */
  | { readonly type: 'drained' }
  /** The connection is no more, or is of no use any more. */
  | { readonly type: 'lost' };

/** What the shell shall do, in order. */
export type LinkEffect = 'open' | 'sign_on' | 'sign_off' | 'close' | 'wait' | 'watch';

/** State and effects after an event. */
export interface LinkStep {
  readonly life: LinkLife;
  readonly effects: readonly LinkEffect[];
}

/** A link before its first connection. */
export const linkBirth: LinkLife = { state: 'down', held: false, failures: 0 };

const noEffects: readonly LinkEffect[] = [];

/** The machine. Returns the same life object when nothing changes. */
export function stepLink(life: LinkLife, event: LinkEvent): LinkStep {
  switch (life.state) {
    case 'down':
      return stepDown(life, event);
    case 'connecting':
    case 'tls':
    case 'signing_on':
      return stepOpening(life, event);
    case 'ready':
      return stepReady(life, event);
    case 'draining':
      return stepDraining(life, event);
  }
}

function same(life: LinkLife): LinkStep {
  return { life, effects: noEffects };
}

function down(life: LinkLife, held: boolean): LinkStep {
  // Each loss makes the next pause longer, also that of a link that was ready: a peer that accepts and drops us is not to be hammered.
  const failures = life.failures + 1;
  return { life: { state: 'down', held, failures }, effects: held ? ['close'] : ['close', 'wait'] };
}

function stepDown(life: LinkLife & { state: 'down' }, event: LinkEvent): LinkStep {
  switch (event.type) {
    case 'retry':
      return life.held ? same(life) : { life: { state: 'connecting', failures: life.failures }, effects: ['open'] };
    case 'connect':
      return { life: { state: 'connecting', failures: 0 }, effects: ['open'] };
    case 'drain':
      return event.held && !life.held ? { life: { ...life, held: true }, effects: noEffects } : same(life);
    case 'open':
    case 'secured':
    case 'signed_on':
    case 'stable':
    case 'drained':
    case 'lost':
      return same(life);
  }
}

function stepOpening(life: LinkLife & { state: 'connecting' | 'tls' | 'signing_on' }, event: LinkEvent): LinkStep {
  const { failures } = life;
  switch (event.type) {
    case 'open':
      if (life.state !== 'connecting') return same(life);
      if (event.secure) return { life: { state: 'tls', failures }, effects: noEffects };
      return { life: { state: 'signing_on', failures }, effects: ['sign_on'] };
    case 'secured':
      return life.state === 'tls' ? { life: { state: 'signing_on', failures }, effects: ['sign_on'] } : same(life);
    case 'signed_on':
      return life.state === 'signing_on' ? { life: { state: 'ready', failures }, effects: ['watch'] } : same(life);
    case 'drain':
      // Nothing was carried: nothing to wait for.
      return down(life, event.held);
    case 'lost':
      return down(life, false);
    case 'retry':
    case 'connect':
    case 'stable':
    case 'drained':
      return same(life);
  }
}

function stepReady(life: LinkLife & { state: 'ready' }, event: LinkEvent): LinkStep {
  switch (event.type) {
    case 'drain':
      return { life: { state: 'draining', held: event.held, failures: life.failures }, effects: noEffects };
    case 'lost':
      return down(life, false);
    case 'stable':
      return life.failures === 0 ? same(life) : { life: { state: 'ready', failures: 0 }, effects: noEffects };
    case 'open':
    case 'secured':
    case 'signed_on':
    case 'retry':
    case 'connect':
    case 'drained':
      return same(life);
  }
}

function stepDraining(life: LinkLife & { state: 'draining' }, event: LinkEvent): LinkStep {
  switch (event.type) {
    case 'drained':
      return { life, effects: ['sign_off'] };
    case 'lost':
      return down(life, life.held);
    case 'drain':
      return event.held && !life.held ? { life: { ...life, held: true }, effects: noEffects } : same(life);
    case 'connect':
      return life.held ? { life: { ...life, held: false }, effects: noEffects } : same(life);
    case 'open':
    case 'secured':
    case 'signed_on':
    case 'stable':
    case 'retry':
      return same(life);
  }
}

/** Pause before the next try: doubles from `minMs` to `maxMs`, with jitter over its upper half so that links do not come back in step. */
export function reconnectPauseMs(failures: number, minMs: number, maxMs: number, random: () => number): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return full * (0.5 + random() / 2);
}
