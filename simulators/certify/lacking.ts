// What a case asks for that cannot be had where it is to be played: it is left out then, with the reason. Pure.
import type { FaultKind } from '../faults.ts';
import { betweenActions } from './between.ts';
import type { Case, Step } from './pack.ts';

/** Faults that only the host itself can make: another decision of its issuer, or its own end. */
const hostsOwn: readonly FaultKind[] = ['decline', 'half', 'half-open', 'crash'];

/** Why a case is not for a network with or without MACs; undefined if it is. */
export function lackingMac(one: Case, has: { readonly mac: boolean }): string | undefined {
  if (one.needs?.includes('mac') === true && !has.mac) return 'messages of this network carry no MAC';
  return one.needs?.includes('no-mac') === true && has.mac ? 'for networks without MACs' : undefined;
}

/** Why a case cannot be played against a host that is not ours; undefined if it can. */
export function lackingAtHost(one: Case, has: { readonly mac: boolean }): string | undefined {
  const lacking = lackingMac(one, has);
  if (lacking !== undefined) return lacking;
  for (const step of one.steps) {
    if (step.step === 'expect' && step.answer?.de39 !== undefined)
      return `the host cannot be made to answer DE39 ${step.answer.de39}`;
    if (step.step === 'expect' && step.answer?.fault !== undefined && hostsOwn.includes(step.answer.fault))
      return `the host cannot be made to play ${step.answer.fault}`;
    if (step.step === 'network' && !betweenActions.includes(step.action))
      return `only the host's operator can make it do ${step.action}`;
  }
  return undefined;
}

/** What a listening host has for a gateway that is not ours. */
export interface ListenerHas {
  /** Messages with MACs. */
  readonly mac: boolean;
  /** Keys shared with the gateway: PINs, CVV2 and cryptograms can be checked, and keys exchanged. */
  readonly keys: boolean;
}

/** Why a case cannot be played with a gateway that is not ours; undefined if it can. */
export function lackingAtGateway(one: Case, has: ListenerHas): string | undefined {
  const lacking = lackingMac(one, has);
  if (lacking !== undefined || has.keys) return lacking;
  if (one.steps.some(wantsChecks))
    return "what is wrong on purpose cannot be told from what is right without the issuer's keys (--hsm)";
  return one.steps.some(wantsKeys) ? 'there are no keys to exchange (--hsm)' : undefined;
}

function wantsChecks(step: Step): boolean {
  return step.step === 'call' && ['cvv2', 'pin', 'cryptogram'].some((name) => step.arguments[name] === 'wrong');
}

function wantsKeys(step: Step): boolean {
  return (step.step === 'network' || step.step === 'link') && step.action.endsWith('key-exchange');
}
