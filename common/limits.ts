// Every limit of the system with its reason. Units last in the name. Relations are asserted at the end.

/** Calls in one gRPC batch: a batch of 16 takes most of the gain, 256 bounds the memory and the latency of one message. */
export const batchItemsMax = 256;

/** Rows of one multi-row statement: the same as a batch, so that one full batch is one commit. */
export const commitRowsMax = 256;

/** Statements in flight per core instance: two overlap the network and the WAL flush; more only make batches smaller. */
export const commitsInFlightMax = 4;

/**
 * Least time from one commit of new payments to the next, ms. What comes meanwhile shares the next one and goes on together through gateway, network and
 * the second commit, which halves PostgreSQL's work at 5,000/s (core-grpc/README.md). A payment alone waits for nothing, a full commit neither.
 */
export const openSpacingMs = 8;

/** Payments a core instance holds at once (waiting for a commit or an outcome) before it refuses: at 10,000/s this is 0.8 s of work. */
export const paymentsInFlightMax = 8192;

/** New payments that may wait for their first commit once that queue stands: three full commits keep the database busy, more only wait. */
export const openQueueStandingMax = 768;

/** How long the queue of new payments may not be empty before it counts as standing: longer than the pause of a checkpoint or of a collection. */
export const openQueueMs = 400;

/** Messages a gateway holds at once over all links; more than any one core may send, so that the core refuses first. */
export const submissionsInFlightMax = 16384;

/** Messages in flight on one link: half of DE11's 999,999 values could be live, memory allows far less. */
export const linkInFlightMax = 8192;

/** Connections at once at the listening address of one link: the one that counts, the one that follows it, and handshakes under way. */
export const linkConnectionsMax = 16;

/** Bytes of one ISO 8583 message: BASE I allows 2,048; 8 KiB leaves room for dialects with large private fields. */
export const messageBytesMax = 8192;

/** Bytes of one gRPC message: 256 submissions of 1.5 KiB fit four times over. */
export const grpcMessageBytesMax = 4 * 1024 * 1024;

/** How long the gateway waits for a network's answer when a submission does not say: schemes ask for 10 to 30 s. */
export const replyTimeoutMsDefault = 10_000;

/** The longest wait a submission may ask for. */
export const replyTimeoutMsMax = 60_000;

/** How long a timed-out correlation key is remembered, so that a late answer is named and delivered. */
export const tombstoneMsMax = 300_000;

/** Tombstones kept: five minutes of a 1 % time-out rate at 10,000/s, rounded up. */
export const tombstonesMax = 50_000;

/** STANs leased at a time: one lease a second at 10,000 payments/s per instance is too often for a hot row, 10,000 is one a second. */
export const stanBlockSize = 10_000;

/** Times a reversal or advice is sent before a person is called: with the back-off below this is about 20 minutes. */
export const owedTriesMax = 12;

/** First wait before a reversal is repeated. */
export const owedBackoffMsMin = 1_000;

/** Longest wait between repeats. */
export const owedBackoffMsMax = 300_000;

/** Silence after which a core instance's work is taken over. Three heartbeats. */
export const instanceSilenceMsMax = 6_000;

/** How often a core instance says that it lives. */
export const instanceHeartbeatMs = 2_000;

/** Characters of an idempotency key (Stripe and others allow 255). */
export const idempotencyKeyCharsMax = 255;

/** API keys of a merchant in force at once: one for each of its systems, and their successors during a rotation. */
export const apiKeysInForceMax = 20;

/** Pairs of metadata. */
export const metadataPairsMax = 20;

/** Characters of a metadata key. */
export const metadataKeyCharsMax = 40;

/** Characters of a metadata value or description. */
export const textCharsMax = 500;

/** Bytes of one EMV field: DE55 is LLLVAR up to 255 in the 1987 dialects. */
export const emvBytesMax = 255;

/** Bytes of a JWE: PAN, expiry and CVV2 need about 400. */
export const jweBytesMax = 2048;

/** Bytes of one piece of an uploaded file. */
export const fileChunkBytesMax = 1024 * 1024;

/** Bytes of one frame between a process and the HSM device: a full batch with its results. */
export const hsmFrameBytesMax = 4 * 1024 * 1024;

