// Structured logs (JSON lines on standard error). Every line passes the redactor; there is no other way to print.
import { pino } from 'pino';
import { redact } from './redact.ts';

/** A logger: an object of facts, then a sentence. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  /** A logger that adds these facts to every line. */
  child(facts: object): Log;
}

/** The levels a program may be set to. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Makes the logger of a process. */
export function makeLog(name: string, level: (typeof logLevels)[number] = 'info', write?: (line: string) => void): Log {
  const out = write ?? ((line: string) => process.stderr.write(line));
  return pino(
    {
      name,
      level,
      base: { name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => out(redact(line)) },
  );
}

/** A logger that says nothing. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
