// For the bench: a gateway that approves at once, as a process of its own, so that its CPU time is not the core's.
import { startFakeGateway } from './fake-gateway.ts';

const gateway = await startFakeGateway();
gateway.received.push = () => 0; // remembers nothing
process.stdout.write(`${gateway.address}\n`);