/** How long an HSM command may take before it counts as failed; symmetric commands take tens of microseconds. */
export const hsmTimeoutMs = 2_000;

/** Items in one frame: 512 JWE opens are 100 ms of one core, the longest a frame may hold the device against other sockets' turns. */
export const hsmBatchItemsMax = 512;

/** Frames one client has in flight: 256 frames of 64 items are over 200 ms of device work; more would only wait. */
export const hsmFramesInFlightMax = 256;

/** Frames that wait in the device, all sockets together: a bound of memory; each client's own limit comes first. */
export const hsmDeviceFramesMax = 2048;

/** Clients on one socket of the device: each role has a handful of processes. */
export const hsmClientsPerSocketMax = 64;

/** Calls of one command that wait to share a frame: 80 full frames, 200 ms of device work. */
export const hsmCoalesceWaitingMax = 10_240;

/** Frames of one command the helper keeps in flight: one in work, one on the wire; more only makes smaller frames. */
export const hsmCoalesceFramesMax = 2;

/** Items an HSM client writes, and items it settles, in one turn of its caller's event loop: at up to 5 us each both stay below 2 ms. So also the
 * most items of one frame. */
export const hsmTurnItemsMax = 128;

/** Bytes an HSM client writes, reads and settles in one turn: each is copied and wiped some five times, below 0.5 ms. */
export const hsmTurnBytesMax = 128 * 1024;

/** How long calls wait for a lost connection to come back before they are refused: twice what a supervised device takes to start again. */
export const hsmOutageMs = 2_000;

/** Times that a frame without effect leaves again after its connection was lost: more often, it may be what ends the device. */
export const hsmResendsMax = 1;

/** Time for a peer of the device to prove itself: one answer of a process on this machine. */
export const hsmProofMs = 2_000;

/** First and longest pause before a new connection: the device restarts in under 1 s, so waiting longer only loses time. */
export const hsmReconnectMs = 10;

export const hsmReconnectMsMax = 100;

/** How long sealed authentication data open: the gateway needs them within seconds; minutes allow for a queue and a clock step. */
export const hsmSealedLifetimeMs = 10 * 60_000;

/** Default overlap in which a retiring key still undoes: longer than any message or file in flight, as networks agree on one day. */
export const hsmKeyOverlapMs = 24 * 3_600_000;

/** A ceremony's components stay in memory no longer than its operators stay in the room. */
export const hsmCeremonyMs = 60 * 60_000;

/** Ceremonies open at once: one room, one spare. */
export const hsmCeremoniesMax = 4;

/** Key records: SoftHSM logs in at 0.07 ms per token object, and the registry is rewritten whole. */
export const hsmKeysMax = 2_000;

/** Records kept of destroyed versions of one name: a fortnight of daily key exchanges; the audit file has all. */
export const hsmDestroyedRecordsMax = 16;

/** Derived keys kept in device memory: one per terminal in use; 4 kB each at most with its intermediate keys. */
export const hsmDerivedKeysMax = 20_000;

/** SoftHSM keeps about 250 bytes of every destroyed session object: after this many (25 MB) the library is re-initialised between two frames. */
export const hsmChurnObjectsMax = 100_000;

/** A retry of the token is worth it once; then the error is the answer. */
export const hsmTokenRetriesMax = 1;

/** Longest pause before a device that keeps ending is started again: a supervised restart stays under a second. */
export const hsmRestartMsMax = 500;

/** Silence after which a device counts as hung: its sign of life comes every second, its longest batch takes a tenth of one. */
export const hsmSilenceMsMax = 5_000;

/** Pause between attempts to bring a lost token back: opening costs some 10 ms, and every call that waits may trigger one. */
export const hsmTokenRetryMs = 200;

/** Problems kept of one settlement file: enough to see a pattern; the rest is counted. */
export const fileProblemsMax = 100;

/** Bytes of one line of a text settlement file: the longest that the format allows is under 200. */
export const clearingLineBytesMax = 1024;

/** Bytes of one line of other text files: GRRCN has 800, exports of processors a few hundred. */
export const clearingTextLineBytesMax = 8192;

