// The terminal of a ceremony: questions, and answers that do not show. Passed in, so that tests answer instead.
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Prompt {
  say(line: string): void;
  ask(question: string): Promise<string>;
  /** Nothing is echoed, not even stars: the length is nobody's business. The caller wipes the bytes. */
  askHidden(question: string): Promise<Buffer>;
  close(): void;
}

const CTRL_C = 3;
const BACKSPACE = [8, 127];
const LINE_ENDS = [10, 13];
/** A component is at most 64 digits; the rest is blanks between groups. */
const HIDDEN_BYTES_MAX = 256;

/** Terminal input in raw mode: one byte at a time, so that the terminal echoes nothing. */
function readHidden(input: NodeJS.ReadStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const typed = Buffer.alloc(HIDDEN_BYTES_MAX);
    let length = 0;
    input.setRawMode(true);
    input.resume();
    const finish = (error?: Error): void => {
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
      const value = Buffer.from(typed.subarray(0, length));
      typed.fill(0);
      if (error === undefined) resolve(value);
      else reject(error);
    };
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (byte === CTRL_C || LINE_ENDS.includes(byte)) {
          finish(byte === CTRL_C ? new Error('interrupted') : undefined);
          return;
        }
        if (BACKSPACE.includes(byte)) length = Math.max(0, length - 1);
        else if (length < HIDDEN_BYTES_MAX) typed[length++] = byte;
      }
      chunk.fill(0);
    };
    input.on('data', onData);
  });
}

/** The process's terminal, or a pipe (scripts): then each line of the input is one answer. */
export function terminalPrompt(input: NodeJS.ReadStream = process.stdin, output: Writable = process.stdout): Prompt {
  if (!input.isTTY) return linePrompt(input, output);
  return {
    say: (line) => void output.write(`${line}\n`),
    ask(question) {
      const reader = createInterface({ input, output });
      return new Promise((resolve) => {
        reader.question(question, (answer) => {
          reader.close();
          resolve(answer.trim());
        });
      });
    },
    async askHidden(question) {
      output.write(question);
      const value = await readHidden(input);
      output.write('\n');
      return value;
    },
    close: () => undefined,
  };
}

/** Answers from lines of a stream; the end of the stream is an empty answer. */
export function linePrompt(input: Readable, output: Writable): Prompt {
  const reader = createInterface({ input });
  const lines = reader[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    return done === true ? '' : String(value).trim();
  };
  return {
    say: (line) => void output.write(`${line}\n`),
    ask(question) {
      output.write(question);
      return next();
    },
    async askHidden(question) {
      output.write(question);
      return Buffer.from(await next(), 'latin1');
    },
    close: () => reader.close(),
  };
}
