// Limits of the HSM port, each with its reason. Units last.

/** Items in one frame: 512 JWE opens are 100 ms of one core, the longest a frame may hold the device against other sockets' turns. */
export const HSM_BATCH_ITEMS_MAX = 512;
/** One frame: 512 MACs over a 2 kB message each fit; a longer length is a broken or hostile peer. */
export const HSM_FRAME_BYTES_MAX = 2 * 1024 * 1024;
/** Frames one client has in flight: 256 frames of 64 items are over 200 ms of device work; more would only wait. */
export const HSM_FRAMES_IN_FLIGHT_MAX = 256;
/** Frames that wait in the device, all sockets together: a bound of memory; each client's own limit comes first. */
export const HSM_DEVICE_FRAMES_MAX = 2048;
/** Clients on one socket of the device: each role has a handful of processes. */
export const HSM_CLIENTS_PER_SOCKET_MAX = 64;
/** Calls of one command that wait to share a frame: 40 full frames of 256. */
export const HSM_COALESCE_WAITING_MAX = 10_240;
/** Items the coalescing helper puts into one frame: about 5 ms of device work, so that results do not come in lumps. */
export const HSM_COALESCE_ITEMS_MAX = 256;
/** Frames of one command the helper keeps in flight: one in work, one on the wire; more only makes smaller frames. */
export const HSM_COALESCE_FRAMES_MAX = 2;
/** Default time to an answer: far above a recycle of the token (tens of ms), below the shortest network timer. */
export const HSM_DEADLINE_MS = 2_000;
/** First and longest pause before a new connection: the device restarts in under 1 s, so waiting longer only loses time. */
export const HSM_RECONNECT_MS = 10;
export const HSM_RECONNECT_MS_MAX = 250;
/** How long sealed authentication data open: the gateway needs them within seconds; minutes allow for a queue and a clock step. */
export const HSM_SEALED_LIFETIME_MS = 10 * 60_000;
/** Default overlap in which a retiring key still undoes: longer than any message or file in flight, as networks agree on one day. */
export const HSM_KEY_OVERLAP_MS = 24 * 3_600_000;
/** A ceremony's components stay in memory no longer than its operators stay in the room. */
export const HSM_CEREMONY_MS = 60 * 60_000;
/** Ceremonies open at once: one room, one spare. */
export const HSM_CEREMONIES_MAX = 4;
/** Key records: SoftHSM logs in at 0.07 ms per token object, and the registry is rewritten whole. */
export const HSM_KEYS_MAX = 2_000;
/** Derived keys kept in device memory: one per terminal in use; 4 kB each at most with its intermediate keys. */
export const HSM_DERIVED_KEYS_MAX = 20_000;
/** SoftHSM keeps about 250 bytes of every destroyed session object: after this many (25 MB) the library is re-initialised between two frames. */
export const HSM_CHURN_OBJECTS_MAX = 100_000;
/** A retry of the token is worth it once; then the error is the answer. */
export const HSM_TOKEN_RETRIES_MAX = 1;