/** Columns of a line of a mapped CSV, and bytes of its mapping: the widest exports have about a hundred columns. */
export const mappedColumnsMax = 500;
export const mappingBytesMax = 64 * 1024;

/** Bytes of one record of a binary settlement file (VBS): cardutil's guard; a real IPM message is under 4 KiB. */
export const clearingRecordBytesMax = 6000;

/** Bytes of one settlement file: a day of 10 million lines of 200 bytes, with room. */
export const settlementFileBytesMax = 4 * 1024 * 1024 * 1024;

/** Messages that wait in the gateway for one socket that takes no more just now: a slow network shows as refusals, not as memory. */
export const linkHeldMax = 1024;

/** Answered correlation keys remembered, so that a second answer is named: networks repeat within seconds. */
export const answeredKeysMax = 16_384;

/** Bytes of what is remembered of an answered key: key, attempt and echoed fields have about 150; what is longer is kept as an object. */
export const answeredSlotBytes = 256;

/** Late answers kept while no core listens; each is a few hundred bytes, and each has an owed reversal or inquiry anyway. */
export const lateAnswersKeptMax = 10_000;

/** Outcomes that wait for a slow core on one stream before the gateway stops reading its submissions. */
export const outcomesWaitingMax = 8192;

/** Depth of nested elements in a bank statement: camt.053 needs about 12. */
export const xmlDepthMax = 64;

/** Bytes of one tag or text in a bank statement: remittance texts have at most 140 characters, 1 MiB is a broken file. */
export const xmlTokenBytesMax = 1024 * 1024;

/** Positions that one file may state: one per file, currency and service of a day; real files state dozens. */
export const statedPositionsMax = 10_000;

/** Lines of disputes that one load may hold: a day of a large acquirer has hundreds; a file of another kind is refused before it fills memory. */
export const disputeLinesMax = 100_000;

/** Entries of one bank statement that are kept: a day's movements of one account; they are read into memory. */
export const bankEntriesMax = 10_000;

/** Payouts that one run makes: the next run makes the rest. */
export const payoutsPerRunMax = 10_000;

/** Minor units that one person may write off alone; more needs a second person. */
export const writeOffAloneMinorMax = 10_000;

/** Bytes of one message that the codec reads or writes: what two length bytes can announce; links allow far less (messageBytesMax). */
export const codecMessageBytesMax = 65_535;

/** Composites within composites: DE127.25 and data sets in DE55 need 3; the bound keeps the codec's recursion known. */
export const codecNestingDepthMax = 8;

/** Warnings kept of one message in lenient mode: a damaged message of 64 KB must not make 64 thousand. */
export const codecWarningsMax = 100;

/** Messages remembered of each link for operators: 1,000 busy links take under 50 MB. */
export const traceMessagesMax = 128;

/** Bytes of the wire trace that may wait for the disk: a tenth of a second of 10,000 messages a second; beyond that lines are left out. */
export const traceWaitingBytesMax = 1024 * 1024;

/** Records that wait for one slow reader of a trace or of links' states: one of each link of a large gateway. */
export const watchWaitingMax = 1024;

/** Bytes of a file of card ranges: 500,000 lines of 60. */
export const cardRangeFileBytesMax = 32 * 1024 * 1024;

function related(holds: boolean, relation: string): void {
  if (!holds) throw new Error(`limits.ts: ${relation} does not hold`);
}
related(hsmBatchItemsMax >= batchItemsMax, 'hsmBatchItemsMax >= batchItemsMax');
related(openQueueStandingMax >= 2 * commitRowsMax, 'openQueueStandingMax >= 2 * commitRowsMax');
related(commitRowsMax >= batchItemsMax, 'commitRowsMax >= batchItemsMax');
related(submissionsInFlightMax >= paymentsInFlightMax, 'submissionsInFlightMax >= paymentsInFlightMax');
related(linkInFlightMax <= stanBlockSize, 'linkInFlightMax <= stanBlockSize (a live STAN is never reused)');
related(tombstoneMsMax > replyTimeoutMsMax, 'tombstoneMsMax > replyTimeoutMsMax');
related(instanceSilenceMsMax >= 3 * instanceHeartbeatMs, 'instanceSilenceMsMax >= 3 * instanceHeartbeatMs');
